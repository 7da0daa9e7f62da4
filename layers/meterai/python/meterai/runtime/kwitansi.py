"""The words of a receipt of payment (kwitansi), in Indonesian or in English. Nothing here reads a clock: a receipt says what
its rows say, and says it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from meterai.domain.kwitansi import Kwitansi
from meterai.domain.rows import Invoice, PaymentMethod, Refund
from meterai.domain.terbilang import in_words
from meterai.ports.sheets import Fact, Line, Sheet
from meterai.runtime.letters import moment, rupiah
from meterai.runtime.problems import Language

METHODS: Final[dict[PaymentMethod, str]] = {"qris": "QRIS", "gopay": "GoPay", "va": "virtual account"}
PROVIDERS = {"midtrans": "Midtrans", "xendit": "Xendit"}


@dataclass(frozen=True, slots=True)
class Words:
    """A receipt's own words in one language."""

    title: str
    meaning: str
    simulated: str
    invoice: str
    paid: str
    payer: str
    nobody: str
    method: str
    through: str
    order: str
    transaction: str
    duty: str
    service: str
    each: str
    total: str
    in_words: str
    since: str
    returned: str
    under_way: str
    of: str
    notes: tuple[str, ...]


WORDS: dict[Language, Words] = {
    "id": Words(
        title="Kwitansi",
        meaning="Bukti pembayaran meterai elektronik",
        simulated="SPESIMEN. Pembayaran ini simulasi, tidak ada uang yang berpindah.",
        invoice="Nomor tagihan",
        paid="Dibayar",
        payer="Pembayar",
        nobody="tidak disebut",
        method="Cara bayar",
        through="{method} lewat {provider}",
        order="Rujukan di {provider}",
        transaction="Nomor transaksinya",
        duty="Bea meterai",
        service="Biaya layanan",
        each="{quantity} keping × {price}",
        total="Jumlah dibayar",
        in_words="Terbilang",
        since="Pengembalian sejak itu",
        returned="Dikembalikan {at}",
        under_way="Diajukan {at}, uang belum dikirim",
        of="{quantity} keping",
        notes=(
            "Kwitansi ini menyatakan bahwa jumlah di atas sudah kami terima untuk keping meterai elektronik di kuota pembayar. "
            "Isinya diambil dari catatan pembayaran dan berlaku tanpa tanda tangan.",
            "Ini bukan faktur pajak, bukan meterai, dan bukan bukti bahwa suatu dokumen sudah bermeterai.",
        ),
    ),
    "en": Words(
        title="Receipt",
        meaning="Proof of payment for electronic revenue stamps (kwitansi)",
        simulated="SPECIMEN. This payment was simulated; no money changed hands.",
        invoice="Invoice number",
        paid="Paid",
        payer="Payer",
        nobody="not told",
        method="Paid by",
        through="{method} through {provider}",
        order="Reference at {provider}",
        transaction="Its transaction number",
        duty="Stamp duty (bea meterai)",
        service="Service fee",
        each="{quantity} × {price}",
        total="Amount paid",
        in_words="In Indonesian words",
        since="Refunds since",
        returned="Given back {at}",
        under_way="Asked for {at}, money not sent yet",
        of="for {quantity}",
        notes=(
            "This receipt states that we received the amount above for pieces of electronic stamp duty in the payer's quota. "
            "It is taken from the record of the payment and is valid without a signature.",
            "It is no tax invoice (faktur pajak), no stamp, and no proof that any document was stamped.",
        ),
    ),
}


def written(kwitansi: Kwitansi, language: Language, *, specimen: bool) -> Sheet:
    """The receipt's words. `specimen`: payments are simulated where this runs, and it says so."""
    words, invoice, paid = WORDS[language], kwitansi.invoice, kwitansi.paid_with
    provider = PROVIDERS.get(paid.provider, paid.provider)
    facts: list[Fact] = [
        (words.invoice, invoice.id),
        (words.paid, moment(kwitansi.paid_at, language)),
        (words.payer, kwitansi.payer or words.nobody),
        (words.method, words.through.format(method=METHODS[paid.method], provider=provider)),
        (words.order.format(provider=provider), paid.id),
    ]
    if kwitansi.transaction:
        facts.append((words.transaction, kwitansi.transaction))
    return Sheet(
        language=language,
        maker="Meterai",
        title=words.title,
        meaning=words.meaning,
        warning=words.simulated if specimen else "",
        facts=tuple(facts),
        lines=_lines(invoice, words),
        total=(words.total, rupiah(invoice.total_idr)),
        in_words=(words.in_words, f"{in_words(invoice.total_idr)} rupiah"),
        since=words.since if kwitansi.refunds else "",
        later=tuple(_later(refund, words, language) for refund in kwitansi.refunds),
        notes=words.notes,
    )


def _lines(invoice: Invoice, words: Words) -> tuple[Line, ...]:
    """Duty and service fee, each on its own line; the fee's price of one piece only where all of them cost the same."""
    each, left = divmod(invoice.fee_idr, invoice.quantity)
    per_piece = "" if left else words.each.format(quantity=invoice.quantity, price=rupiah(each))
    duty = words.each.format(quantity=invoice.quantity, price=rupiah(invoice.unit_price_idr))
    return (
        Line(words.duty, duty, rupiah(invoice.quantity * invoice.unit_price_idr)),
        Line(words.service, per_piece, rupiah(invoice.fee_idr)),
    )


def _later(refund: Refund, words: Words, language: Language) -> Line:
    if refund.settled_at is not None:
        label = words.returned.format(at=moment(refund.settled_at, language))
    else:
        label = words.under_way.format(at=moment(refund.received_at, language))
    return Line(label, words.of.format(quantity=refund.quantity), rupiah(refund.amount_idr))
