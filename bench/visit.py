"""The page on a slow phone: `python -m bench.visit` (the stack must run: `make run`; chromium and tests/web/tools too).

Lighthouse looks at every public page on its default slow phone, three times each, of which the best counts; a first visit on
slow 3G goes to the code that can be paid, seven times, by the page and by the light one; what a first load asks for is weighed
as it comes. Writes bench/results/page.json and the table in docs/page.md.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser
from rich.progress import Progress

from bench.corpus import HOUSE, access_of
from bench.versions import version
from tests.integration.client import Person, connect
from tests.web.slow import PAGES, SLOW_3G, looked_at, missing, seconds_to_the_code
from tests.web.visitor import chromium, opened_browser

RESULTS = HOUSE / "bench" / "results" / "page.json"
DOC = HOUSE / "docs" / "page.md"
FIGURES = "<!-- figures: written by python -m bench.visit -->"
LOOKS, VISITS = 3, 7
SERIAL = "/v/{serial}"
ROADS = ("/", "/lite.html")
"""The pages that lead to a code."""
MOST_BYTES, LITE_BYTES, MOST_SECONDS = 60_000, 15_000, 20
ACCESSIBILITY, PERFORMANCE = 100, 95
WEIGHED = """() => {
  const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  return { requests: all.length, compressed_bytes: all.reduce((sum, one) => sum + one.encodedBodySize, 0) };
}"""
"""What the page that is open asked for, as it came: bodies alone."""
Json = dict[str, Any]


def promised(record: Mapping[str, Any]) -> Iterator[tuple[str, str, str, bool]]:
    """What the figures had to be, what they are, and whether they are."""
    pages, loads, visits = record["lighthouse"]["pages"], record["first_load"], record["slow_3g"]["seconds"]
    for path, page in pages.items():
        score = page["scores"]["accessibility"]
        yield f"accessibility, `{path}`", str(ACCESSIBILITY), str(score), score >= ACCESSIBILITY
    speed = pages["/"]["scores"]["performance"]
    yield "performance on the slow phone, `/`", f"at least {PERFORMANCE}", str(speed), speed >= PERFORMANCE
    for path, most in (("/", MOST_BYTES), ("/lite.html", LITE_BYTES)):
        found = loads[path]["compressed_bytes"]
        yield (
            f"first load, `{path}`, compressed",
            f"at most {most / 1000:g} KB",
            f"{found / 1000:.1f} KB",
            found <= most,
        )
    for path in ROADS:
        slowest = max(visits[path])
        found = f"{statistics.median(visits[path]):.1f} s, at most {slowest:.1f} s of {len(visits[path])}"
        yield f"first visit to the code, slow 3G, `{path}`", f"at most {MOST_SECONDS} s", found, slowest <= MOST_SECONDS


def figures(record: Mapping[str, Any]) -> str:
    """The record as docs/page.md shows it."""
    lines = [f"Commit {record['commit']}, {record['day']}, Lighthouse {record['lighthouse']['version']}.", ""]
    lines += ["| figure | wanted | found |", "|---|---|---|"]
    lines += [
        f"| {what} | {want} | {found}{'' if kept else ' **missed**'} |" for what, want, found, kept in promised(record)
    ]
    lines += ["", "| page | performance | accessibility | best practices | SEO | first paint | largest paint | shift |"]
    lines += ["|---|---|---|---|---|---|---|---|"]
    for path, page in record["lighthouse"]["pages"].items():
        scores, took = page["scores"], page["figures"]
        marks = " | ".join(str(scores[name]) for name in ("performance", "accessibility", "best-practices", "seo"))
        paints = [took[name] / 1000 for name in ("first-contentful-paint", "largest-contentful-paint")]
        shift = took["cumulative-layout-shift"]
        lines.append(f"| `{path}` | {marks} | {paints[0]:.1f} s | {paints[1]:.1f} s | {shift:.3f} |")
    return "\n".join(lines)


def written(text: str, record: Mapping[str, Any]) -> str:
    """docs/page.md with these figures in the place of those that it has."""
    before, _, rest = text.partition(FIGURES)
    _, _, after = rest.partition(FIGURES)
    return f"{before}{FIGURES}\n\n{figures(record)}\n\n{FIGURES}{after}"


def kept(record: Mapping[str, Any]) -> bool:
    """Whether every figure is what it had to be."""
    return all(is_kept for *_, is_kept in promised(record))


def best(looks: Sequence[Mapping[str, Any]]) -> Json:
    """The look at a page that a busy machine disturbed least."""
    found = max(looks, key=lambda look: look["scores"]["performance"])
    return {name: found[name] for name in ("scores", "lost", "figures")}


def weighed(browser: Browser, url: str) -> Json:
    """What a first load asks for, before anybody touches the page."""
    context = browser.new_context(service_workers="block")
    try:
        page = context.new_page()
        page.goto(url, wait_until="networkidle")
        found: Json = page.evaluate(WEIGHED)
        return found
    finally:
        context.close()


def main(arguments: Sequence[str]) -> int:
    """Measure and write the record; 1 when a figure is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.visit", description=__doc__)
    parser.add_argument("--access", type=Path, default=HOUSE / ".local" / "access.json", help="the stack's access.json")
    given = parser.parse_args(arguments)
    access, path = access_of(given.access), chromium()
    if (lacks := missing()) or path is None:
        raise SystemExit(f"meterai: {lacks}")
    url, load = access["web_url"], [os.getloadavg()[0]]
    with connect(access["api_url"]) as http:
        person = Person.new(http)
        person.buy()
        places = {path: url + path for path in PAGES} | {SERIAL: f"{url}/v/{person.stamp()['serial']}"}
    with Progress() as progress:
        task = progress.add_task("Lighthouse", total=LOOKS)
        looks = []
        for _ in range(LOOKS):
            looks.append(looked_at(list(places.values())))
            progress.advance(task)
        load.append(os.getloadavg()[0])
        task = progress.add_task("first visits on slow 3G", total=VISITS)
        seconds: dict[str, list[float]] = {road: [] for road in ROADS}
        with opened_browser(path) as browser:
            loads = {road: weighed(browser, url + road) for road in ROADS}
            for _ in range(VISITS):
                for road in ROADS:
                    seconds[road].append(round(seconds_to_the_code(browser, url, road), 2))
                progress.advance(task)
    record = {
        **version(),
        "load_average": [round(one, 1) for one in (*load, os.getloadavg()[0])],
        "lighthouse": {
            "version": looks[0][url + "/"]["version"],
            "looks": LOOKS,
            "pages": {name: best([look[place] for look in looks]) for name, place in places.items()},
        },
        "first_load": loads,
        "slow_3g": {"network": SLOW_3G, "seconds": seconds},
    }
    RESULTS.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    DOC.write_text(written(DOC.read_text(), record))
    print(json.dumps(record, indent=1, ensure_ascii=False))
    return 0 if kept(record) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
