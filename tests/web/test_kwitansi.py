"""The receipt as people get it: a button on each invoice that was paid, and a file."""

from __future__ import annotations

from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]
from playwright.sync_api import expect

from tests.web.visitor import Visitor


def kept(visitor: Visitor, label: str) -> str:
    """What stands on the receipt that the button of this name saves."""
    button = visitor.page.locator("#invoices > li").first.get_by_role("button", name=label)
    expect(button).to_be_visible()
    box = button.bounding_box()
    assert box
    assert box["height"] >= 48
    with visitor.page.expect_download() as coming:
        button.click()
    assert coming.value.suggested_filename.startswith("kwitansi-inv_")
    assert coming.value.suggested_filename.endswith(".pdf")
    document = pypdfium2.PdfDocument(Path(coming.value.path()))
    text: str = document[0].get_textpage().get_text_bounded()
    document.close()
    return " ".join(text.split())


def test_a_paid_invoice_gives_its_receipt_and_an_unpaid_one_has_none(visitor: Visitor) -> None:
    page = visitor.page
    visitor.buy(2, "nina@contoh.id")
    text = kept(visitor, "Kwitansi (PDF)")
    assert "Jumlah dibayar Rp25.000" in text
    assert "nina@contoh.id" in text
    page.get_by_role("button", name="English").click()
    assert "Amount paid Rp25.000" in kept(visitor, "Receipt (PDF)")
    page.get_by_role("button", name="bahasa Indonesia").click()
    page.get_by_role("button", name="Beli lagi").click()
    visitor.bill(1)
    visitor.open()
    expect(page.locator("#invoices > li")).to_have_count(2)
    expect(page.get_by_role("button", name="Lihat kode bayar")).to_have_count(1)
    expect(page.get_by_role("button", name="Kwitansi (PDF)")).to_have_count(1)
