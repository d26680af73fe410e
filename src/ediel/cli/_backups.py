"""``ediel db backup`` and ``verify``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ediel.cli._database import database, existing, moment

if TYPE_CHECKING:
    from ediel.store import Contents, Store

_VALUES = ".values"
"""Added to the name of a backup: the folder with the files of the values store."""
_AFTER = (
    "What arrived later is not in it, and was acknowledged to the hub: after a restore, ask for it again. What waits "
    "to be sent in it may have been sent since: after a restore it is sent again, under its own identification"
)


@click.command("backup", short_help="Copy an SQLite database, while it is in use, into a new file.")
@click.argument("target", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--values", is_flag=True, help=f"Also copy the files of the values store, to the folder FILE{_VALUES}.")
@database
def backup(target: Path, db: str, *, values: bool) -> None:
    """Copy an SQLite database into a new file, as it is at one moment; whoever uses it goes on meanwhile.

    The file is for its owner alone, is never written over, and appears when it is whole and on the disk. To restore,
    stop what uses the database, put the file in its place, and run `ediel db check`.

    For PostgreSQL, the command of PostgreSQL that does it is printed, and nothing is done.
    """
    from ediel.store import back_up, contents_of, dump_command, opened_backup, values_files

    command = dump_command(db, str(target))
    if command is not None:
        raise click.ClickException(f"PostgreSQL backs up itself, while it is in use: {command}")
    existing(db)
    back_up(db, target)
    with opened_backup(target) as store:
        contents = contents_of(store)
        rows = values_files(store) if values else []
    click.echo(f"{target}: {_words(contents)}")
    problems: list[str] = []
    if contents.place is not None and values:
        problems = _copied(contents.place, rows, target)
    elif contents.place is not None:
        where = shlex.quote(contents.place)
        click.echo(
            f"the values store is not in it: {contents.files} files, {contents.size} bytes in {where}. Back them up, "
            "too, within a day, or give --values",
            err=True,
        )
    click.echo(_AFTER, err=True)
    for problem in problems:
        click.echo(f"ediel: {problem}", err=True)
    raise SystemExit(1 if problems else 0)


def _copied(place: str, rows: list[dict[str, object]], target: Path) -> list[str]:
    """Copy the files of the values store; what is wrong with those that were not."""
    from ediel.values._backup import copy_files
    from ediel.values._folder import folder

    beside = target.with_name(target.name + _VALUES)
    problems = copy_files(rows, folder(place), folder(beside))
    click.echo(f"{beside}: {len(rows) - len(problems)} of {len(rows)} files of the values store")
    return problems


def _words(contents: Contents) -> str:
    rows = contents.rows
    last = "nothing has arrived" if contents.received_at is None else f"last arrival {moment(contents.received_at)}"
    return (
        f"release {contents.revision}, {rows['instances']} processes, {rows['transitions']} steps, "
        f"{rows['archive']} inputs, {rows['inbox']} messages received, {rows['outbox']} to send or sent "
        f"({contents.pending} waiting), {last}"
    )


@click.command("verify", short_help="Read a backup whole, and say whether it can be restored.")
@click.argument("path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
def verify(path: Path) -> None:
    """Read a backup whole: its pages, every process, the log of steps, the digest of everything that arrived.

    Nothing is changed, and no file is made beside it. The files of the values store are compared with their digests
    where `ediel db backup --values` has copied them. Ends with 1 when anything is wrong.
    """
    from ediel.store import StoreError, check_pages, contents_of, head, opened_backup

    with opened_backup(path) as store:
        try:
            problems = [f"the file is damaged: {words}" for words in check_pages(store)]
            if problems:
                pass  # what is read from damaged pages means nothing
            elif (revision := store.revision()) != head():
                problems.append(
                    f"its pages are whole, and its tables are of release {revision or 'none'}; this release reads "
                    f"{head()}, and no more can be said. Verify it with the release that made it"
                )
            else:
                click.echo(f"{path}: {_words(contents_of(store))}")
                problems = _read_whole(store) + _values_of(store, path)
        except StoreError as error:
            problems = [f"the file is damaged: {error}"]
    for problem in problems:
        click.echo(f"ediel: {problem}", err=True)
    click.echo(_AFTER, err=True)
    raise SystemExit(1 if problems else 0)


def _read_whole(store: Store) -> list[str]:
    """What is wrong with a backup of this release."""
    from ediel.store import check_archive, check_entries, check_log, check_processes

    checked = check_processes(store, open_only=False)
    log = check_log(store)
    arrived = check_archive(store)
    click.echo(
        f"{checked.count} processes, {log.steps} steps and {arrived.count} inputs were read, each input against its "
        f"digest; seal of the log {log.seal}"
    )
    return [
        *(f"process {item.process_id} cannot be read: {item.problem}" for item in checked.problems),
        *(f"process {name}: the log of steps is broken: {problem}" for name, problem in log.broken),
        *map(str, arrived.damaged),
        *(f"protection log: {problem}" for problem in check_entries(store).problems),
    ]


def _values_of(store: Store, path: Path) -> list[str]:
    """What is wrong with the files of the values store beside a backup."""
    from ediel.store import contents_of, values_files

    contents = contents_of(store)
    if contents.place is None:
        return []
    beside = path.with_name(path.name + _VALUES)
    if not beside.is_dir():
        click.echo(
            f"the values store is not part of this backup: it names {contents.files} files, {contents.size} bytes, in "
            f"{contents.place}",
            err=True,
        )
        return []
    from ediel.values._backup import wrong_files
    from ediel.values._folder import folder

    problems = wrong_files(values_files(store), folder(beside))
    click.echo(f"{contents.files} files of the values store were read; {len(problems) or 'none'} missing or damaged")
    return problems
