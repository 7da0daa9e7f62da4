"""The status page: everything that the board knows in both languages, and not one character of anybody else's markup."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

from meterai.domain.board import Board, Hours, Listed, listed_card, own_cards
from meterai.domain.rows import Announcement, Channel, Standing, Word
from meterai.runtime.board import status_json
from meterai.runtime.status_page import status_page

NOW = datetime(2024, 9, 3, 3, 0, 5, tzinfo=UTC)
FALLBACK = "https://darurat.example/"
HOSTILE = "<img src=x onerror=alert(1)>&\"'"


class Read(HTMLParser):
    """What is on a page: every start tag, the text, and the text that is said to be English."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self.english = "", ""
        self._open: list[bool] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "img", "br"):
            self._open.append(dict(attrs).get("lang") == "en")

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data
        if any(self._open):
            self.english += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def board(
    *, label: str = "Posfin", by: str = "Sari", state: Any = "up", word: bool = True, incident: str = "gangguan"
) -> Board:
    own = {
        name: Channel(id=f"channel_{name}", state=state, checked_at=NOW, minutes={"2024-09-03T03:00": [2, 1, 40]})
        for name in ("portal", "issuer", "timestamp", "payment")
    }
    listed = Listed(
        "posfin", "distributor", label, "https://posfin.example/?a=1&b=2", None, Hours("08:00", "15:00", "12")
    )
    said = Word(
        id="word_posfin", says="up", by=by, said_at=NOW, until=NOW + timedelta(hours=1), stock="low", wait_minutes=90
    )
    line = listed_card(listed, None, said if word else None, now=NOW)
    standing = Standing(
        id="room", kept_at=NOW, paid_waiting=1200, bulk_waiting=34, rate_p10=6000, rate_p50=7200, rate_p90=8400,
        rates_are="measured", deadline_at=NOW + timedelta(hours=2),
    )  # fmt: skip
    announced = Announcement(
        id="announcement",
        made_at=NOW,
        by="Sari",
        incident={"id": incident, "en": incident},
        deadline_at=NOW + timedelta(hours=2),
    )
    return Board(NOW, (*own_cards(own, standing, now=NOW), line), 1234, standing, announced)


def read(page: Board, fallback: str = FALLBACK) -> Read:
    return Read(status_page(fallback)(page))


def test_the_page_tells_in_both_languages_what_is_known() -> None:
    page = read(board())
    for sentence in (
        "3 Sep 2024 10.00.05 WIB",
        "Ada sekarang",
        "Menunggu sekitar 90 menit",
        "Kabar dari Sari, 3 Sep 2024 10.00 WIB: melayani, stok menipis.",
        "Buka 08.00 sampai 15.00 WIB: Senin, Selasa.",
        "50 % pemeriksaan dalam sejam terakhir dijawab, biasanya dalam 0,04 detik",
        "1.234 pembubuhan",
        "sekitar 7.200 per jam",
        "Batas waktu 3 Sep 2024 12.00 WIB",
        "Menunggu sekitar 11 menit",
        "Masih dapat dijual: 10.766 keping",
        "gangguan",
        "Surat Setoran Pajak",
    ):
        assert sentence in page.text, sentence
    for sentence in (
        "available now",
        "A wait of some 90 min.",
        "Sari said, 3 Sep 2024 10.00 WIB: serving, stock low.",
        "Open 08:00 to 15:00 WIB: Mon, Tue.",
        "50% of the last hour's probes answered, usually within 0.04 s",
        "1,234",
        "some 7,200 an hour",
        "Still for sale: 10,766.",
        "tax payment slip",
    ):
        assert sentence in page.english, sentence


def test_what_is_disturbed_is_said_first_and_nothing_is_promised() -> None:
    assert "Semua yang kami pakai berjalan." in read(board()).text
    page = read(board(state="down"))
    assert "Ada yang terganggu." in page.text
    assert "Semua yang kami pakai berjalan." not in page.text


def test_what_nobody_told_of_is_said_to_be_unknown() -> None:
    page = read(board(word=False))
    assert "Belum diketahui" in page.text


def test_names_from_outside_are_text_and_nothing_else() -> None:
    plain, hostile = read(board()), read(board(label=HOSTILE, by=HOSTILE, incident=HOSTILE))
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in plain.tags]
    assert hostile.text.count(HOSTILE) == 5


def test_the_page_needs_nobody_elses_host_and_no_inline_code() -> None:
    page = read(board())
    loaded = [one.get("src") or one.get("href") or "" for tag in ("script", "link", "img") for one in page.all(tag)]
    assert loaded
    assert all(address.startswith("/") and not address.startswith("//") for address in loaded)
    assert all("style" not in one and not any(name.startswith("on") for name in one) for _, one in page.tags)
    assert not page.all("style")
    assert "".join(one.get("src") or "" for one in page.all("script")) == "/page/status.js"


def test_the_fallback_page_is_named_where_there_is_one() -> None:
    assert FALLBACK in [one["href"] for one in read(board()).all("a")]
    assert "Halaman darurat" not in read(board(), fallback="").text


def test_the_page_has_one_title_headings_in_order_and_no_id_twice() -> None:
    page = read(board())
    levels = [int(tag[1]) for tag, _ in page.tags if tag in ("h1", "h2", "h3")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [one["id"] for _, one in page.tags if "id" in one]
    assert len(set(ids)) == len(ids)


def test_the_file_says_what_the_page_says() -> None:
    shown = json.loads(status_json(board()))
    assert list(shown["channels"]) == ["portal", "issuer", "timestamp", "payment", "posfin"]
    posfin = shown["channels"]["posfin"]
    assert (posfin["stamps"], posfin["stock"], posfin["wait_seconds"], posfin["label"]) == (
        "yes",
        "low",
        5400,
        "Posfin",
    )
    assert posfin["word"] == {
        "says": "up",
        "stock": "low",
        "by": "Sari",
        "said_at": "2024-09-03T03:00:05.000000Z",
        "until": "2024-09-03T04:00:05.000000Z",
        "old": False,
    }
    assert (shown["channels"]["issuer"]["success_rate"], shown["channels"]["issuer"]["answer_ms"]) == (0.5, 40)
    assert (shown["kept_at"], shown["backlog"], shown["status"]) == ("2024-09-03T03:00:05.000000Z", 1234, "ok")
