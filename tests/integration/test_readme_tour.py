"""The README's tour, as a person pastes it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local.deployment import HOUSE

pytestmark = pytest.mark.xdist_group("stack")
TOUR_SECONDS = 120
_BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def tour() -> str:
    """The bash blocks of the README's section on the tour, one after the other."""
    section = (HOUSE / "README.md").read_text().partition("## A tour with curl")[2].partition("\n## ")[0]
    return "".join(_BLOCK.findall(section))


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_tour_of_the_readme_ends_with_an_authentic_stamp_and_a_settled_refund(stack: Any, tmp_path: Path) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "access.json").write_text(json.dumps(stack.access))
    walked = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", tour()],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=TOUR_SECONDS,
        check=False,
    )
    assert walked.returncode == 0, walked.stderr + walked.stdout
    assert not walked.stderr
    lines = walked.stdout.splitlines()
    assert sum(re.fullmatch(r"/invoices/inv_\w{26}: paid", line) is not None for line in lines) == 2
    assert any(re.fullmatch(r"stamping: done, serial [0-9A-Z]{22}", line) for line in lines)
    assert any(line.endswith("/bermeterai.pdf: authentic") for line in lines)
    assert "back: Rp18750" in lines
    assert any(re.fullmatch(r"/refunds/rfd_\w{26}: refunded", line) for line in lines)
    assert '"used":1,"held":0,"refunded":2' in lines[-1]
    assert next(tmp_path.glob("*/bermeterai.pdf")).read_bytes().startswith(b"%PDF-")
