"""endesive: a visible text, file to file, as its examples show it.

Its verifying half, which signing does not need, imports a library that does not know the version of today's OpenSSL and stops
there: it is left out."""

from __future__ import annotations

import sys
from pathlib import Path
from unittest.mock import MagicMock

from cryptography.hazmat.primitives.serialization import pkcs12
from turns import file_to_file

sys.modules["endesive.pdf.verify"] = MagicMock()

from endesive.pdf import cms  # noqa: E402 - after what it would import

LOOK = {
    "aligned": 16384,
    "sigflags": 3,
    "sigflagsft": 132,
    "sigpage": 0,
    "sigfield": "Signature",
    "signaturebox": (60, 600, 240, 700),
    "signature": "METERAI ELEKTRONIK",
    "contact": "",
    "location": "",
    "signingdate": "20240904170000+00'00'",
    "reason": "Stempel",
}


def main(folder: str) -> None:
    key, certificate, others = pkcs12.load_key_and_certificates(Path(folder, "key.p12").read_bytes(), b"bench")

    def sign(source: str, target: str) -> None:
        data = Path(source).read_bytes()
        Path(target).write_bytes(data + cms.sign(data, dict(LOOK), key, certificate, others, "sha256"))

    file_to_file(sign)


main(*sys.argv[1:])
