"""Whose account it is: the name that a person typed against the one that the bank has."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from meterai.domain.holder import same_holder

SAME = [
    ("Budi Santoso", "BUDI SANTOSO"),
    ("  budi   santoso ", "Budi-Santoso"),
    ("Ｂｕｄｉ Ｓａｎｔｏｓｏ", "BUDI SANTOSO"),  # full width, as some keyboards type
    ("José Pereira", "JOSE PEREIRA"),
    ("Ma'ruf Amin", "MARUF AMIN"),
    ("Ma’ruf Amin", "MARUF AMIN"),
    ("Nur Aini", "NURAINI"),
    ("Suparno", "SUPARNO"),
    ("Oi", "OI"),
    ("PT. Maju Jaya", "PT MAJU JAYA"),
    # Titles and degrees on one side alone.
    ("H. Budi Santoso, S.H.", "BUDI SANTOSO"),
    ("Budi Santoso", "SDR BUDI SANTOSO"),
    ("Budi Santoso", "BPK BUDI SANTOSO SE MM"),
    ("Dr. dr. Siti Rahma, Sp.A., M.Kes.", "DR SITI RAHMA SP A M KES"),
    ("Prof. Dr. Ir. H. Budi Santoso, M.Sc., Ph.D.", "BUDI SANTOSO"),
    ("Dra. Hj. Siti Aminah", "HJ SITI AMINAH"),
    ("Siti Aminah, A.Md.Keb.", "SITI AMINAH"),
    ("Suparno, S.Pd.", "SUPARNO"),
    ("Drs. Suparno", "SUPARNO"),
    ("H.Budi Santoso", "BUDI SANTOSO"),
    ("Tan Ling, M.A.", "TAN LING"),
    # Short forms.
    ("Moh. Rizki", "MOHAMMAD RIZKI"),
    ("Muhammad Rizki", "MUH RIZKI"),
    ("Abdul Rahman", "ABD RAHMAN"),
    ("M. Rizki Pratama", "MUHAMMAD RIZKI PRATAMA"),
    ("M.Rizki Pratama", "MUHAMMAD RIZKI PRATAMA"),
    ("Muhammad Rizki Pratama", "M RIZKI PRATAMA"),
    ("Budi Santoso Wijaya", "BUDI SANTOSO W"),
    # Cut by the bank's field.
    ("Budi Santoso Wiraatmadja", "BUDI SANTOSO WIRAATM"),
    ("Muhammad Rizki Pratama Wijaya", "MUHAMMAD RIZKI PRATA"),
    ("H. Budi Santoso Wiraatmadja", "BUDI SANTOSO WIRAATMADJ"),
]
ANOTHER = [
    ("Budi Santoso", "BUDI SUSANTO"),
    ("Budi Santoso", "BUDI"),
    ("Budi", "BUDI SANTOSO"),
    ("Budi Santoso", "BUDI SANTOSO WIJAYA"),
    ("Budi Santoso Wijaya", "BUDI SANTOSO"),
    ("Santoso Budi", "BUDI SANTOSO"),
    ("Andi Wiranto", "WIRANTO ANDI"),
    ("B. Santoso", "BAMBANG SANTOSO"),
    ("B. S.", "BUDI SANTOSO"),
    ("M Rizki", "MUHAMMAD RIZKI"),
    ("Muhammad Rizki", "MOHAMMAD RIZKI"),
    ("H. Suparno", "SUPARNO"),  # or Hadi Suparno
    ("Ling Ma", "LING"),
    ("Se Ling", "LING"),
    ("Tan Ling Ma", "TAN LING"),
    ("Budi Santoso", "BUDI SANTOSO QQ ANI"),
    ("Budi Santoso", "BUDI SANTO"),  # too short to be cut
    ("Muhammad Rizki Pratama Wijaya", "MUHAMMAD RIZKI PRATAMA"),  # a whole name, not a cut one
    ("Siti Wiraatmadjakusumahadi", "SITI WIRAATMADJAKUSUM"),  # one whole word is too little
    ("Budi Santoso", "BU** SA*****"),
    ("Bu Sa", "BU** SA*****"),
    ("Bu***** Santoso", "BUDI SANTOSO"),
    ("Budi Santoso", "XXXX SANTOSO"),
    ("Вudi Santoso", "BUDI SANTOSO"),  # its first letter is Cyrillic
    ("", ""),
    ("", "BUDI SANTOSO"),
    ("--", "--"),
    ("12345", "12345"),
    ("H.", "H."),
]


@pytest.mark.parametrize(("typed", "banks"), SAME)
def test_one_person_written_in_two_ways(typed: str, banks: str) -> None:
    assert same_holder(typed, banks)


@pytest.mark.parametrize(("typed", "banks"), ANOTHER)
def test_two_people_or_a_doubt(typed: str, banks: str) -> None:
    assert not same_holder(typed, banks)


WORDS = st.sampled_from(
    re.findall(
        r"\w+",
        "ADI AGUS AHMAD AMINAH ANDI ANI ANITA ARIF AYU BAMBANG BUDI CAHYA CITRA DEWI DIAN DWI EKA ENDANG FAJAR FITRI "
        "GUNAWAN HADI HARI HASAN HENDRA INDAH IRAWAN JOKO KARTIKA KURNIAWAN KUSUMA LESTARI LINA MADE MAYA MEGA NUGROHO NUR "
        "PERMATA PRATAMA PUTRA PUTRI RAHAYU RAHMAN RATNA RINI RIZKI SANTOSA SANTOSO SARI SAPUTRA SETIAWAN SITI SRI SUHARTO "
        "SUSANTI SUSANTO TRI UTAMI WAHYU WIBOWO WIDODO WIJAYA WULANDARI YANTI YUDHA YULIANTI YULIANTO ZAINAL",
    )
)
NAMES = st.lists(WORDS, min_size=2, max_size=4, unique=True)


@given(NAMES, st.data())
def test_case_width_spaces_and_signs_never_matter(words: list[str], data: st.DataObject) -> None:
    gap = data.draw(st.sampled_from([" ", "  ", "-", ". ", " / "]))
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in words[0])
    other = gap.join([wide, *(word.lower() for word in words[1:])])
    assert unicodedata.normalize("NFKC", wide) == words[0]
    assert same_holder(other, " ".join(words))
    assert same_holder(" ".join(words), other)


@given(
    NAMES,
    st.sampled_from(["H. ", "Hj. ", "Dr. ", "Drs. ", "Ir. ", "Prof. Dr. "]),
    st.sampled_from([", S.H.", ", S.E., M.M.", " S.Kom", " M.Si.", ", Ph.D"]),
)
def test_titles_and_degrees_may_be_on_one_side_alone(words: list[str], before: str, after: str) -> None:
    name = " ".join(words)
    for titled in (before + name, name + after, before + name + after):
        assert same_holder(titled, name)
        assert same_holder(name, titled)


@given(NAMES, NAMES)
def test_nobody_passes_for_somebody_with_another_name(words: list[str], others: list[str]) -> None:
    assume("".join(words) != "".join(others))
    theirs = " ".join(others)
    assume(not (len(theirs) in range(20, 36) and " ".join(words).startswith(theirs)))
    assert not same_holder(" ".join(words), theirs)


@given(NAMES, st.data())
def test_a_word_changed_added_lost_or_moved_is_another_person(words: list[str], data: st.DataObject) -> None:
    name = " ".join(words)
    at = data.draw(st.integers(0, len(words) - 1))
    changed = data.draw(WORDS.filter(lambda word: word not in words))
    swapped = [words[1], words[0], *words[2:]]
    assume(not any(word.startswith(changed) for word in words))  # a bank may have cut it
    for other in (
        [*words[:at], changed, *words[at + 1 :]],
        [*words[:at], changed, *words[at:]],
        words[:at] + words[at + 1 :],
        swapped,
    ):
        assume("".join(other) != "".join(words))
        assert not same_holder(" ".join(other), name)
        assert not same_holder(name, " ".join(other))


@given(st.lists(WORDS, min_size=3, max_size=5), st.integers(20, 35))
def test_a_name_that_its_bank_cut_in_the_middle_of_a_word_still_passes(words: list[str], length: int) -> None:
    name = " ".join(words)
    assume(len(name) > length and name[length] != " " and name[length - 1] != " ")
    assume(name[:length].count(" ") >= 2)
    assert same_holder(name, name[:length])


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_gets_an_answer_and_only_the_same_letters_agree(one: str, other: str) -> None:
    letters = [[sign for sign in unicodedata.normalize("NFKC", name) if sign.isalpha()] for name in (one, other)]
    if same_holder(one, other):
        assert letters[0]
        assert letters[1]
