"""Validation data as others append it, sound but for what a forger adds."""

from __future__ import annotations

import re
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from tests.unit.pdf import papers
from tests.unit.pdf.attacks.kinds import CATALOG, FREE, Scene, body, stream
from tests.unit.pdf.pki import NOW


def _certificate(hidden: bytes) -> bytes:
    """A sound certificate with an extension that nobody reads."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=1))
    made = made.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), hidden), critical=False)
    return made.sign(key, SHA256()).public_bytes(Encoding.DER)


def certified(scene: Scene, hidden: bytes = b"", *, entries: bytes = b"", **changes: bytes) -> dict[int, bytes]:
    """The objects of a /DSS with one certificate more."""
    catalog = re.sub(rb"/DSS \d+ 0 R", b"", body(scene.sealed, CATALOG))
    before = re.search(rb"/DSS (\d+) 0 R", body(scene.sealed, CATALOG))
    kept = body(scene.sealed, int(before[1])) if before else b"<< /Type /DSS /Certs [] >>"
    return {
        FREE: stream(_certificate(hidden), changes.get("extra", b"")),
        FREE + 1: re.sub(rb"/Certs \[", b"/Certs [60 0 R ", kept, count=1).replace(b"<<", b"<<" + entries, 1),
        CATALOG: catalog.replace(b"/Catalog", b"/Catalog /DSS 61 0 R" + changes.get("catalog", b""), 1),
    }


def packed_validation_data(scene: Scene) -> bytes:
    """Dictionaries in an object stream, and a cross-reference stream."""
    made = certified(scene)
    return packed_update(scene.sealed, {FREE: made[FREE]}, {number: made[number] for number in (CATALOG, FREE + 1)})


def packed_update(document: bytes, loose: dict[int, bytes], packed: dict[int, bytes], untold: int = 0) -> bytes:
    """An update with a cross-reference stream, its dictionaries in an object stream, the last of them not `untold`."""
    previous = int(document[document.rindex(b"startxref") + 9 :].split()[0])
    holder, table = 62, 63
    rows = {number: (2, holder, index) for index, number in enumerate(list(packed)[: len(packed) - untold])}
    out = bytearray(document)
    for number, value in {**loose, holder: papers._object_stream(packed)}.items():
        rows[number] = 1, len(out), 0
        out += b"%d 0 obj\n%s\nendobj\n" % (number, value)
    rows[table] = 1, len(out), 0
    ordered = sorted(rows)
    entries = (rows[number] for number in ordered)
    data = b"".join(bytes([kind]) + at.to_bytes(4, "big") + bytes([index]) for kind, at, index in entries)
    listed = " ".join(f"{number} 1" for number in ordered)
    head = f"/Type /XRef /Size {table + 1} /W [1 4 1] /Index [{listed}] /Root 1 0 R /Prev {previous}"
    out += b"%d 0 obj\n%s\nendobj\n" % (table, stream(data, head.encode()))
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % rows[table][1]
