"""The log of steps as a chain: each step bears a digest of itself and of the one before it, in the same process.

Whoever changes, removes or inserts a step breaks the chain, unless all that follows is made anew; the seal over all
processes, noted down elsewhere, tells that, too.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

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
            the same seal until its next step.
    """

    steps: int
    unsealed: int
    broken: tuple[tuple[str, str], ...]
    seal: str


def check_log(store: Store) -> CheckedLog:
    """Read the log of every process, and compare each step with its digest; nothing is changed.

    Raises:
        StoreError: the database refuses.
    """
    instances, steps = schema.INSTANCES, schema.TRANSITIONS
    count = unsealed = 0
    broken: list[tuple[str, str]] = []
    seal = hashlib.sha256()
    last = ""
    while True:
        with store.connection() as connection:
            found = connection.execute(
                select(instances.c.id, instances.c.version, instances.c.log_digest, instances.c.state)
                .where(instances.c.id > last)
                .order_by(instances.c.id)
                .limit(_PAGE)
            ).all()
            if not found:
                break
            rows: dict[str, list[dict[str, Any]]] = {row.id: [] for row in found}
            within = (steps.c.instance_id > last, steps.c.instance_id <= found[-1].id)
            logged = connection.execute(select(steps).where(*within).order_by(steps.c.instance_id, steps.c.version))
            for row in logged.mappings():
                rows.setdefault(row["instance_id"], []).append(dict(row))
        for instance in found:
            log = rows.pop(instance.id)
            count += len(log)
            unsealed += sum(row["digest"] is None for row in log)
            problem = _problem(log, instance.version, instance.state, instance.log_digest)
            if problem is not None:
                broken.append((instance.id, problem))
            seal.update(f"{instance.id} {instance.version} {instance.log_digest or ''}\n".encode())
        broken += [(identification, "there are steps, and no process") for identification in rows]
        last = found[-1].id
    return CheckedLog(count, unsealed, tuple(broken), seal.hexdigest())


def _problem(log: list[dict[str, Any]], version: int, state: str, head: str | None) -> str | None:
    """What is wrong with the log of one process."""
    numbers = [row["version"] for row in log]
    if numbers != list(range(1, version + 1)):
        missing = sorted(set(range(1, version + 1)) - set(numbers))
        return f"steps are missing: {missing[:5]}" if missing else f"there are {len(log)} steps; expected {version}"
    before: str | None = None
    for row in log:
        if row["digest"] is None and before is None:
            continue  # from before steps were sealed
        if row["digest"] != digest_of(before, row):
            return f"step {row['version']} is not as it was written, or the one before it"
        before = row["digest"]
    if before != head:
        return "the last step is not the one that the process was left with"
    if log and log[-1]["to_state"] != state:
        return f"the process is {state}; its last step led to {log[-1]['to_state']}"
    return None
