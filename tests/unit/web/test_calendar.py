"""The reminder of a refund's last day is a file that calendars take."""

from __future__ import annotations

from tests.unit.web.node import told

SCRIPT = "const { reminder } = await import(`${WEB}/page/calendar.js`); tell(reminder(given));"


def written(**more: str) -> list[str]:
    given = {
        "id": "rfd_1",
        "at": "2026-01-14T16:59:59.999999Z",
        "made": "2025-11-30T01:02:03Z",
        "title": "Pengembalian dana Rp9.375; paling lambat, hari ini",
        "about": "Buka halaman\nlalu periksa é " + "x" * 200,
    } | more
    text: str = told(SCRIPT, given)
    assert text.endswith("END:VCALENDAR\r\n")
    return text.split("\r\n")


def test_the_day_and_its_alarm_are_told_in_utc() -> None:
    lines = written()
    assert lines[0] == "BEGIN:VCALENDAR"
    assert {"UID:rfd_1@meterai", "DTSTAMP:20251130T010203Z", "DTSTART:20260114T165959Z", "TRIGGER:-P1D"} <= set(lines)


def test_no_line_is_too_long_and_nothing_is_lost_in_folding() -> None:
    lines = written()
    assert all(len(line.encode()) <= 75 for line in lines)
    whole = "\r\n".join(lines).replace("\r\n ", "").split("\r\n")
    assert "SUMMARY:Pengembalian dana Rp9.375\\; paling lambat\\, hari ini" in whole
    assert "DESCRIPTION:Buka halaman\\nlalu periksa é " + "x" * 200 in whole
