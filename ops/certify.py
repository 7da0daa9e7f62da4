"""The seal's certificate, for an operator: ask an authority for one, then put the chain where verdicts lean on it.

    python -m ops.certify request --key KEY_ARN --organization "PT ..." --common-name "Segel ..." > seal.csr
    python -m ops.certify publish --bucket TRUST_BUCKET --key KEY_ARN --chain chain.pem --roots roots.pem [--tsa-chain tsa.pem]
    python -m ops.certify publish --bucket TRUST_BUCKET --issuer peruri ...

The private key never leaves KMS: the request is signed there. `publish` writes `seal-chain.pem` (the seal's certificate
first), `roots.pem`, `tsa-chain.pem` and adds the key to the pins in `issuers.json`; a pin is never taken away, because
stamps made with an earlier key stay what they are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from asn1crypto import core, csr, keys, pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

app = typer.Typer(help=__doc__, no_args_is_help=True)


def request_for(kms: Any, key: str, subject: dict[str, str]) -> bytes:
    """A PKCS #10 request (PEM) for the KMS signing key, signed by it. `subject` is in asn1crypto's names."""
    public = keys.PublicKeyInfo.load(kms.get_public_key(KeyId=key)["PublicKey"])
    usage = asn1_x509.Extension(
        {"extn_id": "key_usage", "critical": True,
         "extn_value": asn1_x509.KeyUsage({"digital_signature", "non_repudiation"})}
    )  # fmt: skip
    info = csr.CertificationRequestInfo({
        "version": "v1",
        "subject": asn1_x509.Name.build(subject),
        "subject_pk_info": public,
        "attributes": [{"type": "extension_request", "values": [[usage]]}],
    })  # fmt: skip
    signature = kms.sign(
        KeyId=key, Message=hashlib.sha256(info.dump()).digest(), MessageType="DIGEST",
        SigningAlgorithm="RSASSA_PKCS1_V1_5_SHA_256",
    )["Signature"]  # fmt: skip
    signed = csr.CertificationRequest({
        "certification_request_info": info,
        "signature_algorithm": {"algorithm": "sha256_rsa", "parameters": core.Null()},
        "signature": signature,
    })  # fmt: skip
    armoured: bytes = pem.armor("CERTIFICATE REQUEST", signed.dump())
    return armoured


def _pem(certificates: Sequence[x509.Certificate]) -> bytes:
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def _instant(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def pinned(pins: list[dict[str, str]], certificate: x509.Certificate, issuer: str = "own") -> list[dict[str, str]]:
    """The pins with the certificate's key among them as this issuer's, its period widened to the certificate's."""
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    fresh = {
        "issuer": issuer, "spki_sha256": hashlib.sha256(spki).hexdigest(),
        "not_before": _instant(certificate.not_valid_before_utc),
        "not_after": _instant(certificate.not_valid_after_utc),
    }  # fmt: skip
    same = [pin for pin in pins if pin["spki_sha256"] == fresh["spki_sha256"]]
    for pin in same:
        fresh["not_before"] = min(fresh["not_before"], pin["not_before"])
        fresh["not_after"] = max(fresh["not_after"], pin["not_after"])
    return [*(pin for pin in pins if pin not in same), fresh]


def publish_trust(
    s3: Any, bucket: str, chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate],
    tsa_chain: Sequence[x509.Certificate], issuer: str = "own",
) -> None:  # fmt: skip
    """Write the trust store's objects; what already reads the same is left alone."""
    existing = _read(s3, bucket, "issuers.json")
    pins = pinned(json.loads(existing) if existing else [], chain[0], issuer)
    wanted = {
        "seal-chain.pem": _pem(chain), "roots.pem": _pem(roots), "tsa-chain.pem": _pem(tsa_chain),
        "issuers.json": json.dumps(pins, indent=1).encode(),
    }  # fmt: skip
    for key, body in wanted.items():
        if _read(s3, bucket, key) != body:
            s3.put_object(Bucket=bucket, Key=key, Body=body)


def _read(s3: Any, bucket: str, key: str) -> bytes | None:
    try:
        body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
    return body


@app.command()
def request(
    key: Annotated[str, typer.Option(help="ARN of the KMS key (the stack's output SealKeyArn).")],
    organization: Annotated[str, typer.Option(help="Registered name of the organization.")],
    common_name: Annotated[str, typer.Option(help="Name on the seal.")],
    country: Annotated[str, typer.Option(help="Two letters.")] = "ID",
) -> None:
    """Print a certificate request for the seal's key, to be handed to a certification authority."""
    subject = {"country_name": country, "organization_name": organization, "common_name": common_name}
    typer.echo(request_for(boto3.client("kms"), key, subject).decode(), nl=False)


@app.command()
def publish(
    bucket: Annotated[str, typer.Option(help="The stack's output TrustBucket.")],
    chain: Annotated[Path, typer.Option(help="PEM: the seal's certificate first, then what issued it.")],
    roots: Annotated[Path, typer.Option(help="PEM: the roots that seals and timestamps end at.")],
    tsa_chain: Annotated[Path | None, typer.Option(help="PEM: the time-stamping authorities' chains.")] = None,
    key: Annotated[str, typer.Option(help="ARN of the KMS key; our own chain must be for it.")] = "",
    issuer: Annotated[str, typer.Option(help="Whose chain it is: own, or an upstream issuer's name.")] = "own",
) -> None:
    """Put the chain, the roots and the pin into the trust bucket."""
    certificates = x509.load_pem_x509_certificates(chain.read_bytes())
    if issuer == "own":
        ours = boto3.client("kms").get_public_key(KeyId=key)["PublicKey"]
        if certificates[0].public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != ours:
            raise typer.BadParameter("the first certificate is not for this KMS key", param_hint="--chain")
    publish_trust(
        boto3.client("s3"), bucket, certificates, x509.load_pem_x509_certificates(roots.read_bytes()),
        x509.load_pem_x509_certificates(tsa_chain.read_bytes()) if tsa_chain else [],
        issuer,
    )  # fmt: skip
    typer.echo(f"published to {bucket}: " + ", ".join(str(c.subject.rfc4514_string()) for c in certificates))


if __name__ == "__main__":
    app()
