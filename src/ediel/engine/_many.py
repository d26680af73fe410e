"""Many orders at once: a result for each, one commit for each batch, and a view of how far they have come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Final, Literal

from ediel.engine._apply import Applied
from ediel.engine._delivery import Outbox
from ediel.engine._party import Party
from ediel.engine._results import Process, shown
from ediel.engine._work import Work
from ediel.engine.commands import Command
from ediel.engine.errors import EngineError
from ediel.errors import EdielError
from ediel.store import Finder, Store, StoreError, Unit

__all__ = ["Many", "Order", "Started", "Tally"]

_MOST: Final = 10_000
Outcome = Literal["begun", "known", "refused", "later"]


@dataclass(frozen=True, slots=True)
class Order:
    """One of many orders.

    Attributes:
        order: what to do.
        key: the caller's own: given again, it gives the process that it began.
        tags: the caller's own words.
        party: for which party, by GLN, when several have the role.
    """

    order: Command
    key: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    party: Party | str | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """What has become of one of many orders.

    Attributes:
        place: which one, from 0.
        outcome: ``begun``; ``known`` (its key has begun a process before); ``refused`` (``error`` says why, and nothing
            of it was kept); ``later`` (not tried: the outbox is full).
        process: the process, where there is one.
        error: why it was refused.
    """

    place: int
    outcome: Outcome
    process: Process | None = None
    error: EdielError | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How far processes have come.

    Attributes:
        states: how many stand in each state of each table, such as ``("access/third party", "waiting")``.
        statuses: how many are ``open``, ``resting``, ``closed``, ``abandoned``.
        not_sent: of how many a message is held or has failed.
    """

    states: Mapping[tuple[str, str], int]
    statuses: Mapping[str, int]
    not_sent: int

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.statuses.values())


class Many:
    """What an engine does with many orders; its methods are those of ``Engine``."""

    store: Store
    clock: Callable[[], datetime]
    outbox: Outbox
    deliver: Callable[..., int]
    _finder: Finder
    _work: Work
    _party_for: Callable[[tuple[str, ...], Party | str | None], Party]
    _begin: Callable[[Unit, Command, Party, datetime, str | None, Mapping[str, str]], Applied]

    def start_many(
        self,
        orders: Iterable[Order | Command],
        *,
        now: datetime | None = None,
        batch: int = 500,
        waiting: int | None = None,
    ) -> list[Started]:
        """Begin many processes: one commit for each batch, a result for each order, in their order.

        What is refused stops nothing else. With keys it can be called again with the same orders, after a crash or a
        correction: what was begun is ``known``, the rest begins.

        ::

            orders = [ediel.engine.Order(ediel.AccessRequest(metering_point=point), key=f"spring/{point}") for ...]
            results = engine.start_many(orders, waiting=5000)

        Args:
            orders: orders, or what to do alone, without key and tags.
            now: the moment; the clock's when not given.
            batch: orders of a commit, at most 10,000. Others wait for the database as long as one takes.
            waiting: begin no more while so many messages wait in the outbox: what is left is ``later``.

        Raises:
            EngineError: a number cannot be, or two orders have the same key.
            StoreError: the database refuses; what was committed before stays, and is ``known`` when called again.
        """
        if not 1 <= batch <= _MOST or (waiting is not None and waiting < 1):
            raise EngineError(f"batch={batch}, waiting={waiting}; expected 1 to {_MOST:,}, and 1 or more")
        moment = now or self.clock()
        results: list[Started] = []
        full = False
        for some in _batches(orders, batch):
            free = None if waiting is None else 0 if full else max(waiting - self._finder.waiting(waiting), 0)
            full = full or free == 0
            if full and all(item.key is None for item in some):
                results += [Started(len(results) + place, "later") for place in range(len(some))]
                continue
            points = {point for item in some if (point := getattr(item.order, "metering_point", None)) is not None}
            work = partial(self._batch, first=len(results), orders=some, moment=moment, free=free)
            done = self._work.in_unit(work, locks=tuple(points))
            self._work.note(item for _, item in done if item is not None and item.moved)
            results += [result for result, _ in done]
            full = full or any(result.outcome == "later" for result, _ in done)
        self.deliver(now=moment)
        return results

    def _batch(
        self, unit: Unit, first: int, orders: list[Order], moment: datetime, free: int | None
    ) -> list[tuple[Started, Applied | None]]:
        """Begin what is not known, ``free`` of them at the most: what is known waits for no room in the outbox."""
        keys: set[tuple[str, str]] = set()
        results: list[tuple[Started, Applied | None]] = []
        begun = 0
        for place, item in enumerate(orders, first):
            try:
                whose = self._party_for(item.order.roles, item.party)
                if item.key is not None:
                    if (whose.gln, item.key) in keys:
                        raise EngineError(f"order {place}: its key {item.key!r} is that of another one before it")
                    keys.add((whose.gln, item.key))
                if begun == free and (item.key is None or unit.keyed(whose.gln, item.key) is None):
                    results.append((Started(place, "later"), None))
                    continue
                applied = self._begin(unit, item.order, whose, moment, item.key, item.tags)
            except StoreError:
                raise
            except EdielError as error:
                results.append((Started(place, "refused", error=error), None))
                continue
            begun += applied.moved
            process = shown(applied.instance, applied.at, applied.sent, applied.warnings)
            results.append((Started(place, "begun" if applied.moved else "known", process), applied))
        return results

    def tally(self, tags: Mapping[str, str], *, party: Party | str | None = None) -> Tally:
        """How far the processes with some tags have come, such as those of a campaign.

        Args:
            tags: the caller's own words, all of them; at least one.
            party: GLN, or a party.

        Raises:
            EngineError: no tag is given.
        """
        if not tags:
            raise EngineError("tags: expected one tag or more")
        whose = None if party is None else (party.gln if isinstance(party, Party) else party,)
        states: dict[tuple[str, str], int] = {}
        statuses: dict[str, int] = {}
        for row in self._finder.tally(tags, whose):
            key = (row["machine"], row["state"])
            states[key] = states.get(key, 0) + row["processes"]
            statuses[row["status"]] = statuses.get(row["status"], 0) + row["processes"]
        return Tally(states, statuses, self._finder.not_sent(tags, whose))


def _batches(orders: Iterable[Order | Command], size: int) -> Iterator[list[Order]]:
    rest = iter(orders)
    while some := list(islice(rest, size)):
        yield [item if isinstance(item, Order) else Order(item) for item in some]
