"""Time stamps of the ledger's head (RFC 3161): a stranger's signed word that this head existed at that time.

The setting LIENTHONG_TSA_URL is the address of a time-stamp authority, LIENTHONG_TSA_ROOT the file with its root
certificate (PEM). Number and hash of an entry are stamped; the stamp is kept as `<home>/ledger/stamps/<number>.tsr`.
"""

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from connectors.errors import LedgerBroken, SettingMissing, SourceUnavailable
from connectors.settings import home, setting
from connectors.warehouse.checkpoints import Checkpoint
from connectors.warehouse.ledger_verify import verify_ledger

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_TIMEOUT_S = 20
_NAME = re.compile(r"(\d{1,18})\.tsr")


def stamp(checkpoint: Checkpoint) -> Path:
    """The file with the stamp of a checkpoint, verified before it is kept.

    `SettingMissing` where no authority is named, `SourceUnavailable` when it does not answer with a stamp of just this.
    """
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerificationError, VerifierBuilder
    from rfc3161_client import decode_timestamp_response as decode

    address, root = setting("LIENTHONG_TSA_URL"), _root(Path(setting("LIENTHONG_TSA_ROOT")))
    message = _message(checkpoint.seq, checkpoint.hash)
    request = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).build()
    try:
        answer = httpx.post(
            address,
            content=request.as_bytes(),
            headers={"content-type": "application/timestamp-query"},
            timeout=_TIMEOUT_S,
        ).raise_for_status()
        VerifierBuilder.from_request(request).add_root_certificate(root).build().verify_message(
            decode(answer.content), message
        )
    except (httpx.HTTPError, VerificationError, ValueError) as error:
        raise SourceUnavailable(
            expected="a time stamp that the root certificate vouches for",
            found=type(error).__name__,
            where=address,
            next_step="Check LIENTHONG_TSA_URL and LIENTHONG_TSA_ROOT, then `lienthong ledger checkpoint --stamp`.",
        ) from error
    path = home() / "ledger" / "stamps" / f"{checkpoint.seq}.tsr"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(answer.content)
    return path


def verify_stamps(export: Path, stamps: list[Path], root: Path) -> list[tuple[int, datetime]]:
    """Entry and time of every stamp, each of which is one of an entry of this exported ledger.

    `LedgerBroken` names the first stamp that is not: the ledger was cut off or written anew since.
    """
    wanted = {_entry_of(path): path for path in stamps}
    hashes: dict[int, str] = {}

    def note(seq: int, own_hash: str) -> None:
        if seq in wanted:
            hashes[seq] = own_hash

    count = verify_ledger(export, note)
    certificate = _root(root)
    return [(seq, _verified(path, seq, hashes.get(seq), certificate, count)) for seq, path in sorted(wanted.items())]


def has_authority() -> bool:
    """Whether a time-stamp authority is set."""
    try:
        return bool(setting("LIENTHONG_TSA_URL"))
    except SettingMissing:
        return False


def _verified(path: Path, seq: int, own_hash: str | None, root: "Certificate", count: int) -> datetime:
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    problem = f"an end after entry {count}"
    if own_hash is not None:
        try:
            response = decode_timestamp_response(path.read_bytes())
            VerifierBuilder().add_root_certificate(root).build().verify_message(response, _message(seq, own_hash))
            return response.tst_info.gen_time
        except (VerificationError, ValueError) as error:
            problem = f"a stamp of something else ({error})"
    raise LedgerBroken(
        expected=f"entry {seq} as it was stamped",
        found=problem,
        where=str(path),
        next_step="Export the ledger again; if it stays so, the ledger was cut off or written anew since the stamp.",
    )


def _message(seq: int, own_hash: str) -> bytes:
    return f"lienthong ledger {seq} {own_hash}".encode()


def _entry_of(path: Path) -> int:
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise LedgerBroken(
            expected="a stamp named by its entry, 1234.tsr",
            found=path.name,
            where=str(path),
            next_step="Name the file as it was kept.",
        )
    return int(match[1])


def _root(path: Path) -> "Certificate":
    from cryptography.x509 import load_pem_x509_certificate

    try:
        return load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SettingMissing(
            expected="the root certificate of the time-stamp authority, PEM",
            found=type(error).__name__,
            where=str(path),
            next_step="Ask the authority for it; set LIENTHONG_TSA_ROOT, or give --tsa-root.",
        ) from error
