"""MIME as strangers send it, read with bounds on everything: lengths, parts, depth. Nothing raises, nothing is rendered,
nothing is fetched (RFC 2045-2047, 2231, 5322).

Not the standard library's parser: that one follows nesting without end and tries every open boundary at every line, so that a
mail made for it holds a function for minutes."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from string import ascii_lowercase, ascii_uppercase
from urllib.parse import unquote_to_bytes

MOST_HEADER_BYTES = 64 * 1024
MOST_HEADERS = 300
MOST_VALUE = 4_000
MOST_DEPTH = 8
MOST_PARTS = 60
_MOST_BOUNDARY = 200
_MOST_MARKUP = 128 * 1024

Headers = list[tuple[str, str]]
"""Names in lower case and values unfolded, in their order from the top."""


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of a mail: where its encoded bytes are, and what its headers say of them."""

    kind: str
    charset: str
    filename: str
    attached: bool
    encoding: str
    start: int
    end: int


@dataclass(slots=True)
class Parts:
    """The leaves of a mail in their order; `cut` when there were more of them, or deeper ones, than are looked at."""

    found: list[Part] = field(default_factory=list)
    seen: int = 0
    cut: bool = False


def headers(raw: bytes, start: int, end: int) -> tuple[Headers, int]:
    """The headers of the entity between `start` and `end`, and where its body begins."""
    if raw[start : start + 1] == b"\n" or raw[start : start + 2] == b"\r\n":
        return [], start + (1 if raw[start : start + 1] == b"\n" else 2)
    blanks = [(at, len(mark)) for mark in (b"\n\r\n", b"\n\n") if (at := raw.find(mark, start, end)) >= 0]
    stop, width = min(blanks, default=(end, 0))
    lines: list[str] = []
    for line in _text(raw[start : min(stop, start + MOST_HEADER_BYTES)]).splitlines():
        if line[:1] in (" ", "\t") and lines:
            if len(lines[-1]) < MOST_VALUE:
                lines[-1] += " " + line.strip()
        elif len(lines) < MOST_HEADERS:
            lines.append(line)
    pairs = (line.partition(":") for line in lines if ":" in line)
    return [(name.strip().lower(), value.strip()[:MOST_VALUE]) for name, _, value in pairs], stop + width


def first(of: Headers, name: str) -> str:
    """The topmost header of this name, empty when there is none."""
    return next((value for one, value in of if one == name), "")


def leaves(raw: bytes) -> Parts:
    """Every leaf of a mail, those of multiparts and of forwarded mails among them."""
    parts = Parts()
    _walk(raw, 0, len(raw), "text/plain", 0, parts)
    return parts


def _walk(raw: bytes, start: int, end: int, unless_said: str, depth: int, parts: Parts) -> None:
    parts.seen += 1
    if depth > MOST_DEPTH or parts.seen > MOST_PARTS:
        parts.cut = True
        return
    of, body = headers(raw, start, end)
    kind, named = _parameters(first(of, "content-type"))
    kind = kind if "/" in kind else unless_said
    encoding = first(of, "content-transfer-encoding").partition(";")[0].strip().lower()
    boundary = named.get("boundary", "")[:_MOST_BOUNDARY].encode("utf-8", "surrogateescape")
    if kind.startswith("multipart/") and boundary:
        inner = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        for begins, ends in _between(raw, body, end, b"--" + boundary):
            if parts.seen > MOST_PARTS:
                parts.cut = True
                return
            _walk(raw, begins, ends, inner, depth + 1, parts)
        return
    if kind == "message/rfc822" and encoding not in ("base64", "quoted-printable"):
        _walk(raw, body, end, "text/plain", depth + 1, parts)
        return
    disposition, also = _parameters(first(of, "content-disposition"))
    filename = words(also.get("filename") or named.get("name", ""))
    charset = named.get("charset", "").strip().lower()
    parts.found.append(Part(kind, charset, filename, disposition == "attachment", encoding, body, end))


def _between(raw: bytes, start: int, end: int, mark: bytes) -> Iterator[tuple[int, int]]:
    """Where the parts of a multipart begin and end. One whose end is missing goes on to the end of what is there."""
    at, opened = start, -1
    while (found := raw.find(mark, at, end)) >= 0:
        at = found + len(mark)
        if found > start and raw[found - 1 : found] != b"\n":
            continue
        line_ends = raw.find(b"\n", at, min(end, at + _MOST_BOUNDARY))
        rest = raw[at : line_ends if line_ends >= 0 else min(end, at + _MOST_BOUNDARY)]
        if rest.strip() not in (b"", b"--"):
            continue  # a longer boundary that begins as this one does
        if opened >= 0:
            yield opened, max(opened, found - (2 if raw[found - 2 : found - 1] == b"\r" else 1))
        if rest.strip():
            return
        opened = at = (line_ends + 1) if line_ends >= 0 else end
    if 0 <= opened < end:
        yield opened, end


_PARAMETER = re.compile(r';\s*([\w!#$&^+.-]{1,60}\*?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;\s]*))')


def _parameters(value: str) -> tuple[str, dict[str, str]]:
    """A header's value and its parameters, continued and percent-encoded ones (RFC 2231) put together."""
    found: dict[str, str] = {}
    for name, quoted, plain in _PARAMETER.findall(value):
        text = re.sub(r"\\(.)", r"\1", quoted) if quoted else plain
        if name.endswith("*"):
            charset, mark, encoded = text.partition("'")
            encoded = encoded.partition("'")[2] if mark else text
            text = decode(unquote_to_bytes(encoded), charset.lower() if mark else "utf-8")
        base = name.lower().rstrip("*").partition("*")[0]
        found[base] = found.get(base, "") + text if "*" in name.rstrip("*") else text
    return value.partition(";")[0].strip().lower(), found


# Encodings -----------------------------------------------------------------------------------------------------------------

_NO_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
_WORD = re.compile(r"=\?([\w.:-]{1,40})(?:\*[\w-]*)?\?([bBqQ])\?([^?]*)\?=(?:\s+(?==\?))?")
_CHARSETS = {
    "utf-8", "utf8", "us-ascii", "ascii", "utf-16", "utf-16le", "utf-16be", "koi8-r", "gb2312", "gbk", "gb18030", "big5",
    "euc-kr", "euc-jp", "shift_jis", "iso-2022-jp", "latin1",
    *(f"iso-8859-{n}" for n in range(1, 17) if n != 12), *(f"windows-125{n}" for n in range(9)),
    *(f"cp125{n}" for n in range(9)),
}  # fmt: skip
"""Encodings of text that are as quick as they are long; Python's list has others."""


def decoded(raw: bytes, part: Part, *, most_bytes: int) -> bytes | None:
    """What a leaf's bytes are once its transfer encoding is undone, None when they are more than `most_bytes`. Damage is passed
    over: what can be read is read."""
    length = part.end - part.start
    if part.encoding == "base64":
        if length > most_bytes * 2:
            return None
        letters = raw[part.start : part.end].partition(b"=")[0].translate(None, _NO_BASE64)
        letters = letters[: len(letters) - (len(letters) % 4 == 1)]
        data = base64.b64decode(letters + b"=" * (-len(letters) % 4))
    elif part.encoding == "quoted-printable":
        if length > most_bytes * 4:
            return None
        data = quopri.decodestring(raw[part.start : part.end])
    else:
        if length > most_bytes:
            return None
        data = raw[part.start : part.end]
    return data if len(data) <= most_bytes else None


def decode(data: bytes, charset: str) -> str:
    """Text in the charset that it says, if that is one and does not lie; else UTF-8; else what Windows would make of it."""
    for one in (charset, "utf-8"):
        if one in _CHARSETS:
            try:
                return data.decode(one)
            except UnicodeError:
                continue
    return data.decode("windows-1252", "replace")


def words(value: str) -> str:
    """A header's text with its encoded words (RFC 2047) decoded; one that is broken stays as it is."""
    return _WORD.sub(lambda found: _encoded(found[1].lower(), found[2].lower(), found[3], found[0]), value)


def _encoded(charset: str, how: str, text: str, as_it_was: str) -> str:
    raw = text.encode("utf-8", "surrogateescape")
    try:
        data = base64.b64decode(raw + b"=" * (-len(raw) % 4)) if how == "b" else quopri.decodestring(raw, header=True)
    except (binascii.Error, ValueError):
        return as_it_was
    return decode(data, charset)


def _text(data: bytes) -> str:
    """Headers: ASCII, UTF-8 (RFC 6532), or whatever the bytes are."""
    return decode(data, "utf-8")


# HTML ----------------------------------------------------------------------------------------------------------------------

_LINES = frozenset(
    ("address", "article", "blockquote", "br", "dd", "div", "dl", "dt", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header",
     "hr", "li", "ol", "p", "section", "table", "tr")
)  # fmt: skip
_UNSEEN = (
    ("<!--", "-->"), ("<script", "</script"), ("<style", "</style"), ("<template", "</template"), ("<title", "</title"),
    ("<![", ">"),
)  # fmt: skip
_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


class _Reader(HTMLParser):
    """Gathers the text of a page; asks nobody for anything."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(" ".join(data.split()) if data.strip() else " ")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the base's shape
        self.pieces.append("\n" if tag in _LINES else " " if tag in ("td", "th") else "")

    def handle_endtag(self, tag: str) -> None:
        self.pieces.append("\n" if tag in _LINES and tag != "br" else "")


def text_of(page: str) -> str:
    """What a person would read of a page. What nobody sees is left out before anything is parsed, and the parser is never told
    that the page ends: only then would it try every unfinished mark anew, which takes the square of the page's length."""
    for opens, closes in _UNSEEN:
        page = _without(page, opens, closes)
    reader = _Reader()
    with suppress(AssertionError):  # how it refuses a declaration that it cannot read
        reader.feed(page[:_MOST_MARKUP] + "\n")
    text = "".join(reader.pieces)
    return re.sub(r"[ \t]*\n\s*", "\n", re.sub(r"[ \t]{2,}", " ", text)).strip()


def _without(page: str, opens: str, closes: str) -> str:
    """The page without what stands between these marks; without an end, all that follows is left out."""
    lower, kept, at = page.translate(_LOWER), list[str](), 0
    while (begins := lower.find(opens, at)) >= 0:
        kept.append(page[at:begins])
        ends = lower.find(closes, begins + len(opens))
        at = lower.find(">", ends) + 1 if ends >= 0 else 0
        if at <= 0:
            return " ".join(kept)
    return " ".join([*kept, page[at:]])
