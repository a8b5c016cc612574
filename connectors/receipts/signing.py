"""The keys of receipts: Ed25519 (RFC 8032). The private one comes from the environment, the public one can be printed.

LIENTHONG_RECEIPT_KEY is the 32 secret bytes as base64url. The local runtime makes one for demonstration; a deployment
sets its own, and publishes the public key where those who are shown a receipt will look for it.
"""

from base64 import urlsafe_b64decode
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from connectors.errors import ReceiptInvalid, SettingMissing
from connectors.settings import setting

SETTING = "LIENTHONG_RECEIPT_KEY"
ALGORITHM = "Ed25519"
# A signature of ours can never be taken for one over something else.
_PURPOSE = b"lienthong receipt\n"


def signing_key() -> Ed25519PrivateKey:
    """The key that receipts are signed with; `SettingMissing` where there is none, or none of 32 bytes."""
    text = setting(SETTING)
    try:
        return Ed25519PrivateKey.from_private_bytes(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError as error:
        raise SettingMissing(
            expected="32 secret bytes as base64url",
            found="something else",
            where=SETTING,
            next_step="Make one: python -c 'import secrets; print(secrets.token_urlsafe(32))'.",
        ) from error


def read_public_key(path: Path) -> Ed25519PublicKey:
    """The public key in a PEM file, as `lienthong receipt key` prints it."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _no_key(path, "no public key in PEM form") from error
    if not isinstance(key, Ed25519PublicKey):
        raise _no_key(path, type(key).__name__)
    return key


def public_pem(key: Ed25519PublicKey) -> str:
    """The public key as PEM, for whoever shall verify receipts."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def key_id(key: Ed25519PublicKey) -> str:
    """The first 16 hex digits of the SHA-256 of the raw public key: by it a receipt says which key signed it."""
    return sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def sign(content: bytes, key: Ed25519PrivateKey) -> str:
    """The signature over the canonical content of a receipt, in hex."""
    return key.sign(_PURPOSE + content).hex()


def is_signed(content: bytes, signature: str, keys: Iterable[Ed25519PublicKey]) -> bool:
    """Whether one of the keys made this signature over this content."""
    for key in keys:
        try:
            key.verify(bytes.fromhex(signature), _PURPOSE + content)
        except InvalidSignature:
            continue
        return True
    return False


def _no_key(path: Path, found: str) -> ReceiptInvalid:
    return ReceiptInvalid(
        expected="an Ed25519 public key in PEM form",
        found=found,
        where=str(path),
        next_step="Ask the operator for the output of `lienthong receipt key`.",
    )
