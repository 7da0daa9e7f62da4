"""The words of a receipt: every figure twice, both languages, and what it is not."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from meterai.domain.kwitansi import Kwitansi
from meterai.domain.money import price
from meterai.domain.rows import Attempt, Invoice, PaymentMethod, Refund
from meterai.ports.sheets import Line, Sheet
from meterai.runtime.kwitansi import written
from meterai.runtime.problems import Language

AT = datetime(2024, 9, 3, 17, 14, 5, tzinfo=UTC)
"""Already the next day in WIB."""


def kwitansi(
    quantity: int = 3, *, refunds: tuple[Refund, ...] = (), payer: str | None = "budi@contoh.id",
    transaction: str | None = "0f3e7f4e-5bd9", provider: str = "midtrans", method: PaymentMethod = "qris", **more: Any,
) -> Kwitansi:  # fmt: skip
    cost = price(quantity)
    invoice = Invoice(
        id="inv_01k3z9w8q4n5x6y7v8t9r0p1a2", account="acc_1", fingerprint="f", status="paid", quantity=quantity,
        unit_price_idr=cost.unit_price_idr, fee_idr=cost.fee_idr, total_idr=cost.total_idr, method=method, policy="A",
        attempt="pay_2", attempts=2, created_at=AT, expires_at=AT, paid_at=AT, paid_by="pay_1",
    )  # fmt: skip
    attempt = Attempt(
        id="pay_1", account="acc_1", invoice=invoice.id, status="settled", provider=provider, amount_idr=invoice.total_idr,
        method=method, created_at=AT, expires_at=AT,
    )  # fmt: skip
    return Kwitansi(dataclasses.replace(invoice, **more), AT, attempt, payer, transaction, refunds)


def refund(quantity: int, amount_idr: int, *, settled_at: datetime | None) -> Refund:
    return Refund(
        id="rfd_1", kind="quota", account="acc_1", invoice="inv_1", provider="midtrans", order="pay_1",
        status="refunded" if settled_at else "received", fingerprint="f", quantity=quantity, amount_idr=amount_idr,
        total_idr=37_500, policy="A", reason="batal", received_at=AT, promise_at=AT, pay_at=AT, updated_at=AT, timeline=[],
        settled_at=settled_at,
    )  # fmt: skip


def texts(sheet: Sheet) -> str:
    lines = [part for line in (*sheet.lines, *sheet.later) for part in (line.label, line.detail, line.amount)]
    facts = [part for fact in (*sheet.facts, sheet.total, sheet.in_words) for part in fact]
    return " | ".join((sheet.title, sheet.meaning, sheet.warning, *facts, *lines, sheet.since, *sheet.notes))


def test_it_tells_in_indonesian_what_was_paid_by_whom_and_how() -> None:
    sheet = written(kwitansi(), "id", specimen=False)
    assert (sheet.language, sheet.title, sheet.warning) == ("id", "Kwitansi", "")
    assert sheet.facts == (
        ("Nomor tagihan", "inv_01k3z9w8q4n5x6y7v8t9r0p1a2"),
        ("Dibayar", "4 September 2024 pukul 00.14 WIB"),
        ("Pembayar", "budi@contoh.id"),
        ("Cara bayar", "QRIS lewat Midtrans"),
        ("Rujukan di Midtrans", "pay_1"),
        ("Nomor transaksinya", "0f3e7f4e-5bd9"),
    )
    assert sheet.lines == (
        Line("Bea meterai", "3 keping × Rp10.000", "Rp30.000"),
        Line("Biaya layanan", "3 keping × Rp2.500", "Rp7.500"),
    )
    assert sheet.total == ("Jumlah dibayar", "Rp37.500")
    assert sheet.in_words == ("Terbilang", "tiga puluh tujuh ribu lima ratus rupiah")
    assert (sheet.since, sheet.later) == ("", ())
    assert "bukan faktur pajak" in " ".join(sheet.notes)


def test_it_tells_the_same_in_english_and_the_words_of_the_sum_stay_indonesian() -> None:
    sheet = written(kwitansi(), "en", specimen=False)
    assert sheet.facts[1] == ("Paid", "4 September 2024, 00:14 WIB")
    assert sheet.facts[3] == ("Paid by", "QRIS through Midtrans")
    assert [line.amount for line in sheet.lines] == ["Rp30.000", "Rp7.500"]
    assert sheet.in_words == ("In Indonesian words", "tiga puluh tujuh ribu lima ratus rupiah")
    assert "no tax invoice" in " ".join(sheet.notes)


@pytest.mark.parametrize("language", ["id", "en"])
def test_money_that_went_back_is_told_with_its_day_and_money_on_its_way_too(language: Language) -> None:
    back, waiting = refund(2, 18_750, settled_at=AT + timedelta(days=2)), refund(1, 9_375, settled_at=None)
    sheet = written(kwitansi(refunds=(back, waiting)), language, specimen=False)
    wanted = {
        "id": (
            Line("Dikembalikan 6 September 2024 pukul 00.14 WIB", "2 keping", "Rp18.750"),
            Line("Diajukan 4 September 2024 pukul 00.14 WIB, uang belum dikirim", "1 keping", "Rp9.375"),
        ),
        "en": (
            Line("Given back 6 September 2024, 00:14 WIB", "for 2", "Rp18.750"),
            Line("Asked for 4 September 2024, 00:14 WIB, money not sent yet", "for 1", "Rp9.375"),
        ),
    }
    assert sheet.later == wanted[language]
    assert sheet.since


@pytest.mark.parametrize(("language", "word"), [("id", "SPESIMEN"), ("en", "SPECIMEN")])
def test_a_simulated_payment_is_said_to_be_one(language: Language, word: str) -> None:
    assert written(kwitansi(), language, specimen=True).warning.startswith(word)
    assert word not in texts(written(kwitansi(), language, specimen=False))


def test_what_is_not_known_is_not_made_up() -> None:
    sheet = written(kwitansi(payer=None, transaction=None, provider="another", method="va"), "id", specimen=False)
    assert sheet.facts[2:] == (
        ("Pembayar", "tidak disebut"),
        ("Cara bayar", "virtual account lewat another"),
        ("Rujukan di another", "pay_1"),
    )


def test_a_fee_that_its_pieces_do_not_share_evenly_has_no_price_of_one() -> None:
    sheet = written(kwitansi(fee_idr=7_501, total_idr=37_501), "id", specimen=False)
    assert sheet.lines[1] == Line("Biaya layanan", "", "Rp7.501")


def test_the_largest_invoice_has_words_too() -> None:
    sheet = written(kwitansi(1_000), "id", specimen=False)
    assert sheet.total[1] == "Rp12.500.000"
    assert sheet.in_words[1] == "dua belas juta lima ratus ribu rupiah"
