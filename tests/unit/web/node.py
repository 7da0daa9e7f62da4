"""The page's modules that need no page, run by node as they stand."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

WEB = Path(__file__).resolve().parents[3] / "web"


def told(script: str, given: Any = None) -> Any:
    """What a module's script writes with `tell(value)`; `given` is what it was given, `WEB` where the modules are. Skips, by
    name, where node is missing."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed (Debian: apt install nodejs)")
    head = (
        f"const given = {json.dumps(given)}; const WEB = {json.dumps(WEB.as_uri())};\n"
        "const tell = (value) => process.stdout.write(JSON.stringify(value));\n"
    )
    done = subprocess.run(
        [node, "--no-warnings", "--experimental-default-type=module", "--input-type=module", "-"],
        input=head + script,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
