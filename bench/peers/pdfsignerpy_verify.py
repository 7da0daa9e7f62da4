"""pdfsignerpy (Rust) verifies: every signature and timestamp, chains to the given roots, and the whole document."""

from __future__ import annotations

import sys

import pdfsigner
from turns import checked


def main(roots: str) -> None:
    checked(lambda source: pdfsigner.verify_pdf_report(source, roots=roots)["all_valid"])


main(*sys.argv[1:])
