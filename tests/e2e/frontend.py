"""A user at Home Assistant's frontend: Chromium, driven by Playwright."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
import re
from typing import Any

from playwright.async_api import Locator, Page, async_playwright, expect

from tests.texts import ENGLISH, leaves

from .client import DOMAIN

ROOT = Path(__file__).parents[2]
ARTEFACTS = ROOT / ".artefacts" / "browser"
ARGUMENTS = (
    # Chromium's own sandbox cannot be had by root, nor in most containers.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    # Nothing of it reaches for anything but Home Assistant.
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SECONDS = 60
"""How long to wait for something to be seen; a page takes two on an idle machine."""
TEXTS = leaves(ENGLISH)


def said(path: str, **placeholders: str) -> str:
    """Return an English text by its place, such as `config.error.invalid_auth`."""
    return TEXTS[path].format(**placeholders)


class Frontend:
    """A user at the frontend, who reads English."""

    def __init__(self, page: Page, url: str) -> None:
        """Take an empty page and Home Assistant's address."""
        self.page = page
        self.url = url
        self.errors: list[str] = []
        """What the page's scripts complained of."""
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console",
            lambda message: (
                self.errors.append(f"{message.text} ({message.location['url']})")
                if message.type == "error"
                else None
            ),
        )

    async def open(self, path: str) -> None:
        """Go to a page of Home Assistant's."""
        await self.page.goto(f"{self.url}{path}")

    async def picture(self, name: str) -> None:
        """Keep what is seen."""
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=ARTEFACTS / f"{name}.png")

    async def sees(self, *texts: str | re.Pattern[str]) -> None:
        """Wait for texts to be seen anywhere."""
        for text in texts:
            seen = self.page.get_by_text(text).filter(visible=True)
            await expect(seen.first).to_be_visible()

    async def sees_chart(self) -> Locator:
        """Wait for the chart of the prices to be drawn, and return it."""
        chart = self.page.locator("img[src*='/api/image_proxy/image.']").first
        await expect(chart).to_have_js_property("complete", value=True)
        assert await chart.evaluate("image => image.naturalWidth") > 0
        return chart

    async def add_integration(self) -> Dialog:
        """Begin to add an entry, from the list of what is there."""
        await self.open("/config/integrations/dashboard")
        await self.page.get_by_role("button", name="Add integration").click()
        brands = self.page.locator("dialog-add-integration")
        await brands.get_by_role("textbox").fill("Power Steward")
        await brands.get_by_text("Power Steward", exact=True).click()
        return Dialog(self.page, "config")

    async def open_entries(self) -> None:
        """Go to the list of our entries."""
        await self.open(f"/config/integrations/integration/{DOMAIN}")

    async def operate_entry(self, entry_id: str, action: str) -> None:
        """Choose an action of the menu of an entry, in the list."""
        await self.open_entries()
        await self.entry(entry_id).get_by_role("button", name="Menu").first.click()
        await self.page.get_by_role("menuitem", name=action, exact=True).click()

    async def open_options(self, entry_id: str) -> Dialog:
        """Begin to change the options of an entry, from the list."""
        await self.open_entries()
        await self.entry(entry_id).get_by_role("button", name="Configure").click()
        return Dialog(self.page, "options")

    def entry(self, entry_id: str) -> Locator:
        """Return an entry in the list."""
        return self.page.locator(f"ha-config-entry-row[data-entry-id='{entry_id}']")


class Dialog:
    """The dialog that leads through the steps of a flow."""

    def __init__(self, page: Page, flow: str) -> None:
        """Take a page where it is opening, and which part of the texts is its."""
        self.page = page
        self.flow = flow
        self.box = page.locator("dialog-data-entry-flow")

    async def choose(self, step: str, option: str) -> None:
        """Choose an option of a menu."""
        text = said(f"{self.flow}.step.{step}.menu_options.{option}")
        await self.box.get_by_text(text, exact=True).click()

    async def fill(self, step: str, answers: Mapping[str, Any]) -> None:
        """Fill in fields of a form: numbers, switches, texts, or choices as they read."""
        await self._fill(f"{self.flow}.step.{step}", answers)

    async def enter_port(
        self, step: str, field: str, path: str, *, offered: bool
    ) -> None:
        """Enter a serial port; a box for it is a picker once others are offered."""
        label = said(f"{self.flow}.step.{step}.data.{field}")
        if offered:
            await self._named("button", label).click()
            await self.box.get_by_role("option", name="Enter manually").click()
        await self._named("textbox", label).fill(path)

    async def shows(self, step: str, field: str, value: float) -> None:
        """Wait for a number in a form."""
        label = said(f"{self.flow}.step.{step}.data.{field}")
        await expect(self._named("spinbutton", label)).to_have_value(str(value))

    async def submit(self) -> None:
        """Send the form."""
        await self.box.get_by_role("button", name="Submit").click()

    async def shows_error(self, error: str, **placeholders: str) -> None:
        """Wait for an error."""
        text = said(f"{self.flow}.error.{error}", **placeholders)
        await expect(self.box.get_by_text(text, exact=True)).to_be_visible()

    async def sees(self, text: str) -> None:
        """Wait for a text to be seen."""
        seen = self.page.get_by_text(text).filter(visible=True)
        await expect(seen.first).to_be_visible()

    async def is_done(self) -> None:
        """Wait for the step in which an added entry's devices can be named."""
        await expect(self.box.get_by_role("button", name="finish")).to_be_visible()

    async def close(self) -> None:
        """Close the last step, which may be a dialog of its own."""
        name = re.compile("finish|close", re.IGNORECASE)
        buttons = self.page.get_by_role("button", name=name)
        # The cross at the top is called so, too.
        await buttons.last.click()
        await expect(buttons).to_have_count(0)

    async def _fill(self, texts: str, answers: Mapping[str, Any]) -> None:
        for field, answer in answers.items():
            if isinstance(answer, Mapping):
                section = f"{texts}.sections.{field}"
                await self._open(section)
                await self._fill(section, answer)
            else:
                await self._answer(said(f"{texts}.data.{field}"), answer)

    async def _open(self, section: str) -> None:
        """Open a section, unless it shows what the user has changed in it."""
        header = self._named("button", said(f"{section}.name"))
        if await header.get_attribute("aria-expanded") != "true":
            await header.click()

    async def _answer(self, label: str, answer: str | float) -> None:
        if isinstance(answer, bool):
            # What is drawn of a switch lies above it.
            await self._named("switch", label).set_checked(answer, force=True)
        elif isinstance(answer, str):
            await self._answer_text(label, answer)
        else:
            await self._named("spinbutton", label).fill(str(answer))

    async def _answer_text(self, label: str, answer: str) -> None:
        box, picker = self._named("textbox", label), self._named("button", label)
        await expect(box.or_(picker)).to_be_visible()
        if await picker.count():
            await picker.click()
            await self._named("menuitem", answer).click()
        else:
            await box.fill(answer)

    def _named(self, role: Any, name: str) -> Locator:
        """Return what has a name; the frontend may add an asterisk, a value or a hint."""
        start = re.escape(name).replace("/", r"\/")  # it ends up between slashes
        return self.box.get_by_role(role, name=re.compile(rf"^{start}(?!\w)"))


@asynccontextmanager
async def frontend(
    program: str, url: str, profile: Path, **settings: Any
) -> AsyncGenerator[Frontend]:
    """Open Home Assistant's frontend; a profile that is used again has it in its cache."""
    async with (
        async_playwright() as playwright,
        await playwright.chromium.launch_persistent_context(
            profile, executable_path=program, args=ARGUMENTS, locale="en", **settings
        ) as context,
    ):
        context.set_default_timeout(SECONDS * 1000)
        expect.set_options(timeout=SECONDS * 1000)
        yield Frontend(context.pages[0], url)
