"""The log of steps as a chain: each step bears a digest of itself and of the one before it, in the same process.

Whoever changes, removes or inserts a step breaks the chain, unless all that follows is made anew; the seal over all
processes, noted down elsewhere, tells that, too.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select, union

from ediel.store import _schema as schema
from ediel.store._digest import digest_of
from ediel.store._store import Store

_PAGE: Final = 2000


@dataclass(frozen=True, slots=True)
class CheckedLog:
    """What a check of the log has found.

    Attributes:
        steps: steps that were read.
        unsealed: those of them that are from before steps were sealed.
        broken: processes whose steps are not as they were written, and what is wrong.
        seal: digest over the last step of every process, in the order of their identifications: the same database gives
            the same seal until its next step. A purge does not change it: it keeps the digest of what it removes.
        removed: processes whose first steps, or all of them, were purged.
        masked: steps in which words about a person were erased.
    """

    steps: int
    unsealed: int
    broken: tuple[tuple[str, str], ...]
    seal: str
    removed: int = 0
    masked: int = 0


def check_log(store: Store) -> CheckedLog:
    """Read the log of every process, and compare each step with its digest; nothing is changed.

    Raises:
        StoreError: the database refuses.
    """
    instances, steps = schema.INSTANCES, schema.TRANSITIONS
    count = unsealed = removed = masked = 0
    broken: list[tuple[str, str]] = []
    seal = hashlib.sha256()
    last = ""
    while True:
        with store.connection() as connection:
            known = union(select(instances.c.id), select(schema.LOG_CUTS.c.instance_id)).subquery()
            page = select(known.c.id).where(known.c.id > last).order_by(known.c.id).limit(_PAGE)
            ids = list(connection.execute(page).scalars())
            if not ids:
                break
            found = {
                row.id: row
                for row in connection.execute(
                    select(instances.c.id, instances.c.version, instances.c.log_digest, instances.c.state).where(
                        instances.c.id > last, instances.c.id <= ids[-1]
                    )
                )
            }
            cuts, changed = _cuts(connection, last, ids[-1]), _changed(connection, last, ids[-1])
            rows: dict[str, list[dict[str, Any]]] = {row: [] for row in found}
            within = (steps.c.instance_id > last, steps.c.instance_id <= ids[-1])
            logged = connection.execute(select(steps).where(*within).order_by(steps.c.instance_id, steps.c.version))
            for row in logged.mappings():
                rows.setdefault(row["instance_id"], []).append(dict(row))
        for name in ids:
            cut = cuts.get(name, (0, None))
            removed += name in cuts
            instance = found.get(name)
            if instance is None:
                seal.update(f"{name} {cut[0]} {cut[1] or ''}\n".encode())
                continue
            log = rows.pop(name)
            count += len(log)
            unsealed += sum(row["digest"] is None for row in log)
            masked += sum((name, row["version"]) in changed for row in log)
            problem = _problem(log, instance.version, instance.state, instance.log_digest, cut, changed)
            if problem is not None:
                broken.append((name, problem))
            seal.update(f"{name} {instance.version} {instance.log_digest or ''}\n".encode())
        broken += [(identification, "there are steps, and no process") for identification in rows]
        last = ids[-1]
    return CheckedLog(count, unsealed, tuple(broken), seal.hexdigest(), removed, masked)


def _cuts(connection: Connection, after: str, upto: str) -> dict[str, tuple[int, str | None]]:
    """Up to which step the log of each process was purged, and the digest of that step."""
    table = schema.LOG_CUTS
    within = select(table).where(table.c.instance_id > after, table.c.instance_id <= upto)
    rows = connection.execute(within.order_by(table.c.instance_id, table.c.version))
    return {row.instance_id: (row.version, row.digest) for row in rows}


def _changed(connection: Connection, after: str, upto: str) -> dict[tuple[str, int], set[str]]:
    """Of each step that was masked, digests that it may have by that."""
    table = schema.LOG_ERASURES
    changed: dict[tuple[str, int], set[str]] = {}
    for row in connection.execute(select(table).where(table.c.instance_id > after, table.c.instance_id <= upto)):
        changed.setdefault((row.instance_id, row.version), set()).add(row.digest)
    return changed


def _problem(
    log: list[dict[str, Any]], version: int, state: str, head: str | None, cut: tuple[int, str | None],
    changed: dict[tuple[str, int], set[str]],
) -> str | None:  # fmt: skip
    """What is wrong with the log of one process."""
    removed, before = cut
    numbers, expected = [row["version"] for row in log], range(removed + 1, version + 1)
    if numbers != list(expected):
        missing = sorted(set(expected) - set(numbers))
        if missing:
            return f"steps are missing: {missing[:5]}"
        return f"there are {len(log)} steps; expected {len(expected)}"
    for row in log:
        if row["digest"] is None and before is None:
            continue  # from before steps were sealed
        found = digest_of(before, row)
        if row["digest"] != found and found not in changed.get((row["instance_id"], row["version"]), ()):
            return f"step {row['version']} is not as it was written, or the one before it"
        before = row["digest"]
    if before != head:
        return "the last step is not the one that the process was left with"
    if log and log[-1]["to_state"] != state:
        return f"the process is {state}; its last step led to {log[-1]['to_state']}"
    return None
