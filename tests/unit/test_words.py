"""What the documents say is there, is there; and every word of the code is in the glossary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from meterai.domain import refund_story, rows
from meterai.domain.rows import Noun
from meterai.runtime import letters

HOUSE = Path(__file__).resolve().parent.parent.parent
PACKAGE = HOUSE / "layers" / "meterai" / "python" / "meterai"
ROOTS = (HOUSE, PACKAGE, PACKAGE / "domain")
"""What the paths in documents begin at."""
TEXTS = sorted(HOUSE.glob("*.md")) + sorted((HOUSE / "docs").rglob("*.md"))
MADE_LATER = (".venv", ".local", ".aws-sam")
"""Folders that the commands make."""
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"(\.?[\w.-]+/)+[\w.-]*|[\w-]+\.(py|md|yaml|toml|lock|json|txt|html)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def prose(path: Path) -> str:
    """A document without its blocks of code."""
    return re.sub(r"^( *)```.*?^\1```$", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)


def paths(path: Path) -> Iterator[str]:
    """What a document names in backticks that looks like a file or folder of this house."""
    rooms = {place.name for root in ROOTS for place in root.iterdir()}
    for code in _CODE.findall(prose(path)):
        name = code.removeprefix("./")
        known = name.partition("/")[0] in rooms and not name.startswith(MADE_LATER)
        if known and _PATH.fullmatch(name):
            yield name


def anchor(heading: str) -> str:
    """How a heading is addressed."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(HOUSE)))
def test_every_link_of_a_document_leads_somewhere(path: Path) -> None:
    for link in _LINK.findall(prose(path)):
        if link.startswith("https://"):
            continue
        name, _, fragment = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), f"{path.name} links to {link}"
        if fragment:
            assert fragment in {anchor(heading) for heading in _HEADING.findall(target.read_text())}, link


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(HOUSE)))
def test_every_path_that_a_document_names_exists(path: Path) -> None:
    missing = [name for name in paths(path) if not any((root / name).exists() for root in ROOTS)]
    assert not missing, f"{path.name} names {missing}"


def test_paths_are_found_in_documents() -> None:
    """Were the pattern to find nothing, the test above could not fail."""
    found = set(paths(HOUSE / "ARCHITECTURE.md"))
    assert {"local/engine.py", "domain/ledger.py", "template.yaml", "moves/refund.py"} <= found
    assert len(found) >= 20


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(HOUSE)))
def test_every_make_target_that_a_document_names_is_one(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (HOUSE / "Makefile").read_text(), re.MULTILINE))
    named = {
        word
        for line in re.findall(r"`(?:[A-Z_]+=\S+ )*make ((?:[a-z]+ ?)+)", path.read_text())
        for word in line.split()
    }
    assert named <= targets, f"{path.name} names {named - targets}"


def test_the_readme_is_short() -> None:
    assert len((HOUSE / "README.md").read_text().splitlines()) <= 150


def test_every_decision_is_listed_and_short() -> None:
    folder = HOUSE / "docs" / "adr"
    listed = re.findall(r"\[([^\]]+)\]\((\d{4}-[a-z0-9-]+\.md)\)", (folder / "README.md").read_text())
    written = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [name for _, name in listed] == written
    for title, name in listed:
        text = (folder / name).read_text()
        assert text.startswith(f"# {int(name[:4])}. {title}\n")
        assert _HEADING.findall(text)[1:] == ["Context", "Decision", "Consequences"]
        assert len(text.splitlines()) <= 40, name


def test_every_decision_that_code_or_documents_name_exists() -> None:
    sources = [
        path for room in ("layers", "functions", "local", "ops", "tests") for path in (HOUSE / room).rglob("*.py")
    ]
    for path in [*sources, *TEXTS, HOUSE / "template.yaml"]:
        for name in re.findall(r"docs/adr/\d{4}-[a-z0-9-]+\.md", path.read_text()):
            assert (HOUSE / name).exists(), f"{path} names {name}"


def glossary() -> set[str]:
    """The first column of the glossary's tables."""
    lines = (HOUSE / "docs" / "glossary.md").read_text().splitlines()
    return {line.split("|")[1].strip().strip("`") for line in lines if line.startswith("| ")}


def test_every_noun_and_every_state_of_the_code_is_in_the_glossary() -> None:
    nouns = [kind for kind in vars(rows).values() if isinstance(kind, type) and issubclass(kind, Noun)]
    words = {kind.__name__.lower() for kind in nouns}
    for kind in nouns:
        hints = get_type_hints(kind)
        words |= {
            str(value) for name in ("status", "state", "kept_as") if name in hints for value in get_args(hints[name])
        }
    assert {"stamping", "queued", "affixed", "overpay"} <= words
    assert words <= glossary(), f"the glossary lacks {sorted(words - glossary())}"


def test_the_buckets_of_quota_and_the_verdicts_are_in_the_glossary() -> None:
    from meterai.domain.verdict import Judgement

    buckets = {name for name in get_type_hints(rows.Quota) if name not in ("name", "id", "key")}
    assert buckets | set(get_args(Judgement)) <= glossary()


NOTED = re.compile(r"^  ([a-z0-9_]+): \"", re.MULTILINE)


@pytest.mark.parametrize("page", ["web/sentences.id.js", "web/desk/sentences.id.js"])
def test_what_the_machine_notes_of_a_refund_has_words_on_the_page_and_at_the_desk(page: str) -> None:
    notes = (HOUSE / page).read_text("utf-8").partition("export const notes = {")[2].partition("};")[0]
    assert set(NOTED.findall(notes)) >= set(refund_story.NOTES)


def test_what_the_machine_notes_of_a_refund_has_words_in_letters_in_both_languages() -> None:
    told = {note for note in refund_story.NOTES if not note.startswith("day_")}
    assert letters.NOTES.keys() == told
    assert all(words["id"] and words["en"] for words in letters.NOTES.values())


def test_every_note_of_a_move_is_one_of_them() -> None:
    sources = [*(HOUSE / "layers/meterai/python/meterai/operations").glob("*.py")]
    sources += [*(HOUSE / "layers/meterai/python/meterai/domain/moves").glob("*.py")]
    noted = re.compile(r'happening\("[a-z_]+", [a-z_]+, "([a-z_]+)"')
    written = {note for path in sources for note in noted.findall(path.read_text("utf-8"))}
    assert {"payout", "overpaid"} <= written <= set(refund_story.NOTES)
