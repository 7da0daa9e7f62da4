"""Write docs/attacks.md: what is tried on our own sealed files, and what is said of it. `python -m tests.unit.pdf.attacks`"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.unit.pdf.attacks import ATTACKS, LEGITIMATE

PAGE = Path(__file__).parents[4] / "docs" / "attacks.md"
_HEAD = f"""# What is tried on a sealed file

{len(ATTACKS)} ways to manipulate a file that this service sealed, and {len(LEGITIMATE)} honest things that happen to one.
Each is done to a file stamped once and to one stamped twice (`tests/unit/pdf/attacks/`), and `tests/unit/pdf/test_verdict.py`
demands the very verdict and reason written here, by the fast way of reading and by the slow one. None of the first is ever
`authentic`, none of the others ever anything else. Where a file that had been stamped before gets another verdict, it stands
behind the first: what is left of it may be honest.

The families follow the literature: incremental saving, universal signature forgery and signature wrapping (Mladenov, Mainka,
Meyer zu Selhausen, Grothe, Schwenk, "1 Trillion Dollar Refund", CCS 2019), shadow attacks (the same, NDSS 2021), evil
annotations and sneaky signatures (Rohlmann, Mladenov, Mainka, Schwenk, "Breaking the Specification: PDF Certification", S&P
2021); the others are our own. `python -m tests.unit.pdf.attacks` writes this page.
"""


def page() -> str:
    """The page, as the kinds are now."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _HEAD
    for family in dict.fromkeys(kind.family for kind in ATTACKS.values()):
        yield f"## {family[0].upper()}{family[1:]}\n"
        yield "| what is done | verdict | reason |"
        yield "|---|---|---|"
        for kind in (kind for kind in ATTACKS.values() if kind.family == family):
            verdict, code = str(kind.verdict), kind.code
            if kind.second:
                verdict_again, code_again = kind.second
                verdict += f", {verdict_again}" if verdict_again != verdict else ""
                code += f", {code_again}"
            yield f"| {_cell(kind.said)} | {verdict} | {code} |"
        yield ""
    yield "## Honest\n"
    yield "| what is done | stamps | reason |"
    yield "|---|---|---|"
    for name, honest in LEGITIMATE.items():
        yield f"| {_cell((honest.make.__doc__ or name.replace('_', ' ')).strip())} | {honest.stamps} | {honest.code} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page())
