"""The simulated issuer's own key, made at random when it is first asked for, and kept in its folder."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def seal_key(folder: Path) -> rsa.RSAPrivateKey:
    """The key in `folder`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "seal.key"
    if not path.exists():
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        part = folder / "seal.key.part"
        part.touch(mode=0o600)
        part.write_bytes(pem)
        part.rename(path)
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def public_half(folder: Path) -> bytes:
    """Its public half (DER SubjectPublicKeyInfo), which an authority certifies."""
    return (
        seal_key(folder)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
