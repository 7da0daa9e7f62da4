"""A person at the page: a phone-sized chromium, and the road walked by what is on the screen."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pypdfium2  # type: ignore[import-untyped]
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject

CHROMIUM = "/usr/bin/chromium"
FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run"
SECONDS = 30_000
Scheme = Literal["light", "dark"]


def chromium() -> str | None:
    """Where Debian's chromium is, None where it is not installed."""
    return CHROMIUM if Path(CHROMIUM).exists() else shutil.which("chromium")


@contextmanager
def opened_browser(path: str) -> Iterator[Browser]:
    """A chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS.split())
        try:
            yield browser
        finally:
            browser.close()


_LETTER = (
    (18, 770, "SURAT PERNYATAAN"),
    (11, 728, "Yang bertanda tangan di bawah ini:"),
    (11, 704, "Nama: Ani Lestari"),
    (11, 688, "Lahir: Bandung, 3 September 1998"),
    (11, 664, "dengan ini menyatakan bahwa saya:"),
    (11, 640, "1. tidak pernah dipidana penjara dua tahun atau lebih;"),
    (11, 624, "2. tidak pernah diberhentikan tidak dengan hormat;"),
    (11, 608, "3. bersedia ditempatkan di seluruh wilayah Indonesia."),
    (11, 576, "Pernyataan ini saya buat dengan sebenarnya untuk melengkapi lamaran."),
    (11, 528, "Bandung, 4 September 2024"),
    (11, 440, "Ani Lestari"),
)


def letter(*, pages: int = 1, to_sign: bool = False) -> bytes:
    """A real A4 letter (210 x 297 mm) of so many pages. `to_sign`: in words that say where, so that the stamp goes there."""
    lines = (*_LETTER, (11, 512, "Yang menyatakan,")) if to_sign else _LETTER
    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    text = StreamObject()
    text.set_data("".join(f"BT /F {size} Tf 72 {up} Td ({line}) Tj ET\n" for size, up, line in lines).encode())
    fonts, content = DictionaryObject({NameObject("/F"): writer._add_object(font)}), writer._add_object(text)
    for _ in range(pages):
        page = writer.add_blank_page(595.28, 841.89)
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        page[NameObject("/Contents")] = content
    return written(writer)


def written(writer: PdfWriter) -> bytes:
    """The bytes of a document."""
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@dataclass
class Visitor:
    """A page in the browser; `faults` is what the console complained of, `hosts` every origin that was asked."""

    page: Page
    url: str
    faults: list[str] = field(default_factory=list)
    origins: set[str] = field(default_factory=set)
    provoked: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.page.set_default_timeout(SECONDS)
        expect.set_options(timeout=SECONDS)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.faults.append(f"exception: {error}"))
        self.page.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        blocked = "Service Worker registration blocked by Playwright"  # so that routes of tests see every request
        if message.type in ("error", "warning") and blocked not in message.text:
            self.faults.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https"):
            self.origins.add(f"{parts.scheme}://{parts.netloc}")

    def expects(self, *complaints: str) -> None:
        """The console may complain of these refusals, which the test provokes."""
        self.provoked += complaints

    def unexpected(self) -> list[str]:
        """What the console complained of beyond what the test provoked."""
        return [fault for fault in self.faults if not any(word in fault for word in self.provoked)]

    def open(self, path: str = "/") -> None:
        self.page.goto(self.url + path)

    def bill(self, quantity: int, email: str | None = None) -> None:
        """From the e-mail and the quantity to a code that can be paid."""
        if email:
            self.page.get_by_label("E-mail", exact=True).fill(email)
        self.page.get_by_label("Jumlah keping", exact=True).fill(str(quantity))
        self.page.get_by_role("button", name="Bayar dengan QRIS").click()
        expect(self.page.get_by_role("group", name="Simulasi")).to_be_visible()

    def simulate(self, action: str) -> None:
        """What the payer's bank does, by the button of that name."""
        self.page.get_by_role("button", name=action, exact=True).click()

    def buy(self, quantity: int, email: str | None = None) -> None:
        """Pieces bought and paid for; the page turns by itself."""
        self.bill(quantity, email)
        self.simulate("Bayar")
        expect(self.page.locator("#bill-says")).to_contain_text(f"{quantity} keping masuk ke kuota Anda")

    def buy_more(self, quantity: int) -> None:
        """Pieces more, after a bill that was paid."""
        self.page.get_by_role("button", name="Beli lagi").click()
        self.buy(quantity)

    def bring(self, data: bytes, name: str = "surat.pdf") -> None:
        """Choose a file to be stamped."""
        self.page.locator("#document-file").set_input_files(
            {"name": name, "mimeType": "application/pdf", "buffer": data}
        )

    def stamp(self) -> None:
        """Press the button and wait for the stamp."""
        self.page.get_by_role("button", name="Bubuhkan", exact=True).click()
        expect(self.page.locator("#stamping-says")).to_contain_text("Dokumen Anda bermeterai")

    def download(self) -> bytes:
        """The stamped file, as a person gets it."""
        with self.page.expect_download() as coming:
            self.page.get_by_role("link", name="Unduh dokumen bermeterai").click()
        assert coming.value.suggested_filename.endswith(".pdf")
        return Path(coming.value.path()).read_bytes()

    def verify(self, data: bytes, name: str = "hasil.pdf", kind: str = "application/pdf") -> None:
        """Choose a file to be checked, and wait for the verdict."""
        verdict = self.page.locator("#verdict")
        self.page.locator("#verify-file").set_input_files({"name": name, "mimeType": kind, "buffer": data})
        expect(verdict.locator("h3")).to_be_visible()

    def quota(self, **buckets: int) -> None:
        """Wait until the quota shows these buckets."""
        for bucket, count in buckets.items():
            expect(self.page.locator(f"#quota-{bucket}")).to_have_text(str(count))


def half_locked(source: bytes) -> bytes:
    """The document encrypted without a password for reading, as some printers and mail gateways do."""
    writer = PdfWriter(clone_from=io.BytesIO(source))
    writer.encrypt(user_password="", owner_password="pemilik")
    return written(writer)


def scanned(width: int) -> bytes:
    """A page of A4 as a scanner gives it, so many pixels wide, grained all over: some 0.45 bytes a pixel."""
    out = io.BytesIO()
    grain = Image.effect_noise((width, width * 297 // 210), 40)
    grain.save(out, "PDF", resolution=width / 8.27)
    return out.getvalue()


def photographed(source: bytes, page: int = 0) -> bytes:
    """A page as a phone's photo of it would be: a JPEG."""
    document = pypdfium2.PdfDocument(source)
    document.init_forms()
    out = io.BytesIO()
    document[page].render(scale=150 / 72).to_pil().convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()
