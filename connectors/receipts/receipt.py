"""A receipt: who asked what, what was answered, from which release and which rows, signed. Needs no database.

It repeats the question as it was asked, so it belongs where the dossier is kept. It holds no personal number: a
question about one gets no receipt (`420_answer_for_receipt.sql`).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from connectors.errors import ReceiptInvalid
from connectors.receipts.canonical import NotCanonical, canonical, normalised, parse
from connectors.receipts.signing import ALGORITHM, is_signed, key_id, sign

MEDIA_TYPE = "application/vnd.lienthong.receipt+json"
_SIGNATURE = re.compile(r"[0-9a-f]{128}")
_MEMBERS = {
    "receipt_version": int, "issued_at": str, "algorithm": str, "key_id": str, "question": dict, "asked_at": str,
    "release_id": int, "answers": list, "rows": list, "ledger": dict, "checks_sha256": str, "signature": str,
}  # fmt: skip


@dataclass(frozen=True)
class Receipt:
    """A receipt that was read: everything it says, and the signature over that, in hex."""

    content: Mapping[str, Any]
    signature: str

    @property
    def procedure_code(self) -> str:
        """The procedure, as it was asked for."""
        return str(self.content["question"]["procedure_code"])

    @property
    def subject(self) -> dict[str, Any]:
        """About whom or what, as it was asked."""
        return dict(self.content["question"]["subject"])

    @property
    def release_id(self) -> int:
        """The release that answered."""
        return int(self.content["release_id"])

    @property
    def ledger_entry(self) -> tuple[int, str]:
        """Number and hash of the last ledger entry when it was answered."""
        return int(self.content["ledger"]["seq"]), str(self.content["ledger"]["hash"])


def make_receipt(
    procedure_code: str, subject: Mapping[str, Any], answered: Mapping[str, Any], key: Ed25519PrivateKey
) -> bytes:
    """The receipt of an answer, in canonical form; `answered` is what `shared.answer_for_receipt` says.

    Keep the bytes as they are: a receipt that was reformatted no longer verifies.
    """
    content = {
        "receipt_version": 1,
        "issued_at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "algorithm": ALGORITHM,
        "key_id": key_id(key.public_key()),
        "question": {"procedure_code": procedure_code, "subject": dict(subject)},
        **answered,
    }
    content = normalised(content)
    return canonical(content | {"signature": sign(canonical(content), key)})


def read_receipt(data: bytes, *, where: str) -> Receipt:
    """The receipt in these bytes; `ReceiptInvalid` when they are not exactly a receipt. Proves nothing yet."""
    try:
        value = parse(data)
    except NotCanonical as error:
        raise _invalid("a receipt, byte for byte as it was issued", str(error), where) from error
    if not isinstance(value, dict) or set(value) != set(_MEMBERS):
        raise _invalid(f"the members {', '.join(sorted(_MEMBERS))}", "others", where)
    wrong = [name for name, kind in _MEMBERS.items() if type(value[name]) is not kind]
    if wrong or value["receipt_version"] != 1 or value["algorithm"] != ALGORITHM:
        raise _invalid(f"a receipt of version 1, signed by {ALGORITHM}", f"another form of {wrong or 'it'}", where)
    signature = value.pop("signature")
    if not _SIGNATURE.fullmatch(signature):
        raise _invalid("a signature of 128 small hex digits", "another text", where)
    if not {"procedure_code", "subject"} == set(value["question"]) or not {"seq", "hash"} == set(value["ledger"]):
        raise _invalid("a question and a position of the ledger", "others", where)
    return Receipt(value, signature)


def verify_receipt(data: bytes, keys: Iterable[Ed25519PublicKey], *, where: str) -> Receipt:
    """The receipt in these bytes, if one of the keys signed it; else `ReceiptInvalid`. Needs no database."""
    receipt, known = read_receipt(data, where=where), {key_id(key): key for key in keys}
    key = known.get(receipt.content["key_id"])
    if key is None:
        raise _invalid(f"a receipt signed by {', '.join(known)}", f"key {receipt.content['key_id']!r}", where)
    if not is_signed(canonical(receipt.content), receipt.signature, [key]):
        raise _invalid("the signature of what it says", "a signature of something else: it was changed", where)
    return receipt


def _invalid(expected: str, found: str, where: str) -> ReceiptInvalid:
    return ReceiptInvalid(
        expected=expected,
        found=found,
        where=where,
        next_step="Ask for the receipt as it was issued; do not rely on this one.",
    )
