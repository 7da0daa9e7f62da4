"""What the bench of the seal found, as a page with a table and a plot: docs/seal.md, docs/images/seal.svg."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

DOCS = Path(__file__).resolve().parent.parent / "docs"
PLOT = "images/seal.svg"
PAPERS = ("p1", "p10", "p100")
ROWS = (
    "limit", "ours B-B rsa2048", "ours B-T rsa2048", "ours B-LT rsa2048",
    "limit p256", "ours B-B p256", "ours B-T p256", "ours B-LT p256",
    "time-stamping authority", "ours B-B rsa2048, file to file", "pdfsignerpy, file to file", "@signpdf, file to file",
    "endesive, file to file", "pyHanko, its guide", "pyHanko, KMS-shaped", "child: preflight",
)  # fmt: skip
_SHOWN = tuple(row for row in ROWS if row not in ("limit p256", "time-stamping authority", "child: preflight"))
_LEFT, _WIDTH, _ROW, _GAP = 240, 520, 15, 40


def write(record: Mapping[str, Any]) -> None:
    """Write the page and its plot from what bench/results/seal.json holds."""
    (DOCS / PLOT).write_text(plot(record))
    (DOCS / "seal.md").write_text("\n".join(_page(record)) + "\n")


def table(record: Mapping[str, Any]) -> str:
    """Milliseconds, and in brackets how often the limit, a row for each way."""
    lines = ["| way | " + " | ".join(PAPERS) + " |", "|---|" + "---|" * len(PAPERS)]
    for row in ROWS:
        cells = [_cell(record[name][row]) for name in PAPERS if row in record[name]]
        if cells:
            lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(found: Mapping[str, float]) -> str:
    times = f" ({found['x_limit']:.1f}x)" if "x_limit" in found else ""
    return f"{found['median_ms']:.2f}{times}"


def _figures(record: Mapping[str, Any]) -> Iterator[tuple[str, str, str, bool]]:
    """What the figures had to be, what they are, and whether they are."""
    for name, most in zip(PAPERS, (8, 5, 2), strict=True):
        times = record[name]["ours B-B rsa2048"]["x_limit"]
        yield f"B-B with RSA-2048 in memory, {name}", f"at most {most}x the limit", f"{times:.1f}x", times <= most
    p10, own = record["p10"], record["about"]
    pairs = (
        ("faster than KMS-shaped pyHanko, p10", "pyHanko, KMS-shaped", "ours B-B rsa2048", 15),
        (
            "faster than pdfsignerpy, file to file, p10",
            "pdfsignerpy, file to file",
            "ours B-B rsa2048, file to file",
            1.5,
        ),
    )
    for what, other, ours, least in pairs:
        if other in p10:
            times = p10[other]["median_ms"] / p10[ours]["median_ms"]
            yield what, f"at least {least}x", f"{times:.1f}x", times >= least
    for name in PAPERS:
        rows = record[name]
        more = rows["ours B-LT rsa2048, beside the authority"]["median_ms"] - rows["ours B-B rsa2048"]["median_ms"]
        yield f"timestamp and DSS beside the authority's own time, {name}", "under 2 ms", f"{more:.2f} ms", more < 2
    taken = own["import_ms"]["seal path"]
    yield "import of the seal path (pyhanko.sign is not in it)", "under 200 ms", f"{taken:.0f} ms", taken < 200
    added = own["added_bytes"]["B-LT"]
    yield "stamp, signature, timestamp and DSS add", "at most 40 KB", f"{added / 1024:.1f} KB", added <= 40 * 1024
    for name in PAPERS:
        most_mb = 3 * own["bytes"][name] / 2**20 + 60
        peak = own["peak_mb"][name]
        yield f"peak memory of the process, {name}", f"under {most_mb:.0f} MB", f"{peak:.0f} MB", peak < most_mb


def _page(record: Mapping[str, Any]) -> Iterator[str]:
    own = record["about"]
    sizes = ", ".join(f"{name} {size / 1000:.0f} KB" for name, size in own["bytes"].items())
    yield "# The seal, measured\n"
    yield "`make bench` makes this page; the record is `bench/results/seal.json`. Nothing has to run beside it.\n"
    yield f"One run of {own['rounds']} rounds on {own['day']}, commit {own['commit']}, {own['machine']}; {sizes}.\n"
    yield (
        "Every way signs every document once a round; the figures are medians in milliseconds of the processor (the clock's\n"
        "are in the record: the same on a quiet machine) and, in brackets, multiples\n"
        "of the limit with the same kind of key. The limit is `sha256(document)`, one signature and one join of document\n"
        "and tail. Ours and pyHanko go from bytes to bytes, what is called file to file also reads and writes. Ours has a\n"
        "visible stamp with a QR on page 1 and is read again before it is returned; what it made was valid for pyHanko.\n"
    )
    yield table(record) + "\n"
    yield f"![Milliseconds a document, by way; the scale is logarithmic]({PLOT})\n"
    yield "| figure | wanted | found | |\n|---|---|---|---|"
    for what, wanted, found, kept in _figures(record):
        yield f"| {what} | {wanted} | {found} | {'kept' if kept else '**missed**'} |"
    yield ""
    missing = own["not_installed"]
    if missing:
        yield "Not measured, because it did not install or work: " + "; ".join(
            f"{name} ({reason})" for name, reason in sorted(missing.items())
        )
    yield (
        "What the peers do: pyHanko as its guide shows it (`SimpleSigner`, `QRStampStyle`, `PdfSigner`), and the same with a\n"
        "signer that keeps its key; pdfsignerpy and endesive with a visible text; @signpdf with a placeholder and nothing\n"
        "visible. Their key file is opened with one round of its derivation, since opening it is not signing. They live in\n"
        "an environment of their own under `.local/bench`, which `make clean` takes away.\n\n"
        "The seal's time does not depend on the page but for how many pages are told apart: in a flat page tree the page is\n"
        "found without looking at the others, in a deep one every page is looked at (some 0.1 ms each). The child that\n"
        "preflight runs in looks at everything, once, when the document comes, and not when it is sealed."
    )


def plot(record: Mapping[str, Any]) -> str:
    """Bars on a logarithmic scale, a group for each document."""
    rows = [row for row in _SHOWN if all(row in record[name] for name in PAPERS)]
    top = max(record[name][row]["median_ms"] for name in PAPERS for row in rows)
    low = min(record[name]["limit"]["median_ms"] for name in PAPERS) / 2
    height = len(PAPERS) * (len(rows) * _ROW + _GAP) + 30

    def x(value: float) -> float:
        return _LEFT + _WIDTH * math.log(value / low) / math.log(top * 1.6 / low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 70} {height}" font-family="sans-serif"'
        ' font-size="11" role="img"><title>Milliseconds a document, by way</title>',
        f'<rect width="100%" height="{height}" fill="white"/>',
    ]
    y = 20
    for name in PAPERS:
        parts.append(f'<text x="8" y="{y}" font-size="13" font-weight="bold">{name}</text>')
        limit = x(record[name]["limit"]["median_ms"])
        bottom = y + 8 + len(rows) * _ROW
        for row in rows:
            value = record[name][row]["median_ms"]
            colour = "#555" if row.startswith("limit") else "#7a0d33" if row.startswith("ours") else "#9db4c8"
            parts.append(
                f'<text x="{_LEFT - 6}" y="{y + 17}" text-anchor="end">{escape(row)}</text>'
                f'<rect x="{_LEFT}" y="{y + 8}" width="{x(value) - _LEFT:.1f}" height="{_ROW - 4}" fill="{colour}"/>'
                f'<text x="{x(value) + 4:.1f}" y="{y + 17}">{value:.2f} ms</text>'
            )
            y += _ROW
        parts.append(
            f'<line x1="{limit:.1f}" x2="{limit:.1f}" y1="{bottom - len(rows) * _ROW}" y2="{bottom}"'
            ' stroke="#555" stroke-dasharray="3 3"/>'
        )
        y += _GAP
    return "\n".join([*parts, "</svg>"]) + "\n"
