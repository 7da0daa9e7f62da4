"""The channel board as a page that is readable without a script: written beside `status.json`, in Indonesian and in English.

Like letters it is written where no browser is, so that its sentences stand here and not in web/. `web/page/status.js` only
takes the next page in the place of this one, and says nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from html import escape
from string import Template

from meterai.domain.board import PORTAL, ROAD, Board, Card, Hours, Stamps, State
from meterai.domain.instants import WIB, spell
from meterai.domain.rows import Announcement, Stock, Word

MONTHS = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")
DAYS = {
    "id": ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
Both = tuple[str, str]
"""A sentence in Indonesian and in English, as HTML."""

OWN: dict[str, Both] = {
    "portal": ("Meterai, portal ini", "this portal"),
    "issuer": ("Penerbit meterai", "issuer of stamps"),
    "timestamp": ("Stempel waktu", "timestamp authority"),
    "payment": ("Penyedia pembayaran", "payment provider"),
}
STAMPS: dict[Stamps, Both] = {
    "yes": ("Ada sekarang", "available now"),
    "likely": ("Mungkin ada", "likely available"),
    "later": ("Diterima, lalu menunggu", "orders taken, stamps later"),
    "no": ("Tidak sekarang", "not now"),
    "unknown": ("Belum diketahui", "not known"),
}
STATES: dict[State, Both] = {
    "up": ("Berjalan", "running"),
    "down": ("Terganggu", "disturbed"),
    "unknown": ("Belum diketahui", "not known"),
}
STOCKS: dict[Stock, Both] = {
    "ample": ("stok cukup", "stock ample"),
    "low": ("stok menipis", "stock low"),
    "none": ("stok habis", "out of stock"),
}
KINDS = {"yes": "good", "up": "good", "likely": "good", "later": "warn", "no": "bad", "down": "bad", "unknown": "plain"}
WELL: Both = ("Semua yang kami pakai berjalan.", "Everything that we lean on is running.")
DISTURBED: Both = (
    "Ada yang terganggu. Keping yang sudah dibayar tidak hilang, dan yang mengantre tetap mengantre.",
    "Something is disturbed. Paid pieces are not lost, and what is in line stays in line.",
)
LIKELY: Both = (
    "Pintunya menjawab, stoknya belum dikabarkan.",
    "Its door answers; nobody has told us of its stock.",
)
NO_NEWS: Both = ("Belum ada kabar dari sini.", "No news from here yet.")
CLOSED: Both = ("Sedang tutup.", "Closed now.")

PAGE = Template("""<!doctype html>
<html lang="id">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="description" content="Di mana meterai elektronik bisa didapat sekarang, dan apa yang sedang terganggu.">
  <meta name="theme-color" content="#f6f4ef" media="(prefers-color-scheme: light)">
  <meta name="theme-color" content="#10171d" media="(prefers-color-scheme: dark)">
  <title>Papan saluran · Meterai</title>
  <link rel="icon" href="/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/style.css">
  <script type="module" src="/page/status.js"></script>
</head>
<body>
  <a class="skip" href="#board">Langsung ke isi</a>
  <header class="top">
    <a class="brand" href="/"><img src="/icon.svg" alt="" width="32" height="32"> Meterai</a>
  </header>
  <main class="narrow" id="board" data-kept-at="$kept_at">
    <div class="column">
      <div><h1>Papan saluran</h1><p class="en" lang="en">Channel board</p></div>
      <div data-part="incident">$incident</div>
      <div role="status"><div class="says" data-part="summary" data-kind="$kind">$summary</div></div>
      <div data-part="written">$written</div>
      <div class="says" data-kind="warn" id="old" hidden>$old</div>
      <section class="card" aria-labelledby="places">
        <h2 id="places">Di mana meterai bisa didapat sekarang</h2>
        <p class="en" lang="en">Where a stamp can be had now</p>
        <ul class="board" data-part="places">$places</ul>
      </section>
      <section class="card" aria-labelledby="road">
        <h2 id="road">Yang dipakai portal ini</h2>
        <p class="en" lang="en">What this portal leans on</p>
        <ul class="board" data-part="road">$road</ul>
        <div data-part="line">$line</div>
      </section>
      <section class="card" aria-labelledby="dark">
        <h2 id="dark">Kalau semuanya gelap</h2>
        <p class="en" lang="en">When all is dark</p>
        <div>$dark</div>
      </section>
    </div>
  </main>
  <footer>
    <p class="small">Waktu ditulis dalam WIB. <a href="/status.json">status.json</a></p>
  </footer>
</body>
</html>
""")


def status_page(fallback_url: str) -> Callable[[Board], bytes]:
    """How a board is written as a page that names this fallback page; none where it is empty."""
    return lambda board: _page(board, fallback_url)


def _page(board: Board, fallback_url: str) -> bytes:
    return PAGE.substitute(
        kept_at=spell(board.kept_at),
        incident=_incident(board.said),
        kind="good" if board.well else "warn",
        summary=_both(WELL if board.well else DISTURBED),
        written=_both(_written(board.kept_at)),
        old=_both(
            (
                "Papan ini sudah lama tidak ditulis. Anggap semuanya belum diketahui.",
                "This board was not written for a while. Take all of it for not known.",
            )
        ),
        places="".join(_place(one, board.kept_at) for one in board.cards if one.kind not in ROAD),
        road="".join(_road(one) for one in board.cards if one.kind in ROAD),
        line="".join(_both(one) for one in _line(board)),
        dark=_both(_dark(fallback_url)),
    ).encode()


def _written(kept_at: datetime) -> Both:
    stamp = f'<time datetime="{spell(kept_at)}">{_at(kept_at, seconds=True)}</time>'
    return (
        f'Ditulis {stamp}<span id="age"></span>, setiap menit sekali. Bila itu lebih dari lima menit lalu, anggap semuanya '
        f'belum diketahui. <a href="/status">Muat ulang</a>',
        f"Written {_at(kept_at, seconds=True)}, every minute. If that is over five minutes ago, take all of it for not known.",
    )


def _incident(said: Announcement | None) -> str:
    if said is None or not said.incident:
        return ""
    text = (escape(said.incident["id"]), escape(said.incident["en"]))
    return f'<div class="says" data-kind="warn">{_both(text)}</div>'


def _line(board: Board) -> list[Both]:
    told = [
        (
            f"Dalam antrean: {_grouped(board.backlog, '.')} pembubuhan.",
            f"In line: {_grouped(board.backlog, ',')} stampings.",
        )
    ]
    if board.standing and board.standing.rate_p50 is not None:
        rate = board.standing.rate_p50
        told.append((f"Laju: sekitar {_grouped(rate, '.')} per jam.", f"Pace: some {_grouped(rate, ',')} an hour."))
    if board.said and board.said.back_at:
        at = _at(board.said.back_at)
        told.append((f"Diperkirakan pulih {at}.", f"Expected back {at}."))
    if board.said and board.said.deadline_at:
        at = _at(board.said.deadline_at)
        told.append((f"Batas waktu {at}.", f"Deadline {at}."))
    return told


def _dark(fallback_url: str) -> Both:
    here = (
        f' <a href="{escape(fallback_url)}">Halaman darurat</a>, di alamat lain, tetap dapat dibuka.'
        if fallback_url
        else ""
    )
    there = f' The <a href="{escape(fallback_url)}">emergency page</a>, elsewhere, stays open.' if fallback_url else ""
    return (
        f"Bila sistem meterai elektronik gagal, bea meterai boleh dibayar dengan Surat Setoran Pajak (PMK 134/2021).{here}",
        f"If the e-stamp system fails, the duty may be paid by tax payment slip (SSP; PMK 134/2021).{there}",
    )


def _place(card: Card, now: datetime) -> str:
    stamps = card.stamps or "unknown"
    told = [_heard(card)] if card.hour else []
    if card.wait_seconds is not None:
        minutes = -(-card.wait_seconds // 60)
        told.append((f"Menunggu sekitar {minutes} menit.", f"A wait of some {minutes} min."))
    if card.kind == PORTAL and card.pieces is not None:
        pieces = (_grouped(card.pieces, "."), _grouped(card.pieces, ","))
        told.append((f"Masih dapat dijual: {pieces[0]} keping.", f"Still for sale: {pieces[1]}."))
    if card.word:
        told.append(_said(card.word, old=card.word_is_old))
    if card.hours:
        told.append(_open(card.hours))
        if not card.hours.holds(now):
            told.append(CLOSED)
    if stamps == "likely" and card.kind != PORTAL:
        told.append(LIKELY)
    return _item(card, STAMPS[stamps], KINDS[stamps], told or [NO_NEWS])


def _road(card: Card) -> str:
    told = [_heard(card)] if card.hour else []
    if card.pieces is not None:
        told.append((f"Stok: {_grouped(card.pieces, '.')} keping.", f"In stock: {_grouped(card.pieces, ',')}."))
    return _item(card, STATES[card.state], KINDS[card.state], told or [NO_NEWS])


def _item(card: Card, tag: Both, kind: str, told: list[Both]) -> str:
    name = escape(OWN[card.id][0] if card.id in OWN else card.label)
    beside = f' <span class="en" lang="en">{OWN[card.id][1]}</span>' if card.id in OWN else ""
    if card.page and card.kind != PORTAL:
        name = f'<a href="{escape(card.page)}" rel="noreferrer">{name}</a>'
    said = "".join(f"<div>{_both(one)}</div>" for one in told)
    label = f'<span class="tag" data-kind="{kind}">{tag[0]} <span lang="en">· {tag[1]}</span></span>'
    return f'<li id="{escape(card.id)}"><h3>{name}{beside}</h3><p>{label}</p>{said}</li>'


def _heard(card: Card) -> Both:
    if card.hour is None or card.checked_at is None:
        return NO_NEWS
    percent, at = f"{card.hour.success_rate:.0%}", _at(card.checked_at)
    here, there = (
        f"{at}: {percent.replace('%', ' %')} pemeriksaan dalam sejam terakhir dijawab",
        f"{at}: {percent} of the last hour's probes",
    )
    if card.hour.answer_ms is None:
        return f"Diperiksa {here}.", f"Probed {there} answered."
    seconds = f"{card.hour.answer_ms / 1000:.2f}"
    return (
        f"Diperiksa {here}, biasanya dalam {seconds.replace('.', ',')} detik.",
        f"Probed {there} answered, usually within {seconds} s.",
    )


def _said(word: Word, *, old: bool) -> Both:
    by = escape(word.by)
    here = ["melayani" if word.says == "up" else "tidak melayani"]
    there = ["serving" if word.says == "up" else "not serving"]
    if word.stock:
        here.append(STOCKS[word.stock][0])
        there.append(STOCKS[word.stock][1])
    over = (
        (" Kabar ini sudah lewat waktunya, jadi tidak dihitung.", " This is old news and does not count.")
        if old
        else ("", "")
    )
    return (
        f"Kabar dari {by}, {_at(word.said_at)}: {', '.join(here)}.{over[0]}",
        f"{by} said, {_at(word.said_at)}: {', '.join(there)}.{over[1]}",
    )


def _open(hours: Hours) -> Both:
    days = {language: ", ".join(names[int(day) - 1] for day in sorted(hours.days)) for language, names in DAYS.items()}
    opens, closes = hours.opens.replace(":", "."), hours.closes.replace(":", ".")
    return (
        f"Buka {opens} sampai {closes} WIB: {days['id']}.",
        f"Open {hours.opens} to {hours.closes} WIB: {days['en']}.",
    )


def _both(sentence: Both) -> str:
    return f'<p>{sentence[0]}</p><p class="en" lang="en">{sentence[1]}</p>'


def _at(instant: datetime, *, seconds: bool = False) -> str:
    there = instant.astimezone(WIB)
    time = there.strftime("%H.%M.%S" if seconds else "%H.%M")
    return f"{there.day} {MONTHS[there.month - 1]} {there.year} {time} WIB"


def _grouped(number: int, mark: str) -> str:
    return f"{number:,}".replace(",", mark)
