"""pyHanko as its guide shows it: SimpleSigner, QRStampStyle, PdfSigner
(https://docs.pyhanko.eu/en/latest/lib-guide/signing.html). With `kms`, the same with a signer that hands out signatures
and keeps its key, as one on KMS does."""

from __future__ import annotations

import io
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from pyhanko import stamp
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from turns import in_memory

STYLE = stamp.QRStampStyle(stamp_text="METERAI ELEKTRONIK\n10000\n%(signer)s")


class KeyKeeper(signers.Signer):
    """A signer whose key is somewhere else."""

    def __init__(self, simple: signers.SimpleSigner, key: object) -> None:
        super().__init__(signing_cert=simple.signing_cert, cert_registry=simple.cert_registry)
        self._key = key

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: ARG002
        return bytes(256) if dry_run else self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def main(folder: str, kind: str) -> None:
    simple = signers.SimpleSigner.load(
        f"{folder}/key.pem", f"{folder}/cert.pem", ca_chain_files=(f"{folder}/root.pem",)
    )
    assert simple is not None
    signer: signers.Signer = simple
    if kind == "kms":
        with open(f"{folder}/key.pem", "rb") as file:
            signer = KeyKeeper(simple, serialization.load_pem_private_key(file.read(), None))
    metadata = signers.PdfSignatureMetadata(
        field_name="Signature", subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256", reason="Stempel"
    )

    def sign(source: bytes) -> bytes:
        writer = IncrementalPdfFileWriter(io.BytesIO(source))
        fields.append_signature_field(writer, fields.SigFieldSpec("Signature", on_page=0, box=(60, 600, 240, 700)))
        made = signers.PdfSigner(metadata, signer=signer, stamp_style=STYLE).sign_pdf(
            writer, appearance_text_params={"url": "HTTPS://EMET.CONTOH.ID/V/0000000000000000000000"}
        )
        return made.getvalue()

    in_memory(sign)


main(*sys.argv[1:])
