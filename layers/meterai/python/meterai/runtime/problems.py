"""Every refusal as HTTP: one table of statuses and sentences, and RFC 9457 problems made from it.

Sentences that tell a person what to do next live in web/, by the same codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from meterai.domain.errors import Busy, Mender, Refusal, every_refusal

Language = Literal["id", "en"]


@dataclass(frozen=True, slots=True)
class Answer:
    """How one code is told: HTTP status, and its title in both languages."""

    status: int
    id: str
    en: str


TABLE: dict[str, Answer] = {
    "request_invalid": Answer(400, "Permintaan tidak dapat dibaca", "The request could not be read"),
    "idempotency_key_missing": Answer(400, "Idempotency-Key tidak disertakan", "Idempotency-Key is missing"),
    "idempotency_key_reused": Answer(
        422, "Idempotency-Key sudah dipakai untuk permintaan lain", "Idempotency-Key was used for another request"
    ),
    "request_too_large": Answer(413, "Permintaan terlalu besar", "The request is too large"),
    "media_type_unsupported": Answer(415, "Jenis isi tidak didukung", "The media type is not supported"),
    "method_not_allowed": Answer(405, "Metode tidak didukung", "The method is not supported"),
    "token_invalid": Answer(401, "Token tidak berlaku", "The token is not valid"),
    "scope_missing": Answer(403, "Token ini tidak memuat hak untuk tindakan itu", "The token lacks the scope for this"),
    "not_found": Answer(404, "Tidak ditemukan", "Not found"),
    "rate_limited": Answer(429, "Terlalu cepat", "Too fast"),
    "busy": Answer(503, "Sedang sibuk, tidak ada yang hilang", "Busy, and nothing is lost"),
    "quota_exhausted": Answer(409, "Kuota meterai habis", "No stamp is left in the quota"),
    "invoice_not_paid": Answer(409, "Tagihan belum dibayar", "The invoice is not paid"),
    "sold_out": Answer(503, "Terjual habis untuk tenggat ini", "Sold out: no more can be applied before the deadline"),
    "invoice_not_open": Answer(409, "Tagihan tidak menunggu pembayaran", "The invoice does not await payment"),
    "payment_mismatch": Answer(409, "Pembayaran tidak cocok dengan tagihan", "The payment does not match the invoice"),
    "notification_forged": Answer(
        401, "Tanda tangan pemberitahuan tidak cocok", "The notification's signature is wrong"
    ),
    "payment_provider_unavailable": Answer(
        503, "Penyedia pembayaran sedang terganggu", "The payment provider is unavailable"
    ),
    "document_not_ready": Answer(409, "Dokumen belum selesai diunggah", "The document has not been uploaded yet"),
    "document_in_use": Answer(409, "Dokumen masih dipakai pembubuhan", "A stamping still needs the document"),
    "document_too_large": Answer(413, "Dokumen terlalu besar", "The document is too large"),
    "document_too_complex": Answer(
        422, "Dokumen terlalu rumit untuk diperiksa", "The document is too complex to examine"
    ),
    "document_encrypted": Answer(422, "Dokumen terkunci kata sandi", "The document is encrypted"),
    "document_certified": Answer(
        422, "Dokumen sudah dikunci penandatangannya", "Its signer closed the document to further changes"
    ),
    "document_signed": Answer(422, "Dokumen bertanda tangan tidak diubah", "A signed document is never rewritten"),
    "document_too_many_pages": Answer(422, "Halaman dokumen terlalu banyak", "The document has too many pages"),
    "document_unreadable": Answer(422, "Dokumen tidak dapat dibaca sebagai PDF", "The document cannot be read as PDF"),
    "document_altered": Answer(
        422, "Dokumen berubah setelah dibubuhi meterai", "The document was altered after it was stamped"
    ),
    "placement_off_page": Answer(422, "Meterai keluar dari halaman", "The stamp would leave the page"),
    "placement_too_small": Answer(422, "Meterai terlalu kecil untuk dipindai", "The stamp would be too small to scan"),
    "already_stamped": Answer(409, "Dokumen sudah bermeterai", "The document is already stamped"),
    "stamp_in_progress": Answer(409, "Masih ada pembubuhan yang berjalan", "A stamping is still under way"),
    "stamping_cancelled": Answer(409, "Pembubuhan dibatalkan pemiliknya", "Its owner cancelled the stamping"),
    "serial_mistyped": Answer(422, "Nomor seri salah ketik", "The serial number is mistyped"),
    "timestamp_unavailable": Answer(503, "Otoritas waktu sedang terganggu", "The timestamp authority is unavailable"),
    "refund_window_closed": Answer(409, "Batas waktu pengajuan sudah lewat", "The time to ask for a refund has passed"),
    "refund_whole_invoice_only": Answer(
        409, "Hanya satu tagihan utuh yang dapat dikembalikan", "Only a whole invoice can be refunded"
    ),
    "refund_quota_insufficient": Answer(
        409, "Sisa kuota kurang dari jumlah di tagihan", "Less quota is left than the invoice bought"
    ),
    "refund_already_requested": Answer(409, "Pengembalian sudah diajukan", "A refund has already been requested"),
    "refund_not_cancellable": Answer(
        409, "Pengembalian tidak dapat dibatalkan lagi", "The refund can no longer be cancelled"
    ),
    "refund_not_awaiting_decision": Answer(
        409, "Pengembalian tidak menunggu keputusan", "The refund does not await a decision"
    ),
    "refund_not_awaiting_destination": Answer(
        409, "Pengembalian tidak menunggu rekening tujuan", "The refund does not await a destination"
    ),
    "refund_not_awaiting_payout": Answer(
        409, "Pengembalian tidak menunggu pencairan", "The refund does not await a payout"
    ),
    "same_officer": Answer(
        403, "Penyetuju dan pembayar harus orang yang berbeda", "Who approves a payout is never who pays it"
    ),
    "destination_checks_spent": Answer(
        409, "Terlalu banyak rekening dicoba", "Too many accounts were tried for this refund"
    ),
    "destination_mismatch": Answer(
        422, "Nama pemilik rekening tidak cocok", "The account holder's name does not match"
    ),
    "destination_unknown": Answer(422, "Rekening tujuan tidak dikenal bank", "The bank does not know the account"),
    "contact_unverified": Answer(409, "Alamat e-mail belum dikonfirmasi", "The e-mail address is not verified"),
    "link_invalid": Answer(403, "Tautan tidak berlaku lagi", "The link is no longer valid"),
}

RETRY_AFTER_SECONDS = 2


def problem(refusal: Refusal, *, language: Language, instance: str, request_id: str) -> dict[str, Any]:
    """The problem document (RFC 9457) of a refusal: `type, title, status, detail, instance` and our own members."""
    answer = TABLE[refusal.code]
    errors = [{"pointer": refusal.pointer, "detail": refusal.detail}] if refusal.pointer else []
    return {
        "type": f"/problems.html#{refusal.code}",
        "title": answer.id if language == "id" else answer.en,
        "status": answer.status,
        "detail": refusal.detail or answer.en,
        "instance": instance,
        "code": refusal.code,
        "errors": errors,
        "retryable": refusal.retryable,
        "request_id": request_id,
        **{name: value for name, value in refusal.facts.items() if value is not None},
    }


def menders() -> dict[str, Mender]:
    """Who can mend each code: the caller's program, the person, or us."""
    return {kind.code: kind.mender for kind in every_refusal()}


UNEXPECTED = Busy
"""What an exception that nobody foresaw is told as: nothing of it reaches the answer, all of it reaches the log."""
