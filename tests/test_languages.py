"""Languages: each says all that English does, with the same names, numbers and units."""

from collections.abc import Mapping
import json
import re
from typing import Any

import pytest

from homeassistant.generated import languages

from .texts import ENGLISH, LANGUAGES, ROOT, assert_same, leaves, load, placeholders

NAME = re.compile(
    r"""(?<![A-Za-z0-9])(?:
        # Products, and who makes them; some languages decline or hyphenate them
        (?:Power[ -]Steward|Home[ -]Assistant|WinPower(?:[ -]G2)?|AiSEG2|MUST|EcoFlow
        |Delta|River|PowerStream|Stream|Smart\ Plug|X-Boost|Infinity|Anderson
        |(?:EP|PH|PV)\d+(?:\ Plus|\ Pro)?|EP
        |aWATTar|Energy-Charts|ENTSO-E(?:\ Transparency\ Platform)?|EPEX|Nord[ -]Pool|SMARD
        |Apple|Google|Kubernetes|Linux|ModemManager|NUT|TLP
        # Standards
        |AGM|ARM|CSV|EPS|HTTP|Modbus(?:[ -]TCP)?|QC|RAPL|RS-232|RS-485|SD|TT-30
        |USB(?:-[AC](?![A-Za-z]))?|L[123])(?![A-Z0-9])
        # What is typed, or reads the same everywhere
        |(?:EUR/kWh|NODE_NAME|admin|aiseg|api-e\.ecoflow\.com|brltty|confirm|dialout
        |https?|root|thermald|true)(?![A-Za-z0-9])
    )""",
    re.VERBOSE,
)
NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)?", re.ASCII)
UNIT = re.compile(
    r"%|(?:kWh|Wh|Hz|°C|(?:(?<=[\d}])|(?<=[\d}][\s-]))[AVW])(?![A-Za-z0-9])"
)
SYMBOLS = {"h", "min", "s"}
"""Units of time, which a language may write as words."""
ALIKE = {
    "de": {
        *("Absorption", "Alarm", "April", "August", "Bypass", "Gas", "Gel", "Lithium"),
        *("Normal", "November", "Region", "September", "Standard", "Standby", "Status"),
        "Token",
    },
    "es": {"Bypass", "Factor", "Gas", "Gel", "Manual", "Normal", "Solar", "Token"},
    "fr": {
        *("Absorption", "Bypass", "E-mail", "Europe", "Gel", "Lithium", "Minutes"),
        *("Mode", "Normal", "Options", "Port", "Source", "Sources", "Standard"),
    },
    "it": {
        *("Bypass", "File", "Gas", "Gel", "Inverter", "Password", "Standard", "Token"),
    },
    "nl": {
        *("Alarm", "April", "Bypass", "December", "Factor", "Gas", "Gel", "Lithium"),
        *("Model", "Node", "November", "Open", "September", "Status", "Token"),
        "Water",
    },
    "pl": {
        *("Alarm", "Bypass", "Folder", "Model", "Port", "Region", "Status", "Token"),
        "VAT",
    },
    "zh-Hans": {"MUST UPS"},
}
"""What a language says as English does: looked at, text by text."""
ENGLISH_ONLY = {
    *("and", "are", "from", "its", "that", "the", "this", "which", "with", "your"),
    *("battery", "charging", "grid", "outage", "price", "voltage"),
}
"""Frequent English words that no other language has."""

each_language = pytest.mark.parametrize(
    "language", [language for language in LANGUAGES if language != "en"]
)


def names(text: str) -> set[str]:
    """Return the names in a text, whether their parts are hyphenated or not."""
    return {name.replace("-", " ") for name in NAME.findall(text)}


def numbers(text: str) -> set[str]:
    """Return the numbers in a text, whatever their decimal mark."""
    return {number.replace(",", ".") for number in NUMBER.findall(text)}


def words(text: str) -> set[str]:
    """Return the words of a text that have to be translated, in lower case."""
    rest = text
    for pattern in (r"{\w+}", NAME, UNIT):
        rest = re.sub(pattern, " ", rest)
    return set(re.findall(r"[^\W\d_]+", rest.lower())) - SYMBOLS


@pytest.mark.parametrize("language", LANGUAGES)
def test_layout(language: str) -> None:
    """A file is as `json.dumps` writes it, in the order of English, for small changes."""
    written = (ROOT / f"translations/{language}.json").read_text("utf-8")
    texts = in_order(load(language), ENGLISH)
    assert written == json.dumps(texts, indent=2, ensure_ascii=False) + "\n"


def in_order(texts: Mapping[str, Any], like: Mapping[str, Any]) -> dict[str, Any]:
    """Return texts in the order of others."""
    return {
        key: in_order(texts[key], other) if isinstance(other, dict) else texts[key]
        for key, other in like.items()
    }


@each_language
def test_complete(language: str) -> None:
    """Each language is one of Home Assistant's and says all, in the same form."""
    assert language in languages.LANGUAGES
    english, texts = leaves(ENGLISH), leaves(load(language))
    assert_same(f"{language}.json", texts, english)
    for path, text in texts.items():
        assert placeholders(text) == placeholders(english[path]), path
        for mark in ("\n", "**"):
            assert text.count(mark) == english[path].count(mark), path
        assert text.strip() == text, path
        assert not re.search(r"<|>|https?://", text), path


@each_language
def test_untouched(language: str) -> None:
    """Names, numbers and units stay what they are."""
    english = leaves(ENGLISH)
    for path, text in leaves(load(language)).items():
        assert names(text) == names(english[path]), path
        assert numbers(text) >= numbers(english[path]), path
        assert set(UNIT.findall(text)) >= set(UNIT.findall(english[path])), path


@each_language
def test_no_english(language: str) -> None:
    """Nothing is left in English, no text and no part of one."""
    english, texts = leaves(ENGLISH), leaves(load(language))
    same = {text for path, text in texts.items() if text == english[path]}
    alike = {text for text in same if words(text)}
    assert alike == ALIKE.get(language, set()), (
        "names of products go to NAME, what the language says as English does to "
        f"ALIKE, all else is translated: {alike ^ ALIKE.get(language, set())}"
    )
    for path, text in texts.items():
        assert not words(text) & ENGLISH_ONLY, path
