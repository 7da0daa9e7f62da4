"""PDFs that the tests write themselves: classical and stream cross-references, hybrid, forms, rotations, crops."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence

A4 = (0, 0, 595, 842)


def objects(
    *,
    pages: int = 1,
    media: Sequence[float] = A4,
    page_extra: str = "",
    tree_extra: str = "",
    catalog_extra: str = "",
    text: str = "Surat pernyataan",
    more: Mapping[int, bytes] | None = None,
) -> dict[int, bytes]:
    """The objects of a small document: 1 catalog, 2 page tree, 3 font, then a page and its content for each page."""
    kids = [4 + 2 * index for index in range(pages)]
    made = {
        1: f"<< /Type /Catalog /Pages 2 0 R {catalog_extra} >>".encode(),
        2: (
            f"<< /Type /Pages /Count {pages} /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] "
            f"/MediaBox [{' '.join(map(str, media))}] {tree_extra} >>"
        ).encode(),
        3: b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    }
    for index, kid in enumerate(kids):
        content = f"BT /F1 18 Tf 72 700 Td ({text} {index + 1}) Tj ET".encode()
        made[kid] = (
            f"<< /Type /Page /Parent 2 0 R /Contents {kid + 1} 0 R /Resources << /Font << /F1 3 0 R >> >> {page_extra} >>"
        ).encode()
        made[kid + 1] = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)
    return made | dict(more or {})


def classical(body: Mapping[int, bytes], *, version: str = "1.7", trailer_extra: str = "", end: bytes = b"\n") -> bytes:
    """A document with a cross-reference table."""
    out, offsets = _body(body, version)
    start = len(out)
    out += _table(offsets)
    out += f"trailer\n<< /Size {max(offsets) + 1} /Root 1 0 R {trailer_extra} >>\nstartxref\n{start}\n%%EOF".encode()
    return bytes(out) + end


def streamed(body: Mapping[int, bytes]) -> bytes:
    """A document with a cross-reference stream, its dictionaries in an object stream."""
    packed = {number: data for number, data in body.items() if b"stream" not in data}
    loose = {number: data for number, data in body.items() if number not in packed}
    holder, table = max(body) + 1, max(body) + 2
    out, offsets = _body(loose | {holder: _object_stream(packed)}, "1.7")
    offsets[table] = len(out)
    rows = b"\x00\x00\x00\x00\xff\xff"
    for number in range(1, table + 1):
        if number in packed:
            rows += b"\x02" + holder.to_bytes(3, "big") + list(packed).index(number).to_bytes(2, "big")
        elif number not in offsets:
            rows += bytes(6)
        else:
            rows += b"\x01" + offsets[number].to_bytes(3, "big") + b"\x00\x00"
    data = zlib.compress(rows)
    head = f"<< /Type /XRef /Size {table + 1} /W [1 3 2] /Root 1 0 R /Filter /FlateDecode /Length {len(data)} >>"
    out += b"%d 0 obj\n%s\nstream\n%s\nendstream\nendobj\n" % (table, head.encode(), data)
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % offsets[table]


def hybrid(body: Mapping[int, bytes]) -> bytes:
    """A document whose table is for old readers and whose /XRefStm names one object more, in an object stream."""
    extra, holder, table = max(body) + 1, max(body) + 2, max(body) + 3
    out, offsets = _body(dict(body) | {holder: _object_stream({extra: b"<< /Hidden true >>"})}, "1.7")
    offsets[table] = len(out)
    rows = (
        b"\x02" + holder.to_bytes(3, "big") + b"\x00\x00" + b"\x01" + offsets[holder].to_bytes(3, "big") + b"\x00\x00"
    )
    head = f"<< /Type /XRef /Size {table + 1} /W [1 3 2] /Index [{extra} 2] /Root 1 0 R /Length {len(rows)} >>"
    out += b"%d 0 obj\n%s\nstream\n%s\nendstream\nendobj\n" % (table, head.encode(), rows)
    start = len(out)
    out += _table({number: at for number, at in offsets.items() if number != holder}, free=(extra, holder))
    out += (
        f"trailer\n<< /Size {table + 1} /Root 1 0 R /XRefStm {offsets[table]} >>\nstartxref\n{start}\n%%EOF\n".encode()
    )
    return bytes(out)


def appended(document: bytes, body: Mapping[int, bytes], *, end: bytes = b"%%EOF\n", trailer_extra: str = "") -> bytes:
    """An incremental update with a classical table, as somebody else would write one."""
    previous = int(document[document.rindex(b"startxref") + 9 :].split()[0])
    size = max(max(body) + 1, *map(int, re.findall(rb"/Size (\d+)", document)))
    out = bytearray(document if document.endswith(b"\n") else document + b"\n")
    offsets = {}
    for number, data in body.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, data)
    start = len(out)
    out += b"xref\n"
    for number, at in offsets.items():
        out += b"%d 1\n%010d 00000 n \n" % (number, at)
    out += (
        f"trailer\n<< /Size {size} /Root 1 0 R /Prev {previous} {trailer_extra} >>\nstartxref\n{start}\n".encode() + end
    )
    return bytes(out)


def _object_stream(packed: Mapping[int, bytes]) -> bytes:
    heads, data = [], b""
    for number, value in packed.items():
        heads.append(f"{number} {len(data)}")
        data += value + b"\n"
    first = (" ".join(heads) + "\n").encode()
    whole = zlib.compress(first + data)
    return b"<< /Type /ObjStm /N %d /First %d /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (
        len(packed),
        len(first),
        len(whole),
        whole,
    )


def _body(body: Mapping[int, bytes], version: str) -> tuple[bytearray, dict[int, int]]:
    out, offsets = bytearray(f"%PDF-{version}\n%\u00e2\u00e3\u00cf\u00d3\n".encode("latin-1")), {}
    for number, data in body.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, data)
    return out, offsets


def _table(offsets: Mapping[int, int], free: Sequence[int] = ()) -> bytes:
    out = b"xref\n0 %d\n0000000000 65535 f \n" % (max([*offsets, *free]) + 1)
    for number in range(1, max([*offsets, *free]) + 1):
        out += b"%010d 00000 n \n" % offsets[number] if number in offsets else b"0000000000 00000 f \n"
    return out
