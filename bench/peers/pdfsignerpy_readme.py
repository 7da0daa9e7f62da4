"""pdfsignerpy (Rust): B-B with a visible box, file to file, as its readme shows it."""

from __future__ import annotations

import sys

import pdfsigner
from turns import file_to_file


def main(folder: str) -> None:
    file_to_file(
        lambda source, target: pdfsigner.sign_pdf(
            source, target, f"{folder}/key.p12", "bench", reason="Stempel", level="bb", signtext="METERAI ELEKTRONIK"
        )
    )


main(*sys.argv[1:])
