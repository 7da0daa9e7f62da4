"""Pemilik rekening: whether the name that a person typed is the name that a bank has for an account.

The name is asked so that a mistyped number never sends money to a stranger. A doubt is a no: whoever is told so types the
name as the bank writes it, which always passes. Letters decide; case, width, accents, spaces and punctuation do not. Beyond
that, four habits are known and nothing else is:

- titles and degrees before and after a name (H., Hj., Dr., S.H., ...) may be on one side alone;
- Moh., Muh., Abd. and their like are the words they shorten;
- one letter stands for a word that begins with it;
- a bank's field is short: a name of 20 to 35 characters may end in the middle of a word.

The last two only beside two whole words that agree: "B. Santoso" is nobody in particular. Order and number of the words must
agree: half a name is another person's. A name that a bank masks is no name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

CUT_AT = range(20, 36)
"""How many characters a name that a bank cut has: fields of 20 to 35 are in use."""
WHOLE_WORDS = 2
"""How many words must agree letter by letter before an initial or a beginning is believed."""
LEAST_LETTERS = 2

_BEFORE = frozenset(
    re.findall(
        r"\w+",
        "BAPAK BPK DR DRA DRG DRH DRS H HAJI HAJJAH HJ IBU IR KH NN NONA NY NYONYA PROF R RA RM RR SDR SDRI TN TUAN",
    )
)
_AFTER = frozenset(
    re.findall(
        r"\w+",
        "AMD AMDKEB AMDKEP BSC LLB LLM MBA MENG MH MHUM MIKOM MKES MKN MKOM MM MPD MSC MSI MSN MT PHD SAG SAP SARS SE "
        "SFARM SH SHUM SIKOM SIP SKED SKEP SKG SKH SKM SKOM SPD SPDI SPSI SPT SSI SSN SSOS SST ST STP STR STRKEB STRKEP",
    )
)
_AFTER_A_MARK = frozenset({"AK", "APT", "BA", "CA", "CFP", "CPA", "LC", "MA", "MAG", "MD", "NERS", "NS", "SP", "SPA"})
"""Degrees that are words of names too: they are degrees behind a comma or with their points alone."""
_SHORT_FOR = {
    "MOH": ("MOHAMAD", "MOHAMMAD", "MOHAMED", "MOHAMMED"),
    "MOCH": ("MOCHAMAD", "MOCHAMMAD"),
    "MUH": ("MUHAMAD", "MUHAMMAD", "MUHAMMED"),
    "MUCH": ("MUCHAMAD", "MUCHAMMAD"),
    "MHD": ("MUHAMAD", "MUHAMMAD", "MOHAMAD", "MOHAMMAD"),
    "ABD": ("ABDUL",),
    "ACH": ("ACHMAD",),
}
_MASKED = re.compile(r"[*#?•●]|x{3,}", re.IGNORECASE)
_APOSTROPHES = re.compile("['`\u00b4\u2018\u2019\u02bc]")

Words = tuple[str, ...]


def same_holder(given: str, holder: str) -> bool:
    """Whether `given`, as a person typed it, is `holder`, as the bank has it."""
    if _MASKED.search(holder) or _MASKED.search(given):
        return False
    cut = len(" ".join(holder.split())) in CUT_AT
    return any(_agree(mine, theirs, cut=cut) for mine in _readings(given) for theirs in _readings(holder))


def _readings(name: str) -> Iterator[Words]:
    """The words of a name: all of them, and without what may be titles before it, behind it, or both. One word alone is left
    of a name only where what was taken off can be nothing but a title."""
    parts = [_split(part) for part in _plain(name).split(",")]
    words = [word for part in parts for word in part]
    if sum(sign.isalpha() for word in words for sign in word) < LEAST_LETTERS:
        return
    begins = next((at for at, word in enumerate(words) if word not in _BEFORE), 0)
    ends = len(words)
    while ends > begins + 1 and _degree(words[ends - 1], marked=ends > len(parts[0])):
        ends -= 1
    yield tuple(map(_joined, words))
    for first, after in {(begins, len(words)), (0, ends), (begins, ends)}:
        kept, off = words[first:after], words[:first] + words[after:]
        sure = all("." in word or len(word) > 1 for word in words[:first]) and all(
            "." in word or at > len(parts[0]) for at, word in enumerate(words[after:], after + 1)
        )
        if off and (len(kept) >= WHOLE_WORDS or (sure and len(kept[0]) >= LEAST_LETTERS)):
            yield tuple(map(_joined, kept))


def _plain(name: str) -> str:
    """Upper case without width, accents and apostrophes."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    return _APOSTROPHES.sub("", "".join(sign for sign in folded if not unicodedata.combining(sign))).upper()


def _split(part: str) -> list[str]:
    """The words of a part of a name. Points part words, but for those of a degree such as S.H., which is known by them."""
    found: list[str] = []
    for word in re.findall(r"(?:[^\W_]|\.)+", part):
        found += [word] if "." in word and _joined(word) in _AFTER | _AFTER_A_MARK else word.split(".")
    return [word for word in found if word]


def _joined(word: str) -> str:
    return word.replace(".", "")


def _degree(word: str, *, marked: bool) -> bool:
    return _joined(word) in _AFTER or (_joined(word) in _AFTER_A_MARK and (marked or "." in word))


def _agree(mine: Words, theirs: Words, *, cut: bool) -> bool:
    if "".join(mine) == "".join(theirs):  # Nur Aini is Nuraini
        return True
    if len(mine) < len(theirs):
        return False
    pairs = list(zip(mine, theirs, strict=False))
    begun = cut and pairs[-1][0] != pairs[-1][1] and pairs[-1][0].startswith(pairs[-1][1])
    if len(mine) > len(theirs) and not begun:
        return False
    doubtful = [pair for pair in (pairs[:-1] if begun else pairs) if not _same_word(*pair)]
    whole = sum(one == other for one, other in pairs)
    sure = whole >= WHOLE_WORDS or not (doubtful or begun)
    return sure and all(_initial(*pair) for pair in doubtful)


def _same_word(one: str, other: str) -> bool:
    return one == other or other in _SHORT_FOR.get(one, ()) or one in _SHORT_FOR.get(other, ())


def _initial(one: str, other: str) -> bool:
    """Whether one of two words is the other's first letter."""
    short, long = sorted((one, other), key=len)
    return len(short) == 1 and short.isalpha() and long.startswith(short)
