"""The page behind the QR of a stamp, `/v/{serial}`, readable without a script: what the register says of one serial number.

Like the status page it is written where no browser is, so that its sentences stand here and not in web/. With a script
(`web/page/serial.js`) a file can be checked on it as well. It says no more than `GET /v1/serials/{serial}` does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from html import escape
from string import Template
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response

from meterai.domain.errors import Missing, Refusal, SerialMistyped
from meterai.domain.serial import spelled
from meterai.domain.verdict import Affixed
from meterai.runtime import problems
from meterai.runtime.letters import moment
from meterai.runtime.problems import Language
from meterai.runtime.shown import SerialShown

KEPT_SECONDS = 60
"""How long a page of an affixed stamp may be handed on: an affixed stamp stays one. Every other answer is kept by nobody."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the page says of a number in one state, in one language: how it stands, and what its reader does next."""

    kind: str
    stands: str
    do: str


AFFIXED: dict[Language, Said] = {
    "id": Said(
        "good",
        "Nomor seri ini tercatat sudah dibubuhkan.",
        "Nomor yang tercatat belum membuktikan berkas di tangan Anda: gambar dan kode QR dapat disalin. "
        "Periksa berkasnya juga.",
    ),
    "en": Said(
        "good",
        "This serial number is recorded as affixed.",
        "A recorded number does not prove the file you hold: pictures and QR codes can be copied. Check the file too.",
    ),
}
UNKNOWN: dict[Language, Said] = {
    "id": Said(
        "bad",
        "Nomor seri ini tidak tercatat sudah dibubuhkan. Meterai dengan nomor ini jangan diterima.",
        "Cocokkan dulu 22 huruf dan angkanya, atau pindai ulang kode QR-nya. Bila tetap begini, nomor itu belum atau batal "
        "dibubuhkan, atau bukan dari kami. Mintalah berkas PDF aslinya, lalu periksa berkas itu.",
    ),
    "en": Said(
        "bad",
        "This serial number is not recorded as affixed. Do not accept a stamp with this number.",
        "Compare its 22 letters and digits first, or scan the QR code again. If it stays like this, the number was not "
        "affixed, or was cancelled, or is not ours. Ask for the original PDF file, and check that file.",
    ),
}
MISTYPED: dict[Language, Said] = {
    "id": Said(
        "bad",
        "Nomor seri ini salah ketik.",
        "Nomor seri terdiri atas 22 huruf dan angka. Periksa lagi, terutama 0 dan O, 1 dan I, atau pindai ulang kode QR-nya. "
        "Bila dari kode QR-nya pun begini, meterainya jangan diterima.",
    ),
    "en": Said(
        "bad",
        "This serial number is mistyped.",
        "A serial number has 22 letters and digits. Look again, above all at 0 and O, 1 and I, or scan the QR code again. "
        "If it comes from the QR code like this, do not accept the stamp.",
    ),
}
BUSY: dict[Language, Said] = {
    "id": Said(
        "warn",
        "Daftar sedang sibuk, jadi nomor ini belum dapat dilihat. Itu tidak berarti apa-apa tentang meterainya.",
        "Tidak ada yang hilang. Tunggu sebentar, lalu muat ulang halaman ini.",
    ),
    "en": Said(
        "warn",
        "The register is busy, so this number could not be looked up yet. That says nothing about the stamp.",
        "Nothing is lost. Wait a moment, then load this page again.",
    ),
}
WORDS: dict[Language, dict[str, str]] = {
    "id": {
        "title": "Nomor seri meterai",
        "about": "Yang tercatat tentang satu nomor seri meterai elektronik, dan pemeriksaan berkasnya.",
        "languages": "Bahasa",
        "skip": "Langsung ke isi",
        "state": "Menurut daftar",
        "affixed": "Dibubuhkan",
        "issuer": "Penerbit",
        "type": "Jenis dokumen",
        "size": "Ukuran berkas",
        "hash": "Awal sidik berkas (SHA-256)",
        "own": "layanan ini",
        "untold": "tidak disebut",
        "again": "Muat ulang",
        "verify": "Periksa berkasnya",
        "note": "Hanya berkas PDF asli yang dapat terbukti asli. Dari foto atau hasil pindai kami baca kode QR-nya, lalu "
        "catatannya dibandingkan.",
        "elsewhere": "Periksa berkas di halaman utama",
        "file": "Berkas PDF, foto, atau hasil pindai",
        "choose": "Ketuk untuk memilih berkas",
        "try": "Coba sekarang",
    },
    "en": {
        "title": "Serial number of a stamp",
        "about": "What is recorded of one serial number of an electronic stamp, and the check of its file.",
        "languages": "Language",
        "skip": "Skip to the content",
        "state": "In the register",
        "affixed": "Affixed",
        "issuer": "Issuer",
        "type": "Kind of document",
        "size": "Size of the file",
        "hash": "The file's hash begins with (SHA-256)",
        "own": "this service",
        "untold": "not said",
        "again": "Load again",
        "verify": "Check the file",
        "note": "Only an original PDF can be shown to be genuine. Of a photo or scan we read the QR code and compare its "
        "record.",
        "elsewhere": "Check a file on the main page",
        "file": "PDF file, photo or scan",
        "choose": "Tap to choose a file",
        "try": "Try now",
    },
}

PAGE = Template("""<!doctype html>
<html lang="$language" data-only="$language">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="robots" content="noindex">
  <meta name="description" content="$about">
  <meta name="theme-color" content="#f6f4ef" media="(prefers-color-scheme: light)">
  <meta name="theme-color" content="#10171d" media="(prefers-color-scheme: dark)">
  <title>$heading · Meterai</title>
  <link rel="icon" href="/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/style.css">
  <script type="module" src="/page/serial.js"></script>
</head>
<body>
  <a class="skip" href="#register">$skip</a>
  <header class="top">
    <a class="brand" href="/"><img src="/icon.svg" alt="" width="32" height="32"> Meterai</a>
    <div class="languages" role="group" aria-label="$languages">
      <a href="?lang=id" hreflang="id" lang="id" aria-label="ID, bahasa Indonesia"$is_id>ID</a>
      <a href="?lang=en" hreflang="en" lang="en" aria-label="EN, English"$is_en>EN</a>
    </div>
  </header>
  <main class="narrow" id="register">
    <div class="column">
      <h1>$title</h1>
      <p class="serial large" id="serial"$unformed>$serial</p>

      <section class="card" aria-labelledby="state-title">
        <h2 id="state-title">$state</h2>
        <p class="says" id="serial-says" role="status" data-kind="$kind">$stands</p>
        $facts<p>$do</p>$again
      </section>

      <section class="card" id="verifying" aria-labelledby="verifying-title">
        <h2 id="verifying-title" tabindex="-1">$verify</h2>
        <p id="verify-elsewhere"><a class="main" href="/#verifying">$elsewhere</a></p>
        <label class="file" for="verify-file" id="verify-here" hidden><span>$file</span>
          <span class="chosen" id="verify-file-name">$choose</span>
          <input id="verify-file" type="file" accept="application/pdf,.pdf,image/png,image/jpeg" aria-describedby="verify-note">
        </label>
        <p class="small" id="verify-note">$note</p>
        <p class="says" id="same-says" role="status"></p>
        <p class="says" id="verify-says" role="status"></p>
        <div id="verdict" aria-live="polite"></div>
      </section>
    </div>
  </main>
  <div class="banner" id="banner" role="alert" hidden>
    <p id="banner-says"></p>
    <button type="button" class="quiet" id="try-now">$try</button>
  </div>
</body>
</html>
""")


class SerialPage:
    """Writes the page. `uploads` gives the origin that takes files which are too large for the API, for the script."""

    def __init__(self, uploads: Callable[[], str]) -> None:
        self._uploads = cache(uploads)

    def shown(self, affixed: Affixed, language: str | None) -> Response[str]:
        """The page of an affixed stamp."""
        found, wanted = SerialShown.of(affixed), _language(language)
        page = _page(wanted, AFFIXED[wanted], serial=found.serial, facts=_facts(found, wanted))
        return self._answer(200, page, {"Cache-Control": f"public, max-age={KEPT_SECONDS}"})

    def refused(self, app: APIGatewayRestResolver, refusal: Refusal) -> Response[str]:
        """The page where there is nothing to show. What was asked for is repeated if it has the form of a serial, and else not
        at all: nobody writes a sentence of theirs onto it."""
        event = app.current_event
        wanted = _language((event.query_string_parameters or {}).get("lang"))
        serial = _formed(unquote(event.path).rpartition("/")[2])
        if refusal.retryable:
            wait = refusal.facts.get("retry_after") or problems.RETRY_AFTER_SECONDS
            page = _page(wanted, BUSY[wanted], serial=serial, again=True)
            return self._answer(problems.TABLE[refusal.code].status, page, {"Retry-After": str(wait)})
        unknown = isinstance(refusal, Missing) and serial
        return self._answer(404, _page(wanted, (UNKNOWN if unknown else MISTYPED)[wanted], serial=serial), {})

    def _answer(self, status: int, page: str, headers: dict[str, str]) -> Response[str]:
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
            f"connect-src 'self' {self._uploads()}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        shields = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex",
        }
        return Response(
            status_code=status, content_type="text/html; charset=utf-8", body=page, headers={**shields, **headers}
        )


def _language(asked: str | None) -> Language:
    return "en" if asked == "en" else "id"


def _formed(text: str) -> str:
    """What was asked for in the one spelling of a serial; empty where it has not even its form."""
    try:
        return spelled(text)
    except SerialMistyped:
        return ""


def _page(language: Language, said: Said, *, serial: str, facts: str = "", again: bool = False) -> str:
    words = WORDS[language]
    reload = f'\n        <p><a href="?lang={language}">{words["again"]}</a></p>' if again else ""
    return PAGE.substitute(
        words,
        language=language,
        heading=serial or words["title"],
        is_id=' aria-current="true"' if language == "id" else "",
        is_en=' aria-current="true"' if language == "en" else "",
        serial=serial,
        unformed="" if serial else " hidden",
        kind=said.kind,
        stands=said.stands,
        do=said.do,
        facts=facts,
        again=reload,
    )


def _facts(found: SerialShown, language: Language) -> str:
    words = WORDS[language]
    rows = "".join(
        f"\n          <dt>{words[label]}</dt> <dd{attributes}>{escape(text)}</dd>"
        for label, attributes, text in _rows(found, words, language)
    )
    return f'<dl class="facts" id="serial-facts">{rows}\n        </dl>\n        '


def _rows(found: SerialShown, words: dict[str, str], language: Language) -> Iterator[tuple[str, str, str]]:
    """Each fact: the name of its label, its element's attributes, its text."""
    yield "affixed", ' id="affixed-at"', _moment(found.affixed_at, language) or words["untold"]
    yield "issuer", ' id="issuer"', words["own"] if found.issuer == "own" else found.issuer
    yield "type", ' id="document-type"', found.document_type or words["untold"]
    yield "size", ' id="document-size"', _size(found.document_size, language) or words["untold"]
    starts = found.document_sha256_starts
    in_fours = " ".join(starts[at : at + 4] for at in range(0, len(starts), 4))
    yield "hash", f' class="serial" id="hash-starts" data-starts="{escape(starts)}"', f"{in_fours} …"


def _moment(at: datetime | None, language: Language) -> str:
    return moment(at, language) if at else ""


def _size(count: int | None, language: Language) -> str:
    """Bytes as people say them: whole KB of 1,000, from a million on MB with one decimal."""
    if count is None:
        return ""
    if count < 1_000_000:
        return f"{max(1, round(count / 1_000))} KB"
    text = f"{count / 1_000_000:.1f}".removesuffix(".0")
    return f"{text if language == 'en' else text.replace('.', ',')} MB"
