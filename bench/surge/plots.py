"""Four plots of the simulated days, as small SVG files that are the same for the same figures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

mpl.use("svg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from bench.corpus import HOUSE
from bench.surge.days import DAYS
from bench.surge.paper import Paper

IMAGES = HOUSE / "docs" / "images"
POINTS = 120
Papers = Mapping[str, Paper]


def draw(papers: Papers, folder: Path = IMAGES) -> None:
    """Backlog, wait, estimate against truth, goodput: one file each."""
    mpl.rcParams.update({"svg.hashsalt": "meterai", "svg.fonttype": "none", "font.size": 8, "path.simplify": True})
    with _plot(folder / "surge-backlog.svg", papers, "stampings in both lines, millions") as panels:
        for axes, paper in panels:
            hours, series = _hours(paper), paper.series
            both = np.array(series.waiting) + np.array(series.bulk_waiting)
            axes.fill_between(*_thin(hours, both / 1e6), color="#c9b458", label="partners' batches", linewidth=0)
            axes.fill_between(
                *_thin(hours, np.array(series.waiting) / 1e6), color="#1f6f54", label="people", linewidth=0
            )
    with _plot(folder / "surge-wait.svg", papers, "seconds that the first in people's line has waited") as panels:
        for axes, paper in panels:
            axes.plot(*_thin(_hours(paper), np.array(paper.series.oldest)), color="#1f6f54", linewidth=1)
    with _plot(folder / "surge-goodput.svg", papers, "stamps a second") as panels:
        for axes, paper in panels:
            hours = _hours(paper)
            axes.plot(*_thin(hours, np.array(paper.series.wanted)), color="#999999", linewidth=1, label="wanted")
            axes.plot(*_thin(hours, np.array(paper.series.done)), color="#1f6f54", linewidth=1, label="done")
    with _plot(folder / "surge-estimate.svg", papers, "minutes to the turn") as panels:
        for axes, paper in panels:
            points = np.array(paper.followed.points("paid", 60)).reshape(-1, 4)
            at = (points[:, 0] - paper.day.seconds) / 3600 if paper.day.deadline else points[:, 0] / 3600
            bars = np.column_stack([points[:, 1:3] / 60, np.full(len(points), np.nan)]).ravel()
            axes.plot(
                np.repeat(at, 3), bars, color="#c9b458", linewidth=1.5, label="told when joining", solid_capstyle="butt"
            )
            axes.plot(at, points[:, 3] / 60, ".", color="#1f6f54", markersize=2.5, label="what came")


@contextmanager
def _plot(path: Path, papers: Papers, what: str) -> Iterator[list[tuple[Axes, Paper]]]:
    """A panel for each day, in the order of days; saved when they are drawn."""
    names = [name for name in DAYS if name in papers]
    figure, axes = plt.subplots(1, len(names), figsize=(2.5 * len(names), 2.1), squeeze=False, layout="constrained")
    yield [(one, papers[name]) for one, name in zip(axes[0], names, strict=True)]
    for one, name in zip(axes[0], names, strict=True):
        before = papers[name].day.deadline is not None
        one.set_title(name)
        one.set_xlabel("hours to the deadline" if before else "hours since everybody came")
        one.set_ylim(bottom=0)
        one.spines[["top", "right"]].set_visible(False)
        if before:
            one.axvline(0, color="#b03030", linewidth=0.8)
            one.set_xlim(-6, None)
    axes[0][0].set_ylabel(what, fontsize=7)
    if axes[0][-1].get_legend_handles_labels()[0]:
        axes[0][-1].legend(frameon=False, fontsize=7)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)
    text = re.sub(r"\d+\.\d{3,}", lambda found: f"{float(found[0]):.2f}", path.read_text())
    text = re.sub(r" *\nL ", "L", text)
    path.write_text("\n".join(line.rstrip() for line in text.splitlines()) + "\n")


def _hours(paper: Paper) -> Any:
    minutes = np.array(paper.series.minutes)
    return (minutes - paper.day.seconds / 60) / 60 if paper.day.deadline else minutes / 60


def _thin(hours: Any, values: Any) -> tuple[Any, Any]:
    """The last six hours before a deadline and all after it, as POINTS means at most."""
    near = hours >= -6
    hours, values = hours[near], values[near]
    each = max(1, len(hours) // POINTS)
    cut = len(hours) // each * each
    return hours[:cut].reshape(-1, each).mean(1), values[:cut].reshape(-1, each).mean(1)
