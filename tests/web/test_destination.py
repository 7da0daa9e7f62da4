"""The page asks where a payout goes, says what the bank said, and shows the account by its last digits alone."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from meterai.domain.ledger import Change, Move, OneOf
from meterai.domain.rows import Refund
from meterai.operations.find import loaded
from tests.integration.client import Person
from tests.integration.test_destination import HOLDER, ledger, turned, verified
from tests.web.test_page import fits_the_screen, invoice
from tests.web.visitor import Visitor


def test_a_person_says_where_the_money_goes_and_sees_it_masked(visitor: Visitor, stack: Any) -> None:
    page, http, table = visitor.page, stack.http(), ledger(stack)
    visitor.buy(1, "sari@contoh.id")
    card = invoice(page, 0)
    with turned(stack, http, refund_refused=True):
        card.get_by_role("button", name="Hitung pengembalian").click()
        card.get_by_role("button", name="Ajukan pengembalian").click()
        part = card.locator(".refund")
        expect(part.locator(".refund-now")).to_contain_text("Menunggu keputusan petugas")
        refund = loaded(table, Refund, part.get_attribute("data-refund") or "")
        verified(stack, Person(http, "", refund.account))
        when = {"status": OneOf(("awaiting_decision", "awaiting_destination"))}
        table.apply(Move("waits", (Change(refund.key, when, put={"status": "awaiting_destination", "way": "payout"}),)))
        form = part.locator("form")
        expect(form.get_by_label("Bank").locator("option", has_text="Bank Mandiri")).to_have_count(1)
        fits_the_screen(page)
        form.get_by_role("button", name="Pakai rekening ini").click()
        expect(form.locator(".says")).to_contain_text("Lengkapi bank")
        form.get_by_label("Bank").select_option(label="BCA")
        form.get_by_label("Nomor rekening").fill("123-456-7890")
        form.get_by_label("Nama pemilik rekening").fill("Sari Dewi")
        visitor.expects("422")
        form.get_by_role("button", name="Pakai rekening ini").click()
        expect(form.locator(".says")).to_contain_text("Nama pada rekening itu berbeda")
        form.get_by_label("Nama pemilik rekening").fill(HOLDER.title())
        form.get_by_role("button", name="Pakai rekening ini").click()
        expect(part.locator("p.destination")).to_have_text("Rekening tujuan: BCA ••••7890.")
        expect(part.locator("form")).to_have_count(0)
        assert "1234567890" not in page.content()
        expect(part.locator(".refund-now")).to_contain_text("Menunggu keputusan petugas")
    officer = Person(http, stack.access["officer_key"])
    officer.ask("POST", f"/v1/refunds/{refund.id}/decision", json={"decision": "reject", "reason": "percobaan"})
    expect(part).to_have_attribute("data-status", "rejected")
