"""What a manipulation is, and what the families share."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms, parser

from meterai.domain.verdict import Judgement, Trust
from tests.unit.pdf import papers
from tests.unit.pdf.conftest import House
from tests.unit.pdf.pki import Pki

CATALOG, TREE, FONT, PAGE, CONTENT = 1, 2, 3, 4, 5
FREE = 60
"""The first object number that no document of the tests uses."""
TEXT, OTHER_TEXT = b"Surat pernyataan", b"Surat pengakuan!"


@dataclass(frozen=True)
class Scene:
    """What a forger has: the sealed file, what it was made of, its serial; a stranger with our names; and, for what only
    our own mistakes would allow, the house that sealed it."""

    house: House
    stranger: Pki
    sealed: bytes
    source: bytes
    serial: str


Make = Callable[[Scene], bytes]


@dataclass(frozen=True)
class Kind:
    """One way to manipulate: what it makes, the verdict it deserves and the code of its reason. `by_register`: the file
    is as sealed by us, and the register alone can tell. `trust`, where something else than usual is believed. `second`:
    verdict and code, where they differ for a file that had been stamped before."""

    family: str
    make: Make
    verdict: Judgement
    code: str
    by_register: bool = False
    trust: Callable[[Scene], Trust] | None = None
    second: tuple[Judgement, str] | None = None

    @property
    def said(self) -> str:
        return (self.make.__doc__ or self.make.__name__.replace("_", " ")).strip()


ATTACKS: dict[str, Kind] = {}


def family(name: str) -> Callable[..., Callable[[Make], Make]]:
    """A decorator for the kinds of one family."""

    def kind(verdict: Judgement, code: str, **more: Any) -> Callable[[Make], Make]:
        def keep(make: Make) -> Make:
            add(name, make.__name__, make, verdict, code, **more)
            return make

        return keep

    return kind


def add(family: str, name: str, make: Make, verdict: Judgement, code: str, **more: Any) -> None:
    assert name not in ATTACKS
    ATTACKS[name] = Kind(family, make, verdict, code, **more)


def content(text: str) -> bytes:
    return stream(f"BT /F1 18 Tf 72 700 Td ({text}) Tj ET".encode())


def stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (extra, len(data), data)


def form(data: bytes) -> bytes:
    return stream(data, b"/Type /XObject /Subtype /Form /BBox [0 0 600 850]")


def gap(document: bytes) -> tuple[int, int]:
    """Where the (last) signature's contents are, angle brackets included."""
    ranges = re.findall(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]", document)
    return int(ranges[-1][0]), int(ranges[-1][1])


def number_of(document: bytes, pattern: bytes) -> int:
    """The number of the last object whose body matches."""
    return [number for number, body in bodies(document) if re.search(pattern, body, re.S)][-1]


def body(document: bytes, number: int) -> bytes:
    """The last body of an object."""
    return [found for name, found in bodies(document) if name == number][-1]


def bodies(document: bytes) -> list[tuple[int, bytes]]:
    found = re.finditer(rb"(?<=[\r\n])(\d+) 0 obj\s((?:(?!endobj).)*)endobj", document, re.S)
    return [(int(match[1]), match[2].strip()) for match in found]


def changed(document: bytes, number: int, old: bytes, new: bytes) -> Mapping[int, bytes]:
    """One object, with something in it replaced."""
    before = body(document, number)
    assert old in before, (old, before)
    return {number: before.replace(old, new, 1)}


def updated(document: bytes, *changes: Mapping[int, bytes], **more: Any) -> bytes:
    """An incremental update as somebody else would write one."""
    return papers.appended(document, {number: data for change in changes for number, data in change.items()}, **more)


def signature(document: bytes) -> Any:
    """The CMS of the last signature."""
    first, second = gap(document)
    contents = bytes.fromhex(document[first + 1 : second - 1].decode())
    return cms.ContentInfo.load(contents[: parser.peek(contents)])


def with_signature(document: bytes, contents: Any) -> bytes:
    """The document with another CMS in the same hole."""
    first, second = gap(document)
    data: bytes = contents.dump(force=True)
    written = data.hex().upper().encode().ljust(second - first - 2, b"0")
    assert len(written) == second - first - 2
    return document[: first + 1] + written + document[second - 1 :]


def replaced(document: bytes, pattern: bytes, new: bytes) -> bytes:
    """The last place that matches, replaced by something no longer, every other byte where it was."""
    match = list(re.finditer(pattern, document, re.S))[-1]
    assert len(new) <= len(match[0]), (len(new), len(match[0]))
    return document[: match.start()] + new.ljust(len(match[0])) + document[match.end() :]
