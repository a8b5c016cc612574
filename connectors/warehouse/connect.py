"""Connections to the warehouse, one role each. Nothing here writes."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors

from connectors.errors import LienThongError, SettingWrong, Stop, WarehouseBusy
from connectors.settings import home, warehouse_dsn

_CONNECT_SECONDS = 10
_BUSY = (
    errors.LockNotAvailable,
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.TooManyConnections,
    errors.CannotConnectNow,
    errors.AdminShutdown,
    errors.CrashShutdown,
)


def connect(role: str, *, autocommit: bool = False) -> psycopg.Connection:
    """A connection as `role` (`lt_loader`, `owner`, …); unreachable is `WarehouseBusy`, which may be tried again."""
    try:
        return psycopg.connect(
            warehouse_dsn(role),
            autocommit=autocommit,
            application_name="lienthong",
            connect_timeout=_CONNECT_SECONDS,
        )
    except psycopg.OperationalError as error:
        raise _unreachable(role, error) from error
    except psycopg.ProgrammingError:  # not quoted, and its cause neither: the text that could not be read is a secret
        raise SettingWrong(
            expected="the address of a database: postgresql://role:password@host:port/database",
            found="a text that is none",
            where=f"LIENTHONG_DSN_{role.upper()} ({home() / 'env'})",
            next_step="Correct the setting; special characters of a password are written as %40 and the like.",
        ) from None


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turns passing faults of the warehouse into `WarehouseBusy`; every other error stays what it is."""
    try:
        yield
    except _BUSY as error:
        raise busy(where, str(error).strip()) from error
    except errors.DiskFull as error:
        raise WarehouseBusy(
            expected="room on the disk of the warehouse",
            found=str(error).strip(),
            where=where,
            next_step="Free space on the server and run it again; what was published is not touched.",
        ) from error
    except psycopg.OperationalError as error:
        if error.sqlstate is not None and not error.sqlstate.startswith("08"):
            raise
        raise busy(where, str(error).strip()) from error


def busy(where: str, found: str) -> WarehouseBusy:
    """The error of a warehouse that asks to try again."""
    return WarehouseBusy(
        expected="a warehouse that is free to take this work",
        found=found,
        where=where,
        next_step="Nothing was written; run it again when the other run has ended.",
    )


def _unreachable(role: str, error: psycopg.OperationalError) -> LienThongError:
    found = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    refused = "authentication failed" in found or "does not exist" in found
    kind: type[LienThongError] = Stop if refused else WarehouseBusy
    return kind(
        expected=f"a connection to the warehouse as {role}",
        found=found,
        where=f"LIENTHONG_DSN_{role.upper()} ({home() / 'env'})",
        next_step="Check that the local runtime is up (`make run`) and that the setting is current.",
    )
