"""The seal's and the ledger's keys in KMS, and secrets in Secrets Manager."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from meterai.domain.errors import Busy

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_kms.literals import SigningAlgorithmSpecType
    from mypy_boto3_secretsmanager import SecretsManagerClient

_P256 = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")
"""The AlgorithmIdentifier of a P-256 key as a certificate holds it (RFC 5480, 2.1.1)."""


class KmsSigner:
    """ports.sealing.SealSigner on a SIGN_VERIFY key, RSA_2048 or ECC_NIST_P256 as the first certificate of its chain says:
    the digest travels, never the document."""

    def __init__(self, client: KMSClient, key_id: str, chain: tuple[bytes, ...]) -> None:
        self._client = client
        self._key = key_id
        self.chain = chain
        elliptic = bool(chain) and _P256 in chain[0]
        self._algorithm: SigningAlgorithmSpecType = "ECDSA_SHA_256" if elliptic else "RSASSA_PKCS1_V1_5_SHA_256"

    def sign(self, data: bytes) -> bytes:
        try:
            answer = self._client.sign(
                KeyId=self._key,
                Message=hashlib.sha256(data).digest(),
                MessageType="DIGEST",
                SigningAlgorithm=self._algorithm,
            )
        except (ClientError, BotoCoreError) as error:
            raise Busy("the seal's key did not answer") from error
        return answer["Signature"]

    def probe(self) -> None:
        """Ask for the key without using it. Raises Busy."""
        try:
            self._client.get_public_key(KeyId=self._key)
        except (ClientError, BotoCoreError) as error:
            raise Busy("the seal's key did not answer") from error


class KmsHeadsSigner:
    """ports.chains.HeadsSigner on an ECC_NIST_P256 SIGN_VERIFY key."""

    def __init__(self, client: KMSClient, key_id: str) -> None:
        self._client = client
        self._key = key_id

    def sign(self, data: bytes) -> bytes:
        try:
            answer = self._client.sign(
                KeyId=self._key, Message=data, MessageType="RAW", SigningAlgorithm="ECDSA_SHA_256"
            )
        except (ClientError, BotoCoreError) as error:
            raise Busy("the ledger's key did not answer") from error
        return answer["Signature"]

    def public_key(self) -> bytes:
        """The key's public half (DER SubjectPublicKeyInfo). Raises Busy."""
        try:
            return self._client.get_public_key(KeyId=self._key)["PublicKey"]
        except (ClientError, BotoCoreError) as error:
            raise Busy("the ledger's key did not answer") from error


def secret(client: SecretsManagerClient, id: str) -> str:
    """The text of a secret. Raises Busy when it cannot be read or was never set."""
    try:
        return client.get_secret_value(SecretId=id)["SecretString"]
    except (ClientError, BotoCoreError, KeyError) as error:
        raise Busy("a secret could not be read") from error
