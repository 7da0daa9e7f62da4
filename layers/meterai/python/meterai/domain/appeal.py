"""Surat permohonan: what a person's mail about a refund says, read from free Indonesian. Nothing of it is proof of anything.

The portal's rule (docs/glossary.md, policy A): the subject `CASN-Pengajuan Pembatalan Pembelian meterai-elektronik.com`, and in
the text a telephone number, a name, what is left of the quota, and the invoice's number. People write it as they can.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

SUBJECT = "CASN-Pengajuan Pembatalan Pembelian meterai-elektronik.com"
MOST_INVOICES = 5
"""Requests that one mail makes at most, one an invoice (rule 2 knows one invoice, whole)."""
MOST_TEXT = 100_000
_MOST_SUBJECT = 500

_GIVE_BACK = ("pembatalan", "batal", "batalkan", "membatalkan", "dibatalkan", "pengembalian", "refund", "cancel")
_STAMP = ("meterai", "materai", "emeterai", "ematerai", "emet")
_OTHER_WORDS = frozenset({"pembatasan", "pembatas", "material", "materi"})
"""Words of another meaning, a letter or two from ours."""
_PREFIX = re.compile(
    r"\s*(?:re|fwd?|bls|balas|trs|terusan|teruskan|aw|wg|vs|sv)\s*(?:\[\d{1,3}\]|\(\d{1,3}\))?\s*:", re.I
)
_LABEL = re.compile(r"\s*\[[^\[\]]{1,40}\]")
_WORD = re.compile(r"[a-z0-9]+")


def asks_refund(subject: str) -> bool:
    """Whether a subject means the portal's: a word for giving back and one for stamps, each as people misspell them; or all of
    it with its spaces lost. Prefixes of answers and forwards, case, dashes and the rest of the words are passed over."""
    words = _WORD.findall(_plain(subject))
    if any(_is_one_of(word, _GIVE_BACK) for word in words) and any(_is_one_of(word, _STAMP) for word in words):
        return True
    glued, wanted = "".join(words), "".join(_WORD.findall(SUBJECT.casefold()))
    return abs(len(glued) - len(wanted)) <= 6 and _distance(glued, wanted, 6) <= 6


def bare_subject(subject: str) -> str:
    """The subject without the prefixes and labels that mail programs put before it."""
    text = _spaced(subject[:_MOST_SUBJECT])
    while found := _PREFIX.match(text) or _LABEL.match(text):
        text = text[found.end() :]
    return text.strip()


def _plain(subject: str) -> str:
    return re.sub(r"[-_]", " ", bare_subject(subject)).casefold()


def _spaced(text: str) -> str:
    """NFKC, every kind of dash and space the plain one, what cannot be seen left out."""
    folded = unicodedata.normalize("NFKC", text)
    kinds = ((letter, unicodedata.category(letter)) for letter in folded)
    plain = ("-" if kind == "Pd" or letter == "\u2212" else letter for letter, kind in kinds if kind != "Cf")
    return "".join(letter if letter == "\n" or not letter.isspace() else " " for letter in plain)


def _is_one_of(word: str, meant: tuple[str, ...]) -> bool:
    if word in _OTHER_WORDS:
        return False
    return any(word == one or _distance(word, one, _slips(one)) <= _slips(one) for one in meant)


def _slips(word: str) -> int:
    """How many letters may be wrong, missing, too many or swapped."""
    return 2 if len(word) >= 9 else 1 if len(word) >= 6 else 0


def _distance(one: str, other: str, most: int) -> int:
    """How many letters lie between two words (optimal string alignment); `most` + 1 when it is more than `most`."""
    if abs(len(one) - len(other)) > most or len(one) > 200:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, its in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != its))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == its:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]


# The text ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """What a mail's text says: a telephone number (+62...), a name, how many pieces are left, the invoices (`inv_...`), at most
    MOST_INVOICES of them, and whether there were more."""

    phone: str | None
    name: str | None
    quota: int | None
    invoices: tuple[str, ...]
    more: bool


_INVOICE_WORD = r"(?:invoice|invoce|invois|tagihan|faktur)"
_CODE = r"(?:[0-9A-Za-z][ \t\r\n-]{0,2}){25}[0-9A-Za-z]"
_BY_PREFIX = re.compile(rf"(?<![0-9A-Za-z])inv[\s_:.#-]{{0,3}}({_CODE})(?![0-9A-Za-z])", re.I)
_BY_LABEL = re.compile(
    rf"{_INVOICE_WORD}[^\n:=]{{0,30}}[:=]?[ \t]*\n?[ \t]*(?<![0-9A-Za-z_])({_CODE})(?![0-9A-Za-z])", re.I
)
_READ_AS = str.maketrans("OIL", "011")
"""Letters that Crockford's base 32 leaves out because they are read as these digits."""
_CROCKFORD = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_PHONE_LABEL = (
    r"(?:hp|h\.p\.|handphone|hanphone|ponsel|telepon|telpon|telephone|telp|tlp|telf|wa|whatsapp|phone|kontak)"
)
_DIGITS = r"(\+?\(?\d[\d ().-]{6,20}\d)"
_BY_PHONE_LABEL = re.compile(rf"(?<![a-z]){_PHONE_LABEL}(?![a-z])[^\d\n+]{{0,30}}{_DIGITS}", re.I)
_MOBILE = re.compile(r"(?<![\d+])((?:\+?62|0)[ .-]?8\d(?:[ .-]?\d){7,10})(?!\d)")
_NAME = re.compile(
    r"^[\s>*•\d.)-]{0,12}(?:nama|name)(?:[ \t]+(?:lengkap|pemohon|pembeli|pelapor|saya|akun|sesuai ktp)){0,2}[ \t]*[:=][ \t]*"
    r"([^\n]{2,80})",
    re.I | re.M,
)
_INTRODUCED = re.compile(r"(?:perkenalkan|nama saya|saya bernama)[ \t,]+(?:nama saya[ \t]+)?([A-Za-z'. ]{2,60})", re.I)
_NUMBER = {
    "nol": 0, "kosong": 0, "habis": 0, "satu": 1, "dua": 2, "tiga": 3, "empat": 4, "lima": 5, "enam": 6, "tujuh": 7,
    "delapan": 8, "sembilan": 9, "sepuluh": 10,
}  # fmt: skip
_LEFT = re.compile(
    rf"(?:sisa|tersisa|kuota|quota|saldo)[^\d\n]{{0,40}}?(\d{{1,4}}|\b(?:{'|'.join(_NUMBER)})\b)(?!\d)", re.I
)


def said(text: str) -> Said:
    """Read a mail's text. Never raises; what is not there is None."""
    text = _spaced(text[:MOST_TEXT])
    found = _invoices(text)
    return Said(
        phone=_phone(text),
        name=_name(text),
        quota=_left(text),
        invoices=found[:MOST_INVOICES],
        more=len(found) > MOST_INVOICES,
    )


def _invoices(text: str) -> tuple[str, ...]:
    """Invoice ids in the order in which they are named, however they were copied: in lower case, with spaces, broken over
    lines, without their prefix but after a word for invoice."""
    places = [(found.start(1), found[1]) for found in _BY_PREFIX.finditer(text)]
    places += [
        (found.start(1), found[1]) for found in _BY_LABEL.finditer(text) if len(re.findall(r"\d", found[1])) >= 2
    ]
    codes = (re.sub(r"[\s-]", "", written).upper().translate(_READ_AS) for _, written in sorted(places))
    return tuple(dict.fromkeys(f"inv_{code}" for code in codes if _CROCKFORD.fullmatch(code)))


def _phone(text: str) -> str | None:
    for pattern in (_BY_PHONE_LABEL, _MOBILE):
        for found in pattern.finditer(text):
            digits = re.sub(r"\D", "", found[1])
            national = digits.removeprefix("62") if digits.startswith("62") else digits.removeprefix("0")
            if 8 <= len(national) <= 12 and national.isascii():
                return f"+62{national}"
    return None


def _name(text: str) -> str | None:
    for pattern in (_NAME, _INTRODUCED):
        if found := pattern.search(text):
            name = re.split(r"[,;(|<]|\s{3,}|\s+(?:dengan|mau|ingin|mengajukan|dari|no|nomor)\b", found[1], maxsplit=1)[
                0
            ]
            name = " ".join(name.split()).strip(" .*_-")
            if 2 <= len(name) <= 60 and not re.search(r"[\d@/\\]", name):
                return name
    return None


def _left(text: str) -> int | None:
    found = _LEFT.search(text)
    if found is None:
        return None
    number = _NUMBER.get(found[1].lower())
    return int(found[1]) if number is None else number
