"""The authorities that the cloud buys in: a root that certifies the seal's KMS key, its CRL, three time-stamping authorities.

Every key is made at random when the stack first starts and stays under its state folder; every name says SPESIMEN. The
service answers

    POST /tsa        RFC 3161 over HTTP (application/timestamp-query); /tsa/2 and /tsa/3 are others, each with a key of its own
    POST /_knobs     {"down": [1]}: which of them answer 503 from now on
    GET  /root.crl   what the root has revoked, DER
    GET  /root.pem   the root itself

    python -m local.authority --port PORT --state FOLDER
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from aiohttp import web
from asn1crypto import cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from pyhanko.sign.general import as_signing_certificate_v2
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

QUERY_LIMIT = 16 * 1024
TSA_PATHS = ("/tsa", "/tsa/2", "/tsa/3")
"""Where the time-stamping authorities answer, the first first."""
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336
HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512(),
}  # fmt: skip
DAY = timedelta(days=1)


def _name(common: str) -> x509.Name:
    return x509.Name([
        x509.NameAttribute(NameOID.COUNTRY_NAME, "ID"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "SPESIMEN - mesin lokal, bukan otoritas"),
        x509.NameAttribute(NameOID.COMMON_NAME, common),
    ])  # fmt: skip


def _usage(*, ca: bool = False, commitment: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca, content_commitment=commitment, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=ca, crl_sign=ca, encipher_only=False, decipher_only=False,
    )  # fmt: skip


class Authority:
    """The root and what it signs, kept in one folder."""

    def __init__(self, folder: Path, url: str) -> None:
        """Open the authority in `folder`, or make it; `url` is where its CRL will be served, for as long as it lives."""
        self._folder = folder
        self._url = url
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (folder / "tsa.pem").exists():
            self._found()
        self._key = self._load("root.key")
        self.root = x509.load_pem_x509_certificate((folder / "root.pem").read_bytes())
        for number in range(2, len(TSA_PATHS) + 1):
            if not (folder / f"tsa-{number}.pem").exists():
                self._certify_clock(f"tsa-{number}", f"SPESIMEN Stempel Waktu Lokal {number}")
        self.tsas = [x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes()) for name in self._clocks()]

    def _found(self) -> None:
        now = datetime.now(UTC).replace(microsecond=0)
        key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
        name = _name(f"SPESIMEN Root Lokal {secrets.token_hex(4)}")
        root = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - DAY).not_valid_after(now + 3650 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(ca=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )  # fmt: skip
        self._key, self.root = key, root
        self._store("root.key", key)
        self._write("root.pem", root.public_bytes(serialization.Encoding.PEM))
        self._certify_clock("tsa", "SPESIMEN Stempel Waktu Lokal")

    def _certify_clock(self, name: str, common: str) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        # RFC 3161, 2.3: the extended key usage is timeStamping alone, and critical.
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        certificate = self._certificate(common, key.public_key(), 1825, usage, critical=True, commitment=False)
        self._store(f"{name}.key", key)
        self._write(f"{name}.pem", certificate.public_bytes(serialization.Encoding.PEM))

    @staticmethod
    def _clocks() -> list[str]:
        """The names of the time-stamping authorities' files."""
        return ["tsa", *(f"tsa-{number}" for number in range(2, len(TSA_PATHS) + 1))]

    def _load(self, name: str) -> rsa.RSAPrivateKey:
        key = serialization.load_pem_private_key((self._folder / name).read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return key

    def _store(self, name: str, key: rsa.RSAPrivateKey) -> None:
        plain = serialization.NoEncryption()
        form = serialization.PrivateFormat.PKCS8
        self._write(name, key.private_bytes(serialization.Encoding.PEM, form, plain))

    def _write(self, name: str, data: bytes) -> None:
        part = self._folder / f"{name}.part"
        part.touch(mode=0o600)
        part.write_bytes(data)
        part.rename(self._folder / name)

    def _certificate(
        self, common: str, key: rsa.RSAPublicKey, days: int, usage: x509.ExtendedKeyUsage, *, critical: bool,
        commitment: bool,
    ) -> x509.Certificate:  # fmt: skip
        now = datetime.now(UTC).replace(microsecond=0)
        root_key = self.root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        crl = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{self._url}/root.crl")], None, None, None)
        return (
            x509.CertificateBuilder().subject_name(_name(common)).issuer_name(self.root.subject).public_key(key)
            .serial_number(x509.random_serial_number()).not_valid_before(now - DAY).not_valid_after(now + days * DAY)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(commitment=commitment), critical=True)
            .add_extension(usage, critical=critical)
            .add_extension(x509.CRLDistributionPoints([crl]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(root_key), critical=False)
            .sign(self._key, hashes.SHA256())
        )  # fmt: skip

    def seal_certificate(self, public_key_der: bytes, issuer: str = "own") -> x509.Certificate:
        """The certificate of an issuer's key that seals (SubjectPublicKeyInfo, as KMS GetPublicKey gives it): the one made
        before, or a new one when the key is new."""
        name, common = (
            ("seal", "Meterai Lokal") if issuer == "own" else (f"seal-{issuer}", f"Penerbit {issuer} Simulasi")
        )
        kept = self._folder / f"{name}.pem"
        key = serialization.load_der_public_key(public_key_der)
        assert isinstance(key, rsa.RSAPublicKey)
        if kept.exists():
            certificate = x509.load_pem_x509_certificate(kept.read_bytes())
            if certificate.public_key() == key and certificate.not_valid_after_utc > datetime.now(UTC) + 30 * DAY:
                return certificate
        usage = x509.ExtendedKeyUsage([DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION])
        certificate = self._certificate(f"SPESIMEN Segel {common}", key, 730, usage, critical=False, commitment=True)
        self._write(f"{name}.pem", certificate.public_bytes(serialization.Encoding.PEM))
        return certificate

    def crl(self) -> bytes:
        """What the root has revoked (nothing, so far), good for a week."""
        now = datetime.now(UTC).replace(microsecond=0)
        key = self.root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        return (
            x509.CertificateRevocationListBuilder().issuer_name(self.root.subject)
            .last_update(now - timedelta(minutes=5)).next_update(now + 7 * DAY)
            .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key), critical=False)
            .sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
        )  # fmt: skip

    @property
    def tsa(self) -> x509.Certificate:
        """The certificate of the first time-stamping authority."""
        return self.tsas[0]

    def stamper(self, number: int = 1) -> Stamper:
        """A time-stamping authority; they are numbered from 1."""
        key = self._load(f"{self._clocks()[number - 1]}.key")
        return Stamper(self.tsas[number - 1], self.root, key)


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


class _Clock(DummyTimeStamper):
    """pyHanko's time-stamping authority with its key loaded once: loading checks the key, which costs more than signing."""

    def __init__(self, certificate: asn1_x509.Certificate, root: asn1_x509.Certificate, key: rsa.RSAPrivateKey) -> None:
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register(root)
        super().__init__(certificate, None, certs_to_embed=store)
        self._loaded = key

    def at(self, now: datetime) -> _Clock:
        """The same authority, its clock standing at `now`."""
        standing = copy.copy(self)
        standing.fixed_dt = now
        return standing

    def _sign_tst_info(self, tst_info_data: bytes, md_algorithm: str, dt: datetime) -> tuple[bytes, cms.CMSAttributes]:
        values = {
            "content_type": "tst_info",
            "signing_time": cms.Time({"utc_time": core.UTCTime(dt)}),
            "signing_certificate_v2": as_signing_certificate_v2(self.tsa_cert),
            "message_digest": hashlib.new(md_algorithm, tst_info_data).digest(),
        }
        signed = cms.CMSAttributes([{"type": kind, "values": [value]} for kind, value in values.items()])
        return self._loaded.sign(signed.dump(), padding.PKCS1v15(), HASHES[md_algorithm]), signed


class Stamper:
    """Answers RFC 3161 queries."""

    def __init__(self, certificate: x509.Certificate, root: x509.Certificate, key: rsa.RSAPrivateKey) -> None:
        self._clock = _Clock(_asn1(certificate), _asn1(root), key)

    def answer(self, query: bytes, now: datetime) -> bytes:
        """A TimeStampResp: the token at `now`, or the rejection that the RFC has for a query it cannot take (2.4.2)."""
        try:
            request = tsp.TimeStampReq.load(query, strict=True)
            algorithm = request["message_imprint"]["hash_algorithm"]["algorithm"].native
            imprint = request["message_imprint"]["hashed_message"].native
        except (ValueError, TypeError, KeyError):
            return _rejected("bad_data_format")
        if algorithm not in HASHES:
            return _rejected("bad_alg")
        if len(imprint) != HASHES[algorithm].digest_size:
            return _rejected("bad_data_format")
        if request["req_policy"].native is not None:
            return _rejected("unaccepted_policy")
        response: bytes = self._clock.at(now).request_tsa_response(request).dump()
        return response


class _Rejection(core.Sequence):  # type: ignore[misc]
    """A TimeStampResp without its token, which is optional in the RFC and not in asn1crypto."""

    _fields: ClassVar = [("status", tsp.PKIStatusInfo)]


def _rejected(reason: str) -> bytes:
    status = tsp.PKIStatusInfo({"status": "rejection", "fail_info": {reason}})
    rejected: bytes = _Rejection({"status": status}).dump()
    return rejected


def application(authority: Authority) -> web.Application:
    """The service."""
    down: set[int] = set()

    def at(number: int, stamper: Stamper) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def stamp(request: web.Request) -> web.Response:
            if number in down:
                return web.Response(status=503)
            try:
                query = await request.read()
            except web.HTTPRequestEntityTooLarge:
                query = b""
            answer = await asyncio.to_thread(stamper.answer, query, datetime.now(UTC))
            return web.Response(body=answer, content_type="application/timestamp-reply")

        return stamp

    async def knobs(request: web.Request) -> web.Response:
        wanted = (await request.json())["down"]
        down.clear()
        down.update(wanted)
        return web.json_response({"down": sorted(down)})

    async def crl(_: web.Request) -> web.Response:
        return web.Response(body=await asyncio.to_thread(authority.crl), content_type="application/pkix-crl")

    async def root(_: web.Request) -> web.Response:
        data = authority.root.public_bytes(serialization.Encoding.PEM)
        return web.Response(body=data, content_type="application/x-pem-file")

    app = web.Application(client_max_size=QUERY_LIMIT)
    app.add_routes([web.post(path, at(n, authority.stamper(n))) for n, path in enumerate(TSA_PATHS, 1)])
    app.add_routes([web.post("/_knobs", knobs), web.get("/root.crl", crl), web.get("/root.pem", root)])
    return app


def main() -> None:
    """Serve on the loopback address."""
    parser = argparse.ArgumentParser(prog="python -m local.authority", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True)
    arguments = parser.parse_args()
    authority = Authority(arguments.state, f"http://127.0.0.1:{arguments.port}")
    web.run_app(
        application(authority), host="127.0.0.1", port=arguments.port, print=None, access_log=None, shutdown_timeout=1
    )


if __name__ == "__main__":
    main()
