"""The simulator's page: one payment and what a customer may do with it. Plain Indonesian, works without script."""

from __future__ import annotations

from html import escape

from local.paysim.book import ProviderName, Status, Transaction
from local.paysim.provider import Action

_STATES: dict[Status, str] = {
    "pending": "menunggu pembayaran",
    "settlement": "lunas",
    "deny": "ditolak",
    "expire": "kedaluwarsa",
    "refund": "dikembalikan seluruhnya",
    "partial_refund": "dikembalikan sebagian",
}
_BUTTONS: dict[Action, str] = {
    "settle": "Bayar",
    "deny": "Tolak pembayaran",
    "expire": "Biarkan kedaluwarsa",
    "settle_late": "Bayar terlambat",
    "settle_twice": "Bayar dua kali",
}
_PROVIDERS: dict[ProviderName, str] = {"midtrans": "Midtrans", "xendit": "Xendit"}
_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem}"
    "dt{font-weight:600}dd{margin:0 0 .5rem;overflow-wrap:anywhere}img{width:14rem;height:14rem}"
    "button{display:block;width:100%;min-height:2.75rem;margin:.5rem 0;font:inherit}"
)


def payment_page(transactions: list[Transaction], allowed: list[Action], sentence: str = "") -> str:
    """The page of one order. `allowed` are the actions that its state allows; `sentence` says what just happened."""
    first = transactions[0]
    amount = f"{first.charged_idr:,}".replace(",", ".")
    rows = "".join(
        f"<dt>Pembayaran {each.rank + 1}</dt>"
        f"<dd>{escape(_STATES[each.status])}, {escape(each.gross_amount)} {escape(each.currency)}"
        f"<br><small>{escape(each.transaction_id)}</small></dd>"
        for each in transactions
    )
    buttons = "".join(
        f'<button name="action" value="{action}"{"" if action in allowed else " disabled"}>{label}</button>'
        for action, label in _BUTTONS.items()
    )
    image = (
        f'<p><img alt="Kode QRIS simulasi" src="/simulate/{escape(first.order_id)}/qr-code"></p>'
        if first.qr_string
        else f"<p>Nomor virtual account: <strong>{escape(first.va_number or '')}</strong></p>"
    )
    return _document(
        f"{f'<p role=status><strong>{escape(sentence)}</strong></p>' if sentence else ''}"
        f"<dl><dt>Penyedia</dt><dd>{_PROVIDERS[first.provider]}</dd>"
        f"<dt>Nomor pesanan</dt><dd>{escape(first.order_id)}</dd>"
        f"<dt>Jumlah</dt><dd>Rp{amount}</dd>{rows}</dl>{image}"
        f'<form method="post">{buttons}</form>'
    )


def missing_page() -> str:
    return _document("<p>Pesanan ini tidak dikenal.</p>")


def _document(body: str) -> str:
    return (
        '<!doctype html><html lang="id"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><title>Simulator pembayaran</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>Simulator pembayaran</h1>"
        f"<p>Hanya simulasi: tidak ada uang yang berpindah.</p>{body}</main></body></html>"
    )
