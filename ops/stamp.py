"""Show the stamp to people: `python -m ops.stamp` draws docs/images/stamp.png with the code that seals.

Large, as it is in production and as it is everywhere else, and at its size on paper beside a signature line."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]

from meterai.domain.placement import POINTS_PER_MM, STAMP_DEFAULT_MM
from meterai.pdf import appearance

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "images" / "stamp.png"
SERIAL = "CONT0HMETERAIELEKTR0N1"
"""Not a serial number: its check characters do not fit."""
ADDRESS = f"HTTPS://EMET.CONTOH.ID/V/{SERIAL}"
_WIDTH, _HEIGHT = 520.0, 330.0
_LARGE, _TOP = 222.0, 96.0
_SCALE = 3.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("into", type=Path, nargs="?", default=PICTURE, help="the PNG to write")
    into: Path = parser.parse_args().into
    pypdfium2.PdfDocument(sheet())[0].render(scale=_SCALE).to_pil().convert("RGB").quantize(128).save(
        into, optimize=True
    )
    print(into)


def sheet() -> bytes:
    """A page with the stamp twice large and twice at its default size."""
    true, column = STAMP_DEFAULT_MM * POINTS_PER_MM, _WIDTH / 2
    shown = [
        (left + (column - side) / 2, bottom, side, specimen)
        for left, specimen in ((0.0, False), (column, True))
        for side, bottom in ((_LARGE, _TOP), (true, 22.0))
    ]
    plain = appearance.objects(SERIAL, ADDRESS, specimen=False, rotation=0, first=5)
    marked = appearance.objects(SERIAL, ADDRESS, specimen=True, rotation=0, first=5 + len(plain))
    forms = {False: 4 + len(plain), True: 4 + len(plain) + len(marked)}
    content = "\n".join(
        f"q {side / appearance.SIDE:.4f} 0 0 {side / appearance.SIDE:.4f} {x:.2f} {y:.2f} cm /S{forms[specimen]} Do Q"
        for x, y, side, specimen in shown
    )
    resources = " ".join(f"/S{number} {number} 0 R" for number in forms.values())
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_WIDTH:g} {_HEIGHT:g}] /Contents 4 0 R "
            f"/Resources << /XObject << {resources} >> >> >>"
        ).encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content.encode()),
        *plain,
        *marked,
    ]
    return _written(dict(enumerate(bodies, 1)))


def _written(bodies: Mapping[int, bytes]) -> bytes:
    out, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in bodies.items():
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return bytes(out) + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, start)


if __name__ == "__main__":
    main()
