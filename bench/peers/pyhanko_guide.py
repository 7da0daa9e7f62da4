"""pyHanko as its guide shows it: SimpleSigner, QRStampStyle with letters of its own, PdfSigner
(https://docs.pyhanko.eu/en/latest/lib-guide/signing.html). `kms` is the same with a signer that hands out signatures and
keeps its key, as the guide's example for AWS KMS does, without the call itself; `plain` has Courier, which is not embedded,
in place of the letters."""

from __future__ import annotations

import hashlib
import io
import sys
from importlib.resources import files

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.x509 import load_pem_x509_certificate
from pyhanko import stamp
from pyhanko.pdf_utils import text
from pyhanko.pdf_utils.font import opentype
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from turns import in_memory

FONT = files("fontpkg_barlow_condensed") / "files" / "BarlowCondensed-SemiBold.ttf"
TEXT = "METERAI ELEKTRONIK\n10000\n%(signer)s\n%(ts)s"
ADDRESS = "HTTPS://EMET.CONTOH.ID/V/0000000000000000000000"
_DIGEST = Prehashed(hashes.SHA256())


class KeyKeeper(signers.Signer):
    """A signer whose key is somewhere else: it hashes here, sends the digest, and checks what comes back."""

    def __init__(self, simple: signers.SimpleSigner, folder: str) -> None:
        super().__init__(signing_cert=simple.signing_cert, cert_registry=simple.cert_registry)
        with open(f"{folder}/key.pem", "rb") as key, open(f"{folder}/cert.pem", "rb") as certificate:
            self._key = serialization.load_pem_private_key(key.read(), None)
            self._public = load_pem_x509_certificate(certificate.read()).public_key()

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        if dry_run:
            return bytes(256)
        digest = hashlib.new(digest_algorithm, data).digest()
        value = self._key.sign(digest, padding.PKCS1v15(), _DIGEST)
        self._public.verify(value, digest, padding.PKCS1v15(), _DIGEST)
        return value


def main(folder: str, *kinds: str) -> None:
    simple = signers.SimpleSigner.load(
        f"{folder}/key.pem", f"{folder}/cert.pem", ca_chain_files=(f"{folder}/issuing.pem", f"{folder}/root.pem")
    )
    assert simple is not None
    signer = KeyKeeper(simple, folder) if "kms" in kinds else simple
    letters = {} if "plain" in kinds else {"font": opentype.GlyphAccumulatorFactory(str(FONT))}
    style = stamp.QRStampStyle(stamp_text=TEXT, text_box_style=text.TextBoxStyle(**letters))
    metadata = signers.PdfSignatureMetadata(
        field_name="Signature", subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256", reason="Stempel"
    )

    def sign(source: bytes) -> bytes:
        writer = IncrementalPdfFileWriter(io.BytesIO(source))
        fields.append_signature_field(writer, fields.SigFieldSpec("Signature", on_page=0, box=(60, 600, 240, 700)))
        made = signers.PdfSigner(metadata, signer=signer, stamp_style=style).sign_pdf(
            writer, appearance_text_params={"url": ADDRESS}
        )
        return made.getvalue()

    in_memory(sign)


main(*sys.argv[1:])
