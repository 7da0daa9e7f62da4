"""Both languages have every sentence, and every word of the pages has its other language."""

from __future__ import annotations

import re
from typing import Any

from meterai.domain.money import DUTY_IDR, SERVICE_IDR
from tests.unit.web.node import WEB, told

PAGES = ("index.html", "receipt.html")
PRICE = f"Rp{DUTY_IDR + SERVICE_IDR:,}".replace(",", ".")
SHAPE = """
const shape = (value) => typeof value === "function" ? `(${value.length})`
  : Array.isArray(value) ? value.length
  : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shape(each)]))
  : typeof value;
const read = (room) => Promise.all(["id", "en"].map((language) => import(`${WEB}${room}/sentences.${language}.js`)));
const flat = (value, name) => typeof value === "string" ? [[name, value]]
  : value && typeof value === "object" ? Object.entries(value).flatMap(([key, each]) => flat(each, `${name}.${key}`)) : [];
const books = await read("");
const desk = await read("/desk");
"""


def test_both_languages_have_every_sentence_with_the_same_facts_in_it() -> None:
    indonesian, english = told(SHAPE + "tell(books.map(({ page, ...rest }) => shape(rest)));")
    assert indonesian == english
    assert len(indonesian["problems"]) > 40


def test_no_sentence_is_left_in_the_other_language() -> None:
    script = """
    tell(books.map(({ page, ...rest }) => Object.fromEntries(flat(rest, ""))));
    """
    indonesian, english = told(SHAPE + script)
    assert [
        name for name, text in english.items() if text == indonesian[name] and not name.endswith((".kind", ".bank"))
    ] == []


def test_the_words_of_the_pages_have_their_english_and_nothing_more() -> None:
    pages = "".join((WEB / name).read_text() for name in PAGES)
    marked = set(re.findall(r'data-say(?:-label)?="([a-z-]+)"', pages))
    english: dict[str, Any] = told(SHAPE + "tell(books[1].page);")
    assert marked == set(english)
    assert all(text.strip() for text in english.values())


def test_every_part_that_has_words_of_its_own_is_marked() -> None:
    for name in PAGES:
        text = (WEB / name).read_text()
        body = re.sub(r"<noscript>.*?</noscript>", "", text[text.index("<body") :], flags=re.DOTALL)
        wordy = re.findall(r"<(\w+)((?:\s[^<>]*)?)>\s*([A-Z][a-z]+[^<>]*)<", body)
        unmarked = [(tag, said) for tag, attributes, said in wordy if "data-say" not in attributes]
        assert [said for _, said in unmarked if said.strip() not in ("Meterai", "Tautan", PRICE)] == []


def test_the_price_on_the_page_is_the_service_s() -> None:
    words = (WEB / "page" / "words.js").read_text()
    found = {
        name: int(value.replace("_", "")) for name, value in re.findall(r"export const (\w+_IDR) = ([\d_]+);", words)
    }
    assert found == {"DUTY_IDR": DUTY_IDR, "SERVICE_IDR": SERVICE_IDR}
    assert PRICE in (WEB / "lite.html").read_text()
    assert PRICE in (WEB / "lite.js").read_text()


def test_the_price_stands_in_the_page_before_its_script_as_the_script_writes_it() -> None:
    page = (WEB / "index.html").read_text()
    written = told(SHAPE + 'tell(books[0].buying.lines(books[0].counts.pieces(1, "1"), "Rp10.000", "Rp2.500"));')
    assert f'id="price">{PRICE}<' in page
    assert f'id="price-lines">{written}<' in page


def test_the_light_page_has_every_sentence_in_both_languages() -> None:
    script = (WEB / "lite.js").read_text()
    words = script[script.index("const WORDS") : script.index("const words =")]
    indonesian, english, page = told(
        SHAPE + words + "const { page, ...rest } = WORDS.en; tell([shape(WORDS.id), shape(rest), Object.keys(page)]);"
    )
    assert indonesian == english
    marked = re.findall(r'data-say(?:-label)?="([a-z]+)"', (WEB / "lite.html").read_text())
    assert set(marked) == set(page)
    said = set(re.findall(r"\bwords\.(\w+)", script)) - {"page"}
    assert said == set(indonesian)


def test_the_desk_has_every_sentence_in_both_languages_and_none_left_in_the_other() -> None:
    indonesian, english = told(SHAPE + "tell(desk.map(({ page, ...rest }) => shape(rest)));")
    assert indonesian == english
    flat = told(SHAPE + 'tell(desk.map(({ page, ...rest }) => Object.fromEntries(flat(rest, ""))));')
    assert [name for name, text in flat[1].items() if text == flat[0][name]] == []
    html = (WEB / "desk" / "index.html").read_text()
    marked = set(re.findall(r'data-say(?:-label)?="([a-z-]+)"', html))
    assert marked == set(told(SHAPE + "tell(desk[1].page);"))


def test_no_words_stand_in_the_desk_s_modules() -> None:
    """Whatever an officer reads has its other language."""
    for module in (WEB / "desk").glob("*.js"):
        if not module.name.startswith("sentences."):
            lines = [line for line in module.read_text().splitlines() if not line.startswith(("//", "import "))]
            said = re.findall(r"[\"`](?:[A-Z][a-z]+|[a-z]+ [a-z]+ [a-z]+)", "\n".join(lines))
            assert said == [], module
