"""Every kind of letter has words that a person can read, and nothing in them that should not be there."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import get_args

import pytest

from meterai.domain import instants
from meterai.domain.refund_story import refund_story
from meterai.domain.rows import Invoice, LetterKind, Refund, RefundStatus
from meterai.ports.post import Told
from meterai.runtime.letters import ACTS, STATUS, Language, moment, rupiah, written

AT = datetime(2024, 9, 3, 14, 14, 5, tzinfo=UTC)
PAGE = "https://meterai.test"
ACT, FOLLOW = f"{PAGE}/#konfirmasi-email={'a' * 43}", f"{PAGE}/#pengembalian={'b' * 43}"
KINDS: tuple[LetterKind, ...] = get_args(LetterKind)
STATUSES: tuple[RefundStatus, ...] = get_args(RefundStatus)
LANGUAGES: tuple[Language, ...] = get_args(Language)
ABOUT_REFUNDS = [kind for kind in KINDS if kind not in ("confirm_email", "refund.offered")]


def refund(status: RefundStatus = "received", note: str | None = None) -> Refund:
    line = {"status": status, "at": instants.spell(AT)} | ({"note": note} if note else {})
    return Refund(
        id="rfd_7H40WA962JXW6K328SPRNSSCVR",
        kind="quota",
        account="acc_H40WA962JXW6K328SPRNSSCVRD",
        invoice="inv_40WA962JXW6K328SPRNSSCVRDH",
        provider="midtrans",
        order="pay_0WA962JXW6K328SPRNSSCVRDH4",
        status=status,
        fingerprint="the-request's-fingerprint",
        quantity=1_000,
        amount_idr=9_375_000,
        total_idr=12_500_000,
        policy="A",
        reason="<script>salah beli</script>",
        received_at=AT,
        promise_at=instants.end_of_wib_day(AT, 45),
        pay_at=AT,
        updated_at=AT + timedelta(days=7),
        timeline=[line],
        token="the-workflow's-token",
    )


def invoice() -> Invoice:
    return Invoice(
        id="inv_40WA962JXW6K328SPRNSSCVRDH",
        account="acc_H40WA962JXW6K328SPRNSSCVRD",
        fingerprint="the-request's-fingerprint",
        status="paid",
        quantity=2,
        unit_price_idr=10_000,
        fee_idr=5_000,
        total_idr=25_000,
        method="qris",
        policy="A",
        attempt="pay_0WA962JXW6K328SPRNSSCVRDH4",
        attempts=1,
        created_at=AT,
        expires_at=AT,
    )


def told(kind: LetterKind, status: RefundStatus | None = None, note: str | None = None) -> Told:
    """What a letter of this kind is written from, as operations/send_letter.py would have it."""
    bare = Told(kind=kind, at=AT, page=PAGE)
    if kind == "confirm_email":
        return replace(bare, act=ACT)
    if kind == "refund.offered":
        return replace(bare, invoice=invoice(), offered_idr=25_000, until=AT + timedelta(days=3))
    own = next((one for one in STATUSES if kind == f"refund.{one}"), None)
    about = refund(status or own or "paying", note)
    bare = replace(bare, refund=about, story=refund_story(about, AT + timedelta(days=7)))
    if kind.endswith(".milestone"):
        bare = replace(bare, day=7)
    if kind == "refund.unconfirmed":
        return replace(bare, act=ACT)
    return bare if kind == "desk.milestone" else replace(bare, follow=FOLLOW)


class Reader(HTMLParser):
    """What a mail program makes of the HTML: its tags, its links, its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data + " "


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_words_in_both_languages(kind: LetterKind) -> None:
    words = written(told(kind))
    first, _, second = words.text.partition("-" * 76)
    assert "Surat ini dikirim otomatis." in flat(first)
    assert "This letter was sent by a machine." in flat(second)
    assert words.subject.startswith(first.splitlines()[0])
    assert 10 < len(words.subject) < 100


@pytest.mark.parametrize("kind", KINDS)
def test_no_placeholder_is_left_and_nothing_is_wider_than_a_screen(kind: LetterKind) -> None:
    words = written(told(kind))
    for text in (words.subject, words.text, Reader(words.html).text):
        assert not re.search(r"[{}]|None|%s|\bTODO\b|datetime|Literal", text), text
    assert "\n" not in words.subject
    assert [line for line in words.text.splitlines() if len(line) > 78 and not line.startswith(PAGE)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_only_secret_is_the_links_and_it_stands_behind_the_hash(kind: LetterKind) -> None:
    about = told(kind)
    words = written(about)
    links = {link for link in (about.act, about.follow) if link}
    found = set(re.findall(r"https?://\S+", words.text))
    assert links <= found
    assert found - links <= {f"{PAGE}/", f"{PAGE}/desk/"}
    assert set(Reader(words.html).links) == found
    rest = words.text + words.html
    for link in links:
        rest = rest.replace(link, "")
    for secret in ("a" * 43, "b" * 43, "workflow", "fingerprint", "acc_", "pay_"):
        assert secret not in rest


@pytest.mark.parametrize("kind", KINDS)
def test_html_and_text_say_the_same(kind: LetterKind) -> None:
    words = written(told(kind))
    spoken = flat(Reader(words.html).text)
    for line in words.text.splitlines():
        if not re.fullmatch(r"[-=]*", line):
            label, _, fact = line.partition(": ") if re.match(r"^[A-Z]\w+ +: |^\w{10}: ", line) else (line, "", "")
            assert flat(label) in spoken, line
            assert flat(fact) in spoken, line


@pytest.mark.parametrize("kind", ABOUT_REFUNDS)
def test_a_letter_about_a_refund_tells_which_how_much_when_who_and_by_when(kind: LetterKind) -> None:
    about = told(kind)
    text = flat(written(about).text)
    assert about.refund is not None
    for fact in (
        about.refund.invoice,
        about.refund.id,
        "Rp9.375.000",
        "3 September 2024 pukul 21.14 WIB",
        "3 September 2024, 21:14 WIB",
        "hari ke-7 dari 45",
    ):
        assert fact in text
    assert ("sudah berakhir" in text) == about.refund.ended
    assert ("paling lambat 18 Oktober 2024 pukul 23.59 WIB" in text) != about.refund.ended


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_that_a_refund_can_have_is_told_with_who_acts_next(status: RefundStatus) -> None:
    assert f"refund.{status}" in KINDS
    about = told("refund.milestone", status)
    assert about.story is not None
    text = flat(written(about).text)
    for language in LANGUAGES:
        assert STATUS[status][language] in text
        assert ACTS[about.story.acts_next][language] in text


def test_a_reminder_counts_the_days_where_it_is_read_first() -> None:
    assert "hari ke-7 dari 45" in written(told("refund.milestone")).subject


def test_the_day_of_the_request_is_no_day_nought() -> None:
    about = told("refund.received")
    assert about.refund is not None
    text = written(replace(about, story=refund_story(about.refund, AT))).text
    assert "hari pengajuan, dari 45 hari" in text
    assert "ke-0" not in text


@pytest.mark.parametrize(
    "note",
    [
        "<b>tidak cocok</b>",
        "'><img src=x onerror=alert(1)>",
        "</td></table><a href='https://jahat.test'>sini</a>",
        "&lt;b&gt;",
    ],
)
def test_what_people_wrote_is_quoted_and_never_markup(note: str) -> None:
    plain, marked = written(told("refund.rejected")), written(told("refund.rejected", note=note))
    assert flat(note) in flat(marked.text)
    inside, without = Reader(marked.html), Reader(plain.html)
    assert set(inside.tags) == set(without.tags)
    assert inside.links == without.links
    assert flat(note) in flat(inside.text)


def test_a_note_with_line_breaks_cannot_fake_another_line() -> None:
    words = written(told("refund.rejected", note="ditolak\nJumlah    : Rp1"))
    assert "\nJumlah    : Rp1\n" not in words.text
    assert "Jumlah : Rp1" in words.text


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("refund_quota_insufficient", "Sisa kuota kurang"),
        ("owner", "atas permintaan Anda"),
        ("bukti kurang", "bukti kurang"),
    ],
)
def test_why_a_request_ended_is_told_in_words(note: str, said: str) -> None:
    assert said in written(told("refund.rejected", note=note)).text


def test_a_broken_promise_is_owned_to() -> None:
    about = told("refund.milestone")
    assert about.refund is not None
    late = replace(about, story=refund_story(about.refund, about.refund.promise_at + timedelta(seconds=1)))
    assert "lewat sejak 18 Oktober 2024" in flat(written(late).text)
    assert "paling lambat" not in written(late).text


def test_a_payment_that_bought_nothing_is_not_told_of_pieces_or_cancelling() -> None:
    about = told("refund.approved")
    assert about.refund is not None
    text = flat(written(replace(about, refund=replace(about.refund, kind="payment"))).text)
    assert "tidak membeli apa pun" in text
    assert "membatalkan" not in text
    assert "membatalkan" in flat(written(about).text)


def test_an_offer_tells_how_much_and_until_when() -> None:
    text = flat(written(told("refund.offered")).text)
    assert "Rp25.000" in text
    assert "6 September 2024 pukul 21.14 WIB" in text


@pytest.mark.parametrize(("amount", "said"), [(0, "Rp0"), (9_375, "Rp9.375"), (12_500_000, "Rp12.500.000")])
def test_rupiah_are_written_as_people_here_do(amount: int, said: str) -> None:
    assert rupiah(amount) == said


def test_a_moment_is_told_on_the_day_that_wib_has() -> None:
    assert moment(datetime(2024, 12, 31, 17, 0, tzinfo=UTC)) == "1 Januari 2025 pukul 00.00 WIB"
    assert moment(datetime(2024, 12, 31, 17, 0, tzinfo=UTC), "en") == "1 January 2025, 00:00 WIB"
