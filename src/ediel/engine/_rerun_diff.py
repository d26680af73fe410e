"""What comes out otherwise when days are run again: states, events, messages, by process; nobody is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ediel.engine.observe import masked_point
from ediel.store import Days, Values

__all__ = ["Otherwise", "Story", "otherwise", "story"]

_NOT_OF_STEPS = frozenset({"MessageNotSent"})
"""Events that tell of sending, which is not run again."""


@dataclass(frozen=True, slots=True)
class Otherwise:
    """Something that comes out otherwise.

    Attributes:
        process_id: the process.
        machine: its table.
        party: GLN.
        brs: BRS number.
        metering_point: the last four digits of the point.
        what: ``step`` (from the first that is otherwise), ``state`` (before these days already), ``only then``,
            ``only now``.
        then: what happened: trigger, states, events, messages.
        now: what would happen now; or why nothing would.
    """

    process_id: str
    machine: str
    party: str
    brs: str | None
    metering_point: str | None
    what: Literal["step", "state", "only then", "only now"]
    then: str
    now: str


@dataclass(slots=True)
class Story:
    """The steps of one process: those before the days, and those in them.

    Attributes:
        row: of the process.
        before: the state in which it was when the days began.
        steps: what happened in the days, a line each.
    """

    row: Values
    before: str = "begin"
    steps: list[str] = field(default_factory=list)


def story(source: Days) -> dict[str, Story]:
    """What happened to each process in some days."""
    events: dict[tuple[str, int], list[str]] = {}
    for row in source.events(source.processes):
        if row["name"] not in _NOT_OF_STEPS:
            events.setdefault((row["instance_id"], row["version"]), []).append(row["name"])
    sent: dict[tuple[str, int], list[str]] = {}
    for row in source.sent():
        sent.setdefault((row["instance_id"], row["version"] or 0), []).append(row["label"])
    found = {name: Story(row) for name, row in source.processes.items()}
    for row in source.steps():
        one, key = found[row["instance_id"]], (row["instance_id"], row["version"])
        if not source.is_in(row["at"]):
            one.before = row["to_state"]
            continue
        parts = [f"{row['trigger']}: {row['from_state']} -> {row['to_state']}"]
        parts += [f"events {', '.join(events[key])}"] if key in events else []
        parts += [f"sends {', '.join(sent[key])}"] if key in sent else []
        one.steps.append("; ".join(parts))
    return found


def otherwise(then: Mapping[str, Story], now: Mapping[str, Story], problems: Mapping[str, str]) -> Iterator[Otherwise]:
    """What comes out otherwise, by process."""
    for name in sorted(then.keys() | now.keys()):
        old, new = then.get(name), now.get(name)
        row = (old or new or Story({})).row
        about = (name, row["machine"], row["party"], row["process"], masked_point(row["metering_point"], whole=False))
        if old is None and new is not None:
            if new.steps:
                yield Otherwise(*about, "only now", "nothing", " | ".join(new.steps))
        elif new is None and old is not None:
            yield Otherwise(*about, "only then", " | ".join(old.steps) or old.before, problems.get(name, "nothing"))
        elif old is not None and new is not None:
            if old.before != new.before:
                yield Otherwise(*about, "state", old.before, new.before)
            place = next(
                (at for at, pair in enumerate(zip(old.steps, new.steps, strict=False)) if pair[0] != pair[1]), None
            )
            if place is None and len(old.steps) == len(new.steps):
                continue
            at = min(len(old.steps), len(new.steps)) if place is None else place
            lines = [" | ".join(steps[at:]) or "nothing" for steps in (old.steps, new.steps)]
            why = f" ({problems[name]})" if name in problems else ""
            yield Otherwise(*about, "step", lines[0], lines[1] + why)
