"""What a first visit fetches: how much it weighs, that it is all there, and that nothing of it is anybody else's."""

from __future__ import annotations

import gzip
import re

from tests.unit.web.node import WEB

MOST = 60_000
LITE = 15_000


def imported(path: str, seen: dict[str, bytes]) -> dict[str, bytes]:
    """A module and all that it imports, by their addresses."""
    if path not in seen:
        text = (WEB / path.lstrip("/")).read_text()
        seen[path] = text.encode()
        for each in re.findall(r'^import [^;]*?"(\.[^"]+)";|import\("(\.\./sentences\.id\.js)"\)', text, re.MULTILINE):
            target = (WEB / path.lstrip("/")).parent / next(filter(None, each))
            imported("/" + str(target.resolve().relative_to(WEB)), seen)
    return seen


def whole_page() -> dict[str, bytes]:
    """The first visit, and what comes when there is need of it: the modules that its modules import later."""
    files = first_visit()
    while (
        later := {
            f"/page/{name}.js"
            for text in files.values()
            for name in re.findall(r'import\("\./([a-z]+)\.js"\)', text.decode(errors="replace"))
        }
        - files.keys()
    ):
        for path in later:
            imported(path, files)
    return files


def first_visit() -> dict[str, bytes]:
    """Everything that the page asks for before anybody touches it."""
    page = (WEB / "index.html").read_text()
    files = {"/": page.encode(), **imported("/page/main.js", {})}
    for path in re.findall(r'(?:href|src)="(/[a-z.]+\.(?:css|svg))"', page):
        files[path] = (WEB / path.lstrip("/")).read_bytes()
    return files


def test_the_first_visit_is_light() -> None:
    weighed = {path: len(gzip.compress(data, 6)) for path, data in first_visit().items()}
    assert len(weighed) > 20
    assert sum(weighed.values()) <= MOST, weighed


def test_every_module_of_the_first_visit_is_asked_for_at_once() -> None:
    preloaded = set(re.findall(r'rel="modulepreload" href="([^"]+)"', (WEB / "index.html").read_text()))
    assert preloaded == {path for path in first_visit() if path.endswith(".js")}


def test_the_worker_keeps_the_whole_page() -> None:
    text = (WEB / "worker.js").read_text()
    listed = text[text.index("SHELL = [") : text.index("];")]
    modules = listed[listed.index("...[") : listed.index("].map")]
    kept = set(re.findall(r'"(/[^"$]*)"', listed)) | {f"/page/{name}.js" for name in re.findall(r'"([a-z]+)"', modules)}
    assert kept == {*whole_page(), "/stamp.svg", "/sentences.en.js"}
    assert len(whole_page()) > len(first_visit())


def test_no_page_names_another_host_or_carries_a_script_or_a_style_of_its_own() -> None:
    for page in WEB.rglob("*.html"):
        text = page.read_text()
        assert re.findall(r"(?:src|href)=\"(?!/|#)[^\"]*\"", text) == [], page
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", text), page
    for module in [*WEB.rglob("*.js"), *WEB.rglob("*.css")]:
        assert not re.search(r"https?://(?!www\.w3\.org/)", module.read_text()), module


def test_the_page_for_slow_networks_weighs_next_to_nothing() -> None:
    own = ("lite.html", "lite.css", "lite.js")
    assert sum((WEB / name).stat().st_size for name in own) <= LITE  # with both languages, and not even compressed
    keeping = {"/page/kept.js", "/page/shelf.js"}  # what is kept is on the disk before money moves, here too
    assert imported("/lite.js", {}).keys() == {"/lite.js", *keeping}  # one small script beside that
    assert set(re.findall(r'rel="modulepreload" href="([^"]+)"', (WEB / "lite.html").read_text())) == keeping
    files = (*own, "icon.svg", "page/qr.js", *(path.lstrip("/") for path in keeping))
    assert sum(len(gzip.compress((WEB / name).read_bytes(), 6)) for name in files) <= LITE
