"""Pictures of pages, drawn in a bounded child: for people to look at before they choose a place."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from functools import partial

import pypdfium2  # type: ignore[import-untyped]
from PIL import Image

from meterai.pdf import child
from meterai.ports.documents_pdf import Limits

Image.init()
_QUALITIES = (70, 45, 25)
_DRAWING_ENDS = 0.6
"""Share of the child's processor time after which no further page is drawn: what is drawn by then has to be told."""


def draw(source: bytes, pages: int, limits: Limits = Limits()) -> Mapping[int, bytes]:  # noqa: B008 - frozen
    """Pictures (WebP, `preview_edge` pixels on the longer side) of the first pages and the last one, at most
    `previews_max`, none larger than `preview_size_max`. None at all when the document cannot be drawn, or not as `pages`
    pages: a picture must be of the page that is stamped. Never raises for what it is."""
    wanted = sorted({*range(1, min(pages, limits.previews_max - 1) + 1), pages}) if pages else []
    answer = child.run(partial(_drawn, pages, wanted, limits), source, limits)
    if isinstance(answer, child.Failure):
        return {}
    return dict(zip(answer.told, answer.files, strict=True))


def _drawn(pages: int, wanted: list[int], limits: Limits, source: bytes) -> child.Answer:
    document = pypdfium2.PdfDocument(source)
    if len(document) != pages:
        return child.Answer([], ())
    document.init_forms()
    made: dict[int, bytes] = {}
    for number in [*wanted[-1:], *wanted[:-1]]:  # the last first: it is where people sign
        if time.process_time() > limits.cpu_seconds * _DRAWING_ENDS:
            break
        picture = _picture(document[number - 1], limits)
        if picture is not None:
            made[number] = picture
    return child.Answer(list(made), tuple(made.values()))


def _picture(page: pypdfium2.PdfPage, limits: Limits) -> bytes | None:
    width, height = page.get_size()
    if min(width, height) <= 0:
        return None
    drawn = page.render(scale=limits.preview_edge / max(width, height)).to_pil().convert("RGB")
    for quality in _QUALITIES:
        out = io.BytesIO()
        drawn.save(out, "WEBP", quality=quality, method=2)
        if out.tell() <= limits.preview_size_max:
            return out.getvalue()
    return None
