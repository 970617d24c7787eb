"""The box itself: its identity and its export (AiSEG2 protocol, 2.12, 2.13)."""

import re

from ..models import Identity
from .page import Page
from .values import clean, plain


def parse_identity(status: int, body: bytes) -> Identity:
    """Read name, MAC address and firmware; the support code is private and skipped."""
    page = Page("setting/etc/743", status, body)
    rows: dict[str, str] = {}
    for row in page.all("#table_wrapper1 tr"):
        label, value = row.css_first("th"), row.css_first("td")
        if label is not None and value is not None:
            rows[plain(label.text())] = clean(value.text())
    if "機器名称" not in rows and "MACアドレス" not in rows:
        raise page.wrong("no table of versions")
    return Identity(
        parts=page.parts(),
        name=rows.get("機器名称") or None,
        mac=_mac(rows.get("MACアドレス", "")),
        firmware=rows.get("ファームウェア(本体)") or None,
        control_firmware=rows.get("ファームウェア(出力制御)") or None,
    )


def _mac(text: str) -> str | None:
    digits = re.sub(r"[-:\s]", "", plain(text)).lower()
    if not re.fullmatch(r"[0-9a-f]{12}", digits) or set(digits) <= {"0"}:
        return None
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def parse_export_token(status: int, body: bytes) -> str:
    """Return the token that the export asks for."""
    page = Page("set/exectop2.cgi", status, body)
    node = page.first("input[name=csrftoken]")
    token = clean(node.attributes.get("value") or "") if node is not None else ""
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,128}", token):
        raise page.wrong("no csrftoken")
    return token
