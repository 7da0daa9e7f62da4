"""Manipulations of a sealed file: each takes what a forger has and gives what a forger would show."""

import importlib

from tests.unit.pdf.attacks.kinds import ATTACKS, Kind, Scene
from tests.unit.pdf.attacks.legitimate import LEGITIMATE
from tests.unit.pdf.attacks.shadow import SHADOWS

FAMILIES = ("saving", "objects", "referring", "shadow", "forging", "wrapping", "authority", "polyglot")
for _family in FAMILIES:  # each adds its kinds to ATTACKS
    importlib.import_module(f"{__name__}.{_family}")

__all__ = ["ATTACKS", "FAMILIES", "LEGITIMATE", "SHADOWS", "Kind", "Scene"]
