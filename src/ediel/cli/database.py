"""``ediel db``."""

from __future__ import annotations

import click

from ediel.cli._backups import backup, verify
from ediel.cli._database import database, existing, form, show


@click.group("db", short_help="Make, migrate, check and back up a database.")
def command() -> None:
    """Make, migrate, check and back up a database."""


command.add_command(backup)
command.add_command(verify)


@command.command("upgrade", short_help="Run the migrations that are missing.")
@database
def upgrade(db: str) -> None:
    """Run the migrations that are missing; a database that is not there is made."""
    from ediel.store import Store

    store = Store.open(db)
    click.echo(f"the tables are of release {store.revision()}")
    store.close()


@command.command("check", short_help="Read every process, and say which cannot be read.")
@click.option("--all", "every", is_flag=True, help="Processes that are over, too.")
@click.option(
    "--archive", is_flag=True, help="Also unpack everything that has arrived, and compare it with its digest."
)
@form
@database
def check(db: str, form: str, *, every: bool, archive: bool) -> None:
    """Read every open process as this release does, whole, and say which cannot be read. Nothing is changed.

    The pages of an SQLite file are checked first. The log of steps is read too: whether each step is as it was written,
    with none missing. The seal it prints is the same until the next step; noted down elsewhere, it tells whether the
    whole log was exchanged.

    Ends with 1 when anything is wrong. Run it after ``ediel db upgrade``, before the engine is started.
    """
    from ediel.store import Store, check_archive, check_entries, check_log, check_pages, check_processes

    existing(db)
    store = Store.open(db, upgrade=False)
    try:
        pages = check_pages(store)
        checked = check_processes(store, open_only=not every)
        log = check_log(store)
        protection = check_entries(store)
        arrived = check_archive(store) if archive else None
    finally:
        store.close()
    rows = [
        {"process": item.process_id, "table": item.machine, "revision": item.revision, "problem": item.problem}
        for item in checked.problems
    ]
    rows += [
        {"process": name, "table": "log of steps", "revision": None, "problem": problem} for name, problem in log.broken
    ]
    rows += [
        {"process": "", "table": "protection log", "revision": None, "problem": problem}
        for problem in protection.problems
    ]
    damaged = () if arrived is None else arrived.damaged
    what = "processes" if every else "open processes"
    show(rows, form, ("process", "table", "revision", "problem"), f"{checked.count} {what} were read; all can go on")
    if form == "text":
        old = f", {log.unsealed} of them from before steps were sealed" if log.unsealed else ""
        whole = f"{len(log.broken)} processes have a broken one" if log.broken else "none is broken"
        click.echo(f"the log has {log.steps} steps{old}; {whole}; seal {log.seal}")
        if protection.count:
            click.echo(
                f"the protection log has {protection.count} entries; seal {protection.seal}. By it, steps of "
                f"{log.removed} processes were purged, and {log.masked} steps masked"
            )
    for at in protection.uncompacted:
        click.echo(
            f"ediel: after the erasure at {at:%Y-%m-%d %H:%M} UTC the database was not compacted: what was erased may "
            "still stand in parts of it that are not in use; run ediel db compact",
            err=True,
        )
    if checked.problems:
        click.echo(
            f"{len(checked.problems)} of {checked.count} {what} cannot be read by this release; nothing has been "
            "changed. Open the database with the release that stored them and bring them to their end there, or "
            "restore them from a backup",
            err=True,
        )
    for words in pages:
        click.echo(f"ediel: the file is damaged: {words}. Stop what uses it, and restore it from a backup", err=True)
    for problem in damaged:
        click.echo(f"ediel: {problem}", err=True)
    if arrived is not None:
        click.echo(f"{arrived.count} entries of the archive were read; {len(damaged) or 'none'} damaged", err=True)
        for words, days in (
            ("masked (a person was erased)", arrived.masked),
            ("removed, but for the digest,", arrived.removed),
        ):
            for day, count in sorted(days.items()):
                click.echo(f"{count} of them {'was' if count == 1 else 'were'} {words} on {day}", err=True)
    if rows or damaged or pages or protection.uncompacted:
        raise SystemExit(1)


@command.command("purge", short_help="Remove what is older than [retention] keeps it.")
@click.option(
    "--config",
    "file",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    default="ediel.toml",
    show_default=True,
    help="File with [retention].",
)
@click.option("--dry-run", is_flag=True, help="Change nothing; say what would go, and what stays and why.")
@click.option("--actor", help="Who purges, for the protection log.")
@click.option("--reason", help="Why, for the protection log. Nothing about end users belongs there.")
@form
@database
def purge(db: str, form: str, file: str, actor: str | None, reason: str | None, *, dry_run: bool) -> None:
    """Remove what is older than its kind is kept for, by the table [retention] of a file.

    Kinds: customer (processes that are over, contracts and accesses that have ended), log, events, sent, evidence,
    dead_letters, archive, values; durations such as "10y", "18m" or "90d". A kind without a duration stays, and so does
    every process that is not over, with its messages. Each batch is recorded in the protection log; the log of steps
    stays verifiable by ediel db check. The file of an SQLite database becomes smaller with ediel db compact.
    """
    from ediel.cli._database import acting_for, open_engine
    from ediel.engine import Retention

    retention = Retention.read(file)
    engine = open_engine(db)
    try:
        with acting_for(engine, actor, reason):
            found = engine.purge(retention, dry_run=dry_run)
    finally:
        engine.close()
    rows = [
        {
            "kind": item.kind, "rows": item.rows, "bytes": item.size,
            "kept": "; ".join(f"{count}: {words}" for words, count in item.kept.items()) or None,
        }
        for item in found
    ]  # fmt: skip
    show(rows, form, ("kind", "rows", "bytes", "kept"), f"{file} has no [retention], or no kind in it has a duration")
    if form == "text" and rows:
        click.echo("nothing was changed" if dry_run else "removed, and recorded in the protection log")
    if not rows:
        raise SystemExit(2)


@command.command("compact", short_help="Write the file of the database anew, without what was removed.")
@database
def compact(db: str) -> None:
    """Write the file of an SQLite database anew, and empty its write-ahead log, so that no trace of removals is left.

    A PostgreSQL database has its tables written anew (VACUUM FULL); its own write-ahead log and backups are not
    reached. It takes as much room as the database has, and nobody writes meanwhile.
    """
    from ediel.store import Store, compact

    existing(db)
    store = Store.open(db, upgrade=False)
    try:
        for words in compact(store):
            click.echo(words)
    finally:
        store.close()


@command.command("rekey", short_help="Exchange the keys of an encrypted database, or encrypt what is plain.")
@click.option(
    "--new-key-file", metavar="FILE", type=click.Path(dir_okay=False, exists=True),
    help="File with the key that takes the place of the present one.",
)  # fmt: skip
@click.option("--rows", is_flag=True, help="Encrypt every row that is plain, or encrypted with an earlier data key.")
@click.option("--new-data-key", is_flag=True, help="Make another data key first; with --rows.")
@click.option("--actor", help="Who does it, for the protection log.")
@click.option("--reason", help="Why, for the protection log.")
@database
def rekey(
    db: str, new_key_file: str | None, actor: str | None, reason: str | None, *, rows: bool, new_data_key: bool
) -> None:
    """Exchange the keys of an encrypted database, or encrypt what is plain.

    The present key is that of EDIEL_KEY_FILE or EDIEL_KEY; a database that has none yet is encrypted with it from now
    on. With --new-key-file the data keys are wrapped anew: no row is touched, and the old key opens nothing any more.
    With --rows contents are encrypted row by row, while no other process uses the database; when it is killed, run it
    again with --rows alone. What was plain may stand in unused parts of the file until ediel db compact.
    """
    from ediel.store import Store, Wording, change_key, key_of, reseal

    existing(db)
    key = key_of(None)
    if key is None:
        raise click.UsageError("there is no key: set EDIEL_KEY_FILE to a file with one (openssl rand -base64 32)")
    if not rows and new_key_file is None:
        raise click.UsageError("nothing to do: give --new-key-file, --rows or both")
    if new_data_key and not rows:
        raise click.UsageError("--new-data-key goes with --rows")
    new = None if new_key_file is None else key_of(None, {"EDIEL_KEY_FILE": new_key_file})
    store, wording = Store.open(db, key=key), Wording(actor, reason)
    try:
        if rows:
            counts = reseal(store, key, fresh=new_data_key, wording=wording)
            click.echo(f"encrypted: {', '.join(f'{count} rows of {name}' for name, count in counts.items())}")
        if new is not None:
            click.echo(f"{change_key(store, key, new, wording)} data keys are wrapped by the new key")
    finally:
        store.close()
