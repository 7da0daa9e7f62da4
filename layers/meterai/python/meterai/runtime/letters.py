"""The words of letters that go out: one text a kind, Indonesian first, the same in English below. Instants are told in WIB.

A letter never names a document, and what people wrote themselves is quoted as text, in HTML too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
from textwrap import wrap
from typing import Literal

from meterai.domain.instants import WIB
from meterai.domain.rows import LetterKind, Refund, RefundStatus
from meterai.ports.post import Told, Words
from meterai.runtime.problems import TABLE

COLUMNS = 76
Language = Literal["id", "en"]
MONTHS: dict[Language, tuple[str, ...]] = {
    "id": (
        "Januari",
        "Februari",
        "Maret",
        "April",
        "Mei",
        "Juni",
        "Juli",
        "Agustus",
        "September",
        "Oktober",
        "November",
        "Desember",
    ),
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
}


@dataclass(frozen=True, slots=True)
class Said:
    """What one kind of letter says, in one language: its title, and what it means for its reader."""

    title: str
    means: str


SAID: dict[LetterKind, dict[Language, Said]] = {
    "confirm_email": {
        "id": Said(
            "Konfirmasi alamat e-mail Anda",
            "Seseorang membuka akun Meterai dengan alamat ini. Kalau itu Anda, buka tautan di bawah, lalu ketuk "
            "Konfirmasi. Setelah itu kabar tentang uang Anda dikirim ke sini. Tautan berlaku 1 hari. Kalau bukan "
            "Anda, abaikan surat ini: tidak ada surat lain yang dikirim ke alamat yang tidak dikonfirmasi.",
        ),
        "en": Said(
            "Confirm your e-mail address",
            "Somebody opened a Meterai account with this address. If it was you, open the link below and tap "
            "Konfirmasi; from then on news about your money is sent here. The link lasts 1 day. If it was not you, "
            "ignore this letter: an address that is not confirmed gets no other.",
        ),
    },
    "refund.unconfirmed": {
        "id": Said(
            "Konfirmasi pengajuan pengembalian dana",
            "Kami menerima surat yang meminta dana tagihan ini dikembalikan. Kalau itu Anda, buka tautan di bawah, "
            "lalu ketuk Konfirmasi. Tanpa konfirmasi dalam 7 hari pengajuan ini gugur. Kalau bukan Anda, abaikan "
            "surat ini: tidak ada yang berubah.",
        ),
        "en": Said(
            "Confirm a request for a refund",
            "We received a letter that asks for this invoice's money back. If it was you, open the link below and "
            "tap Konfirmasi. Without that the request lapses after 7 days. If it was not you, ignore this letter: "
            "nothing changes.",
        ),
    },
    "refund.pending": {
        "id": Said(
            "Pengajuan dicatat",
            "Masih ada pembubuhan yang berjalan. Begitu selesai, pengajuan dinilai menurut waktu tibanya, bukan "
            "menurut hari ini.",
        ),
        "en": Said(
            "Your request is recorded",
            "Stamps are still being applied. Once they are done, the request is judged by the time it arrived, not "
            "by today.",
        ),
    },
    "refund.received": {
        "id": Said(
            "Pengajuan diterima",
            "Keping dari tagihan ini ditahan sampai uangnya kembali. Selama uang belum dikirim, Anda boleh "
            "membatalkan di halaman Meterai.",
        ),
        "en": Said(
            "Your request is received",
            "The invoice's pieces are held until the money is back. While no money was sent you may cancel on the "
            "Meterai page.",
        ),
    },
    "refund.awaiting_decision": {
        "id": Said(
            "Menunggu keputusan petugas",
            "Ada yang tidak dapat diputuskan mesin, jadi petugas memeriksanya. Anda tidak perlu berbuat apa-apa, "
            "keping tetap ditahan untuk Anda.",
        ),
        "en": Said(
            "An officer decides",
            "There is something that the machine cannot decide, so an officer looks at it. You need not do "
            "anything; the pieces stay held for you.",
        ),
    },
    "refund.awaiting_destination": {
        "id": Said(
            "Rekening tujuan diperlukan",
            "Uang tidak dapat kembali lewat pembayaran semula. Buka halaman Meterai di peramban yang Anda pakai "
            "membeli, lalu isi rekening bank atas nama Anda sendiri. Kami tidak pernah menanyakan rekening, PIN, "
            "atau OTP lewat surat.",
        ),
        "en": Said(
            "We need an account to pay to",
            "The money cannot go back the way it came. Open the Meterai page in the browser that you bought with, "
            "and enter a bank account in your own name. We never ask for accounts, PINs or OTPs by letter.",
        ),
    },
    "refund.approved": {
        "id": Said(
            "Pengembalian disetujui", "Uang dikirim setelah masa pikir lewat. Sampai saat itu Anda boleh membatalkan."
        ),
        "en": Said(
            "The refund is approved",
            "The money is sent once the time to think it over has passed. Until then you may cancel.",
        ),
    },
    "refund.paying": {
        "id": Said(
            "Uang sedang dikirim",
            "Perintah kirim sudah diberikan kepada penyedia pembayaran. Kalau jawabannya belum pasti, kami bertanya"
            " lagi dengan kunci yang sama, jadi uang tidak terkirim dua kali.",
        ),
        "en": Said(
            "The money is on its way",
            "The payment provider has been told to send it. While its answer is not certain we ask again under the "
            "same key, so that money is never sent twice.",
        ),
    },
    "refund.refunded": {
        "id": Said(
            "Uang sudah dikembalikan",
            "Penyedia pembayaran menyatakan uang sudah terkirim. Bank atau dompet digital dapat perlu beberapa hari"
            " untuk menampilkannya.",
        ),
        "en": Said(
            "The money is back",
            "The payment provider says that it was sent. Your bank or wallet may take some days to show it.",
        ),
    },
    "refund.rejected": {
        "id": Said(
            "Pengajuan tidak dikabulkan",
            "Tidak ada uang yang dikirim. Keping yang ditahan kembali ke kuota Anda dan tidak kedaluwarsa.",
        ),
        "en": Said(
            "The request is not granted",
            "No money was sent. Pieces that were held are in your quota again, and do not expire.",
        ),
    },
    "refund.cancelled": {
        "id": Said(
            "Pengajuan dibatalkan",
            "Tidak ada uang yang dikirim. Keping yang ditahan kembali ke kuota Anda dan tidak kedaluwarsa.",
        ),
        "en": Said(
            "The request is cancelled",
            "No money was sent. Pieces that were held are in your quota again, and do not expire.",
        ),
    },
    "refund.milestone": {
        "id": Said(
            "Sampai di mana pengembalian dana Anda",
            "Uang Anda belum kembali, dan pengajuan ini tidak terlupakan: inilah keadaannya hari ini.",
        ),
        "en": Said(
            "Where your refund stands",
            "Your money is not back yet, and the request is not forgotten: this is how it stands today.",
        ),
    },
    "refund.standing": {
        "id": Said(
            "Pengembalian dana Anda yang sedang berjalan",
            "Alamat e-mail Anda kini dikonfirmasi, jadi kabarnya dapat kami kirim. Inilah keadaannya hari ini.",
        ),
        "en": Said(
            "Your refund under way",
            "Your e-mail address is confirmed now, so that we can write to you. This is how it stands today.",
        ),
    },
    "refund.offered": {
        "id": Said(
            "Kami menawarkan uang kembali seluruhnya",
            "Keping atau pembubuhan Anda terlambat karena kesalahan kami. Pilihan Anda: menunggu dan tetap memakai "
            "kepingnya; membatalkan pembubuhan yang belum selesai, sehingga kepingnya kembali ke kuota; atau meminta "
            "uang untuk keping yang belum terpakai kembali seluruhnya, di halaman Meterai, di daftar tagihan.",
        ),
        "en": Said(
            "We offer all of your money back",
            "Your pieces or your stamp came late, which was our failure. You may wait and use them; cancel a stamping "
            "that is not done, so that its piece is yours again; or ask for all the money of unused pieces back, on "
            "the Meterai page, in the list of invoices.",
        ),
    },
    "mail.acknowledged": {
        "id": Said(
            "Surat Anda kami terima",
            "Kami menerima surat Anda tentang pembatalan pembelian. Jalan tercepat: buka halaman Meterai di peramban yang "
            "Anda pakai membeli, pilih tagihannya, lalu ajukan pengembalian dana di sana. Kalau surat Anda menyebut nomor "
            "tagihan dari akun yang alamat e-mailnya sudah dikonfirmasi, tautan konfirmasi dikirim ke alamat itu. Demi "
            "keamanan, surat ini sama untuk semua orang dan tidak menyebut tagihan apa pun.",
        ),
        "en": Said(
            "We got your letter",
            "We received your letter about cancelling a purchase. The quickest way: open the Meterai page in the browser "
            "that you bought with, choose the invoice, and ask for the refund there. If your letter named an invoice of an "
            "account whose e-mail is confirmed, a link to confirm it goes to that address. To be safe, this letter is the "
            "same for everybody and names no invoice.",
        ),
    },
    "desk.milestone": {
        "id": Said(
            "Pengembalian dana mendekati janji",
            "Pengajuan ini belum berakhir. Buka meja petugas dan pastikan ada yang memegangnya.",
        ),
        "en": Said(
            "A refund nears its promise",
            "This request has not ended. Open the officers' desk and see to it that somebody has it in hand.",
        ),
    },
}
OF_A_PAYMENT: dict[LetterKind, dict[Language, str]] = {
    "refund.approved": {
        "id": "Anda membayar lebih dari sekali, atau jumlahnya berbeda dari tagihan. Pembayaran ini tidak membeli apa "
        "pun, jadi seluruhnya kami kirim kembali. Anda tidak perlu berbuat apa-apa.",
        "en": "You paid more than once, or another amount than the invoice's. This payment bought nothing, so all of it "
        "goes back. You need not do anything.",
    },
    "refund.awaiting_decision": {
        "id": "Penyedia pembayaran tidak dapat mengirimnya kembali, jadi petugas menanganinya. Uang itu tetap milik Anda.",
        "en": "The payment provider could not send it back, so an officer sees to it. The money stays yours.",
    },
}
"""What is meant where a payment that bought nothing goes back: there are no pieces, and nothing to cancel."""
STATUS: dict[RefundStatus, dict[Language, str]] = {
    "unconfirmed": {"id": "menunggu konfirmasi Anda", "en": "awaits your confirmation"},
    "pending": {"id": "dicatat, menunggu pembubuhan", "en": "recorded, awaits stamps under way"},
    "received": {"id": "diterima, keping ditahan", "en": "received, pieces held"},
    "awaiting_decision": {"id": "menunggu keputusan petugas", "en": "awaits an officer's decision"},
    "awaiting_destination": {"id": "menunggu rekening tujuan", "en": "awaits an account to pay to"},
    "approved": {"id": "disetujui", "en": "approved"},
    "paying": {"id": "uang sedang dikirim", "en": "money is on its way"},
    "refunded": {"id": "uang sudah dikembalikan", "en": "money is back"},
    "rejected": {"id": "tidak dikabulkan", "en": "not granted"},
    "cancelled": {"id": "dibatalkan", "en": "cancelled"},
}
ACTS: dict[str | None, dict[Language, str]] = {
    "you": {"id": "Anda", "en": "you"},
    "officer": {"id": "petugas kami", "en": "our officer"},
    "provider": {"id": "penyedia pembayaran", "en": "the payment provider"},
    "us": {"id": "kami", "en": "us"},
    None: {"id": "tidak ada, sudah berakhir", "en": "nobody, it has ended"},
}
NOTES: dict[str, dict[Language, str]] = {
    "policy": {"id": "sesuai aturan", "en": "by the rules"},
    "overpaid": {"id": "pembayaran ganda atau berlebih", "en": "a double or surplus payment"},
    "payment_provider_refused": {"id": "penyedia pembayaran menolak", "en": "the payment provider refused"},
    "owner": {"id": "atas permintaan Anda", "en": "at your request"},
    "mail": {"id": "lewat surel", "en": "by e-mail"},
    "officer": {"id": "lewat petugas", "en": "through an officer"},
    "lapsed": {"id": "tidak dikonfirmasi dalam 7 hari", "en": "not confirmed within 7 days"},
    "payout": {"id": "pencairan ke rekening Anda diperiksa petugas", "en": "an officer checks the payout"},
    "payout_bounced": {"id": "bank mengembalikan kiriman", "en": "the bank sent the payout back"},
    "payout_ordered": {"id": "petugas kedua memerintahkan pencairan", "en": "a second officer ordered the payout"},
}
LABELS: dict[str, dict[Language, str]] = {
    "invoice": {"id": "Tagihan", "en": "Invoice"},
    "amount": {"id": "Jumlah", "en": "Amount"},
    "refund": {"id": "Pengajuan", "en": "Request"},
    "at": {"id": "Waktu", "en": "When"},
    "until": {"id": "Sampai", "en": "Until"},
    "why": {"id": "Alasan", "en": "Reason"},
    "stands": {"id": "Keadaan", "en": "Stands"},
    "acts": {"id": "Giliran", "en": "Next"},
    "day": {"id": "Hari", "en": "Day"},
    "promise": {"id": "Janji", "en": "Promise"},
}
LINKS: dict[str, dict[Language, str]] = {
    "act": {"id": "Konfirmasi (tautan ini untuk Anda saja):", "en": "Confirm (this link is for you alone):"},
    "follow": {
        "id": "Ikuti jalannya (hanya untuk dibaca, jangan diteruskan):",
        "en": "Follow it (to read only; do not pass it on):",
    },
    "page": {"id": "Halaman Meterai:", "en": "The Meterai page:"},
    "desk": {"id": "Meja petugas:", "en": "The officers' desk:"},
}
FOOT: dict[Language, str] = {
    "id": "Surat ini dikirim otomatis. Kami tidak pernah meminta kata sandi, PIN, atau OTP.",
    "en": "This letter was sent by a machine. We never ask for passwords, PINs or OTPs.",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a letter: a heading, a paragraph, facts with their labels, or a link with what it is for."""

    kind: Literal["heading", "paragraph", "facts", "link", "rule"]
    text: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    url: str = ""


def written(told: Told) -> Words:
    """The letter's words, in both languages."""
    parts = [*_parts(told, "id"), Part("rule"), *_parts(told, "en")]
    return Words(subject=_subject(told), text=_text(parts), html=_html(parts))


def rupiah(amount_idr: int) -> str:
    """Rp10.000"""
    return f"Rp{amount_idr:,}".replace(",", ".")


def moment(at: datetime, language: Language = "id") -> str:
    """3 September 2024 pukul 21.14 WIB"""
    here = at.astimezone(WIB)
    day = f"{here.day} {MONTHS[language][here.month - 1]} {here.year}"
    return f"{day} pukul {here:%H.%M} WIB" if language == "id" else f"{day}, {here:%H:%M} WIB"


def _subject(told: Told) -> str:
    title = SAID[told.kind]["id"].title
    if told.day is not None and told.refund is not None and told.story is not None:
        return f"{title}: hari ke-{told.day} dari {told.story.promise_days}, {rupiah(told.refund.amount_idr)}"
    if told.refund is not None:
        return f"{title}: {rupiah(told.refund.amount_idr)}"
    return f"{title}: {rupiah(told.offered_idr)}" if told.offered_idr is not None else title


def _parts(told: Told, language: Language) -> Iterator[Part]:
    yield Part("heading", SAID[told.kind][language].title)
    yield Part("paragraph", _means(told, language))
    if facts := tuple((LABELS[name][language], text) for name, text in _facts(told, language)):
        yield Part("facts", facts=facts)
    for name, url in _links(told):
        yield Part("link", LINKS[name][language], url=url)
    yield Part("paragraph", FOOT[language])


def _means(told: Told, language: Language) -> str:
    if told.refund is not None and told.refund.kind == "payment" and told.kind in OF_A_PAYMENT:
        return OF_A_PAYMENT[told.kind][language]
    return SAID[told.kind][language].means


def _facts(told: Told, language: Language) -> Iterator[tuple[str, str]]:
    if told.invoice is not None and told.offered_idr is not None:
        yield "invoice", told.invoice.id
        yield "amount", rupiah(told.offered_idr)
        yield "at", moment(told.at, language)
        if told.until is not None:
            yield "until", moment(told.until, language)
    refund, story = told.refund, told.story
    if refund is None or story is None:
        return
    yield "invoice", refund.invoice
    yield "refund", refund.id
    yield "amount", rupiah(refund.amount_idr)
    yield "at", moment(told.at, language)
    if why := _why(told, refund, language):
        yield "why", why
    yield "stands", STATUS[refund.status][language]
    yield "acts", ACTS[story.acts_next][language]
    day = story.day if told.day is None else told.day
    yield "day", _day(day, story.promise_days, language)
    if not refund.ended:
        yield "promise", _promise(refund.promise_at, language, late=story.late)


def _day(day: int, of: int, language: Language) -> str:
    if day == 0:
        return f"hari pengajuan, dari {of} hari" if language == "id" else f"the day of the request, of {of} days"
    return f"hari ke-{day} dari {of}" if language == "id" else f"day {day} of {of}"


def _promise(at: datetime, language: Language, *, late: bool) -> str:
    if late:
        return f"lewat sejak {moment(at)}" if language == "id" else f"broken since {moment(at, language)}"
    return f"paling lambat {moment(at)}" if language == "id" else f"by {moment(at, language)}"


def _why(told: Told, refund: Refund, language: Language) -> str:
    """What the timeline notes beside the status that the letter tells of: a code of ours, or an officer's words."""
    status = told.kind.removeprefix("refund.")
    notes = [str(line.get("note") or "") for line in reversed(refund.timeline) if line["status"] == status]
    note = next((note for note in notes if not note.startswith("day_")), "")  # the day has a line of its own
    if note in NOTES:
        return NOTES[note][language]
    if note in TABLE:
        return TABLE[note].id if language == "id" else TABLE[note].en
    return " ".join(note.split())


def _links(told: Told) -> Iterator[tuple[str, str]]:
    if told.act is not None:
        yield "act", told.act
    if told.follow is not None:
        yield "follow", told.follow
    if told.kind in ("refund.awaiting_destination", "refund.offered", "mail.acknowledged"):
        yield "page", f"{told.page}/"
    if told.kind == "desk.milestone":
        yield "desk", f"{told.page}/desk/"


def _text(parts: list[Part]) -> str:
    lines: list[str] = []
    for part in parts:
        match part.kind:
            case "heading":
                lines += [part.text, "=" * len(part.text)]
            case "paragraph":
                lines += wrap(part.text, COLUMNS)
            case "facts":
                lines += [line for label, text in part.facts for line in _fact(label, text)]
            case "link":
                lines += [part.text, part.url]
            case "rule":
                lines += ["-" * COLUMNS]
        lines.append("")
    return "\n".join(lines)


def _fact(label: str, text: str) -> list[str]:
    return wrap(text, COLUMNS, initial_indent=f"{label:<10}: ", subsequent_indent=" " * 12)


def _html(parts: list[Part]) -> str:
    return (
        '<!doctype html><html lang="id"><head><meta charset="utf-8"></head>'
        '<body style="max-width:36em;margin:1em auto;font:1em/1.5 sans-serif">'
        + "".join(_markup(part) for part in parts)
        + "</body></html>"
    )


def _markup(part: Part) -> str:
    match part.kind:
        case "heading":
            return f"<h1 style='font-size:1.25em'>{escape(part.text)}</h1>"
        case "paragraph":
            return f"<p>{escape(part.text)}</p>"
        case "facts":
            rows = "".join(
                f"<tr><th align='left' valign='top'>{escape(label)}</th><td>{escape(text)}</td></tr>"
                for label, text in part.facts
            )
            return f"<table cellpadding='4'>{rows}</table>"
        case "link":
            return f"<p>{escape(part.text)}<br><a href='{escape(part.url)}'>{escape(part.url)}</a></p>"
        case "rule":
            return "<hr>"
