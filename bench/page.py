"""What the bench of the seal found, as a page with a table and a plot: docs/seal.md, docs/images/seal.svg."""

from __future__ import annotations

import math
import textwrap
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
    "endesive, file to file", "pyHanko, its guide", "pyHanko, KMS-shaped", "pyHanko, KMS-shaped, Courier",
    "child: preflight",
)  # fmt: skip
_SHOWN = tuple(row for row in ROWS if row not in ("limit p256", "time-stamping authority", "child: preflight"))
_LEFT, _WIDTH, _ROW, _GAP = 240, 520, 15, 40


def write(record: Mapping[str, Any]) -> None:
    """Write the page and its plot from what bench/results/seal.json holds."""
    (DOCS / PLOT).parent.mkdir(exist_ok=True)
    (DOCS / PLOT).write_text(plot(record))
    (DOCS / "seal.md").write_text("\n".join(_page(record)))


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


def figures(record: Mapping[str, Any]) -> str:
    """What was promised, what was found, and whether it was kept, as a table."""
    lines = ["| figure | wanted | found | |", "|---|---|---|---|"]
    for what, wanted, found, is_kept in promised(record):
        lines.append(f"| {what} | {wanted} | {found} | {'kept' if is_kept else '**missed**'} |")
    return "\n".join(lines)


def kept(record: Mapping[str, Any]) -> bool:
    """Whether every promise that could be measured was kept."""
    return all(is_kept for *_, is_kept in promised(record))


def promised(record: Mapping[str, Any]) -> Iterator[tuple[str, str, str, bool]]:
    """What the figures had to be, what they are, and whether they are."""
    for name, most in zip(PAPERS, (8, 5, 2), strict=True):
        times = record[name]["ours B-B rsa2048"]["x_limit"]
        yield f"B-B with RSA-2048 in memory, {name}", f"at most {most}x the limit", f"{times:.1f}x", times <= most
    p10, own = record["p10"], record["about"]
    pairs = (
        ("faster than pyHanko, KMS-shaped, p10", "pyHanko, KMS-shaped", "ours B-B rsa2048", 15),
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
    versions = ", ".join(f"{name} {version}" for name, version in own["versions"].items())
    yield "# The seal, measured\n"
    yield prose("""`make bench BENCH=seal` makes this page; nothing has to run beside it. The record is
        [bench/results/seal.json](../bench/results/seal.json).""")
    yield prose(f"""{own["signings"]} signings of each row on {own["day"]}, commit {own["commit"]}, {own["machine"]};
        {sizes}, made by the bench. Beside them: {versions}.""")
    yield prose("""Each round, every way signs every document some times in a row, the first of which are not counted. The
        figures are medians in milliseconds of the processor (the clock's are in the record: the same on a quiet machine) and,
        in brackets, multiples of the limit with the same kind of key. The limit is what no way can avoid: `sha256(document)`,
        one signature, one join of document and tail. Ours and pyHanko go from bytes to bytes; what is called file to file
        also reads and writes. Ours has a visible stamp with a QR on page 1, is read again before it is returned, and carries
        three certificates (seal, issuing CA, root), B-LT those of the time-stamping authority too and three CRLs. Nothing was
        timed whose signature pyHanko did not call valid.""")
    yield table(record) + "\n"
    yield f"![Milliseconds a document, by way; the scale is logarithmic]({PLOT})\n"
    yield figures(record) + "\n"
    courier = "pyHanko, KMS-shaped, Courier"
    if courier in record["p10"]:
        times = record["p10"][courier]["median_ms"] / record["p10"]["ours B-B rsa2048"]["median_ms"]
        yield prose(f"""pyHanko's guide sets the text of a stamp with a QR in a font that it embeds, as ours embeds its
            letters; half of that row's time is the font. With Courier, which is not embedded and which each reader has to
            bring, it takes {times:.1f} times as long as ours on p10.""")
    yield "## The peers\n"
    yield prose("""pyHanko is used as its guide shows it (`SimpleSigner`, `QRStampStyle`, `PdfSigner`); KMS-shaped, its signer
        keeps the key, hashes here and checks the signature that comes back, as one on KMS does, without the call. pdfsignerpy
        and endesive write a visible text; @signpdf a placeholder and nothing visible. Their key file is opened with one round
        of its derivation, since opening it is not signing. endesive's verifying half, which signing does not need, is left
        out: it imports a library that stops at today's OpenSSL. They live in an environment of their own under
        `.local/bench`, which `make clean` takes away.""")
    if own["not_measured"]:
        yield "Not measured, because it did not install or did not sign:\n"
        for name, reason in own["not_measured"].items():
            yield f"- {name}: {reason}"
        yield ""
    yield "## What this does not say\n"
    yield prose("""KMS and a time-stamping authority across a network are not in it: the key is in the process, the authority
        too, and what a call takes comes on top. The documents have a flat page tree and a classical cross-reference table; in a
        deep tree every page is looked at (some 0.1 ms each). Memory is that of a process which seals B-B ten times, modules
        included. Not tried here: podofosign, PDFBox and pyHanko's command line. The child that preflight runs in looks at all
        of a document once, when it comes, and not when it is sealed; it is measured after the others, since a process that
        was forked writes slowly for a while. Nothing was measured on AWS.""")


def prose(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 128, break_long_words=False, break_on_hyphens=False) + "\n"


def plot(record: Mapping[str, Any]) -> str:
    """The seal's bars, a group for each document."""
    rows = [row for row in _SHOWN if all(row in record[name] for name in PAPERS)]
    return bars({name: {row: record[name][row]["median_ms"] for row in rows} for name in PAPERS}, base="limit")


def bars(groups: Mapping[str, Mapping[str, float]], *, base: str) -> str:
    """Milliseconds by row, in groups, on a logarithmic scale, as SVG; a dashed line at the row `base` of each group."""
    top = max(value for rows in groups.values() for value in rows.values())
    low = min(value for rows in groups.values() for value in rows.values()) / 2
    height = sum(len(rows) * _ROW + _GAP for rows in groups.values()) + 30

    def x(value: float) -> float:
        return _LEFT + _WIDTH * math.log(value / low) / math.log(top * 1.6 / low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 70} {height}" font-family="sans-serif"'
        ' font-size="11" role="img"><title>Milliseconds a document, by way</title>',
        f'<rect width="100%" height="{height}" fill="white"/>',
    ]
    y = 20
    for name, rows in groups.items():
        parts.append(f'<text x="8" y="{y}" font-size="13" font-weight="bold">{escape(name)}</text>')
        line, bottom = x(rows[base]), y + 8 + len(rows) * _ROW
        for row, value in rows.items():
            colour = "#7a0d33" if row.startswith("ours") else "#555" if row == base else "#9db4c8"
            parts.append(
                f'<text x="{_LEFT - 6}" y="{y + 17}" text-anchor="end">{escape(row)}</text>'
                f'<rect x="{_LEFT}" y="{y + 8}" width="{x(value) - _LEFT:.1f}" height="{_ROW - 4}" fill="{colour}"/>'
                f'<text x="{x(value) + 4:.1f}" y="{y + 17}">{value:.2f} ms</text>'
            )
            y += _ROW
        parts.append(
            f'<line x1="{line:.1f}" x2="{line:.1f}" y1="{bottom - len(rows) * _ROW}" y2="{bottom}"'
            ' stroke="#555" stroke-dasharray="3 3"/>'
        )
        y += _GAP
    return "\n".join([*parts, "</svg>"]) + "\n"
