"""The error tree. Two branches, by what happens next.

LienThongError
 ├─ Retryable   trying again later may help: the source or the warehouse is unavailable or busy
 └─ Stop        trying again cannot help: a person must look first

Every error says what was expected, what was found, where, and what to do next. Concrete classes live here as
well, so that one page shows everything that can go wrong.
"""


class LienThongError(Exception):
    """An error with four facts: expected, found, where, and what to do next."""

    def __init__(self, *, expected: str, found: str, where: str, next_step: str) -> None:
        self.expected = expected
        self.found = found
        self.where = where
        self.next_step = next_step
        super().__init__(f"{where}: expected {expected}; found {found}. {next_step}")

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return _rebuild, (type(self), self.expected, self.found, self.where, self.next_step)


def _rebuild(kind: type[LienThongError], expected: str, found: str, where: str, next_step: str) -> LienThongError:
    return kind(expected=expected, found=found, where=where, next_step=next_step)


class Retryable(LienThongError):
    """Trying again later may help."""


class Stop(LienThongError):
    """Trying again cannot help: a person must look first."""


class SourceUnavailable(Retryable):
    """The source system cannot be reached, refuses, or answers with a passing fault."""


class WarehouseBusy(Retryable):
    """Another run holds the lock, or the database asked to try again."""


class SettingMissing(Stop):
    """A setting or secret is not there."""


class SettingWrong(Stop):
    """A setting or secret is there and cannot be right."""


class FileUnusable(Stop):
    """A file of this machine cannot be read or written: no such folder, no right to it, no space left."""


class ContractInvalid(Stop):
    """A contract file does not say what it must."""


class ContractBroken(Stop):
    """The source no longer has the shape that its contract states."""


class AnswerNotData(Stop):
    """The source answered with something that is not the data asked for, such as an HTML error page."""


class IncompleteBatch(Stop):
    """The rows received are not the rows announced: a truncated file, a page missing, a count that differs."""


class KeyNotUnique(Stop):
    """The key of the contract repeats within a batch."""


class WrongSrid(Stop):
    """Coordinates lie outside the place that the stated system can describe."""


class MarkWentBack(Stop):
    """The highest mark of a source is below the mark that was already loaded."""


class ShrunkTooFar(Stop):
    """Rows are missing beyond the ceiling of the contract; unreachable or emptied is not deleted."""


class ApprovalInvalid(Stop):
    """An approval that is unknown, used, expired, or was granted for other rows."""


class GateClosed(Stop):
    """A blocking rule failed, or could not be evaluated: nothing of this release is published."""


class BuildFailed(Stop):
    """dbt did not build the warehouse."""


class ReleaseConflict(Stop):
    """The release is not in the state that this step needs, or its lease was taken over."""


class PublishedShapeBroken(Stop):
    """A dataset lost or retyped a column that consumers rely on."""


class LedgerBroken(Stop):
    """The hash chain of the ledger does not hold."""


class CheckpointUnkept(Stop):
    """A place that keeps checkpoints of the ledger could not be written."""


class CheckpointUnread(Stop):
    """A place that keeps checkpoints of the ledger could not be read."""


class NoSuchRelease(Stop):
    """A release of that number was never opened."""


class QuestionRefused(Stop):
    """A question about a procedure that cannot be understood, or a release that is not kept."""


class DossiersUnreadable(Stop):
    """A list of open dossiers that cannot be read, or a line of it that cannot be asked."""


class ReceiptInvalid(Stop):
    """The bytes are not a receipt as it was issued."""


class NotTraceable(Stop):
    """There is no such dataset, record or release to trace."""


class RuntimeNotReady(Stop):
    """The local runtime lacks something: a program, a port, an account, a service that does not start."""
