"""A stamp that is the issuer's own picture: what an upstream issuer gave out with the serial, drawn in the place of our label.

Outside production SPESIMEN crosses it as it crosses ours."""

from __future__ import annotations

import io
import zlib

from PIL import Image

from meterai.domain.errors import Busy
from meterai.pdf import appearance, letters
from meterai.pdf.ornament import n
from meterai.pdf.placement import upright

EDGE_MAX = 480
"""How many pixels a side are put into a document: 54 pt of them are read from paper at 600 dpi and less."""
DATA_MAX = 12 * 1024
"""How many bytes of it are put there: a stamp stays within ports.documents_pdf.STAMP_SIZE_MAX."""
_PIXELS_MAX = 4_000_000
_COLOURS = 64


def objects(png: bytes, *, specimen: bool, rotation: int, first: int) -> list[bytes]:
    """The stamp as PDF objects, encoded, for consecutive object numbers from `first` on; the last is the form XObject that a
    widget shows, upright on a page of this rotation. Raises Busy for a picture that cannot be drawn: the issuer's, not the
    document's."""
    image = _image(png)
    program, descriptor, words, picture = range(first, first + 4)
    content = [f"q {n(appearance.SIDE)} 0 0 {n(appearance.SIDE)} 0 0 cm /I Do Q"]
    if specimen:
        content += appearance.specimen()
    states = " ".join(f"{name} << /ca {n(share)} >>" for name, share in appearance.OPACITIES.items())
    resources = f"/Font << {letters.WORDS} {words} 0 R >> /XObject << /I {picture} 0 R >> /ExtGState << {states} >>"
    drawing = zlib.compress("\n".join(content).encode("ascii"))
    return [
        letters.program(),
        letters.descriptor() % program,
        letters.font(letters.WORDS) % descriptor,
        image,
        appearance.form(drawing, resources, upright(rotation, appearance.SIDE)),
    ]


def _image(png: bytes) -> bytes:
    """The image XObject: in true colours where that is small, else of a few, and of fewer pixels."""
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as opened:
            if opened.width * opened.height > _PIXELS_MAX:
                raise Busy("the issuer's picture is too large")
            paper = Image.new("RGBA", opened.size, "white")
            picture = Image.alpha_composite(paper, opened.convert("RGBA")).convert("RGB")
    except (OSError, ValueError, SyntaxError):
        raise Busy("the issuer's picture cannot be read") from None
    picture.thumbnail((EDGE_MAX, EDGE_MAX))
    data, space = zlib.compress(picture.tobytes(), 9), "/DeviceRGB"
    while len(data) > DATA_MAX:
        few = picture.quantize(_COLOURS)
        palette = bytes(few.getpalette() or b"")[: 3 * _COLOURS]
        data = zlib.compress(few.tobytes(), 9)
        space = f"[/Indexed /DeviceRGB {len(palette) // 3 - 1} <{palette.hex()}>]"
        if len(data) > DATA_MAX:
            picture.thumbnail((picture.width * 3 // 4, picture.height * 3 // 4))
    head = (
        f"<< /Type /XObject /Subtype /Image /Width {picture.width} /Height {picture.height} /ColorSpace {space} "
        f"/BitsPerComponent 8 /Filter /FlateDecode /Length {len(data)} >>"
    )
    return b"%s\nstream\n%s\nendstream" % (head.encode("ascii"), data)
