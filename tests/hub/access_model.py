"""Third parties beside the suppliers of ``party_model``: what they know of their accesses is what the hub has written.

No message says that an end user has approved, refused, or removed an access, or has left. A third party hears it from
outside, now and then later or never; from values that flow; or, of what it did itself, from the hub's answer. So it is
held against the hub wherever it has heard of the last thing that happened.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import ediel
from ediel.calendar import market_day
from ediel.engine import Party, PreflightRefused, Process
from ediel.errors import LineRefused
from ediel.hub import Seed
from ediel.market import Access
from ediel.processes import CommandRefused, NoTransition, access
from tests.hub.market_model import POINTS, SEED, THIRD_PARTIES
from tests.hub.party_model import PartyModel
from tests.support.hub_market import GRID, hours

Pair = tuple[str, str]
"""A metering point and a third party."""
_HELD: Final = frozenset({"granted", "changing", "deleting"})
_MACHINE: Final = "access/third party"


def with_an_access() -> Seed:
    """The market of the models; on its first point an access that is older than any database of a party (BRS-NO-623)."""
    first, *others = SEED.metering_points
    given = Access(third_party=THIRD_PARTIES[0], start=date(2026, 1, 1), level="limited")
    return SEED.model_copy(update={"metering_points": (first.model_copy(update={"accesses": (given,)}), *others)})


class AccessModel(PartyModel):
    """A hub, its suppliers, and its third parties."""

    def __init__(self, folder: Path, seed: int) -> None:
        super().__init__(folder, seed, with_an_access())
        for gln in THIRD_PARTIES:
            self.engine.add_party(Party(gln, "AG", hub=self.hub.gln))
        for role in ("DDE", "MDR"):
            self.engine.add_party(Party(GRID, role, hub=self.hub.gln))
        self.behind: dict[Pair, str] = {(POINTS[0], THIRD_PARTIES[0]): "never told"}
        """Pairs that have not heard of the last thing that happened."""
        self.values_until = market_day(self.now()) - timedelta(days=1)
        self.levels: set[Pair] = set()
        """Pairs of which the third party has heard the level."""

    # --- what both sides know

    def own(self, pair: Pair, *states: str) -> Process | None:
        """The latest access process of a third party; in one of some states, where such are named."""
        name, gln = pair
        found = [item for item in self.engine.find(metering_point=name, party=gln).items if item.machine == _MACHINE]
        return next((item for item in found if not states or item.state in states), None)

    def at_hub(self, name: str) -> list[Any]:
        return [
            access.HUB.own(item)
            for item in self.hub.engine.browse.instances_at(name, access.HUB, self.hub.gln)
        ]  # fmt: skip

    def held(self, pair: Pair) -> Access | None:
        """What the hub says of today."""
        found = self.point(pair[0]).access_on(pair[1], market_day(self.now()))
        assert found is None or isinstance(found, Access)
        return found

    def believed(self, pair: Pair) -> dict[str, Any] | None:
        """What the third party's own database says of today."""
        today = market_day(self.now()).isoformat()
        rows = self.engine.browse.accesses(party=pair[1], metering_point=pair[0])
        return next((row for row in rows if row["start"] <= today and (row["end"] or "9999") > today), None)

    # --- actions

    def _pair(self) -> Pair:
        return self.random.choice(POINTS), self.random.choice(THIRD_PARTIES)

    def ask(self) -> None:
        name, gln = self._pair()
        end = (
            market_day(self.now()) + timedelta(days=self.random.randint(1, 20)) if self.random.random() < 0.2 else None
        )
        with suppress(PreflightRefused, CommandRefused):
            self.engine.start(ediel.AccessRequest(metering_point=name, end=end), party=gln)
            self.counts["asked"] += 1

    def adopt(self) -> None:
        """A third party that knows of an access says so."""
        pair = self._pair()
        if self.held(pair) is not None and self.believed(pair) is None:
            with suppress(PreflightRefused, CommandRefused):
                self.engine.start(ediel.KnownAccess(metering_point=pair[0]), party=pair[1])
                self.counts["adopted"] += 1
                self.behind.pop(pair, None)

    def decide(self) -> None:
        """The end user decides; the third party hears of it at once, later, or never."""
        name = self.random.choice(POINTS)
        waiting = [item for item in self.at_hub(name) if item.state in {"waiting", "granted"}]
        if not waiting:
            return
        item = self.random.choice(waiting)
        what = self.random.choice(("approve", "approve", "refuse") if item.state == "waiting" else ("level", "remove"))
        level = {"level": self.random.choice(("full", "limited"))} if what in {"approve", "level"} else {}
        pair = (name, str(item.facts.third_party))
        before = self.held(pair)
        try:
            self.hub.decide(item.id, what, **level)
        except (NoTransition, LineRefused):
            return
        self.counts[what] += 1
        if what == "approve" and before is not None:
            return
        self.behind[pair] = what
        self.levels.discard(pair)
        if self.random.random() < 0.6:
            self.hear(pair, what, level)

    def hear(self, pair: Pair, what: str, data: dict[str, Any]) -> None:
        """The third party hears of a decision from outside."""
        process = self.own(pair, *(_HELD if what in {"level", "remove"} else ("asked", "waiting", "lapsed")))
        if process is None:
            return
        with suppress(NoTransition):
            self.engine.decide(process.id, what, **data)
            self.counts["heard"] += 1
            self.behind.pop(pair, None)
            if data:
                self.levels.add(pair)

    def change(self) -> None:
        """A third party changes its access, or gives it up."""
        pair = self._pair()
        process = self.own(pair, "granted")
        if process is None:
            return
        what: Any = self.random.choice(
            (("delete", {}), ("update", {"extended_storage": True}),
             ("update", {"end": market_day(self.now()) + timedelta(days=self.random.randint(1, 15))}))
        )  # fmt: skip
        with suppress(PreflightRefused, CommandRefused, NoTransition):
            self.engine.command(process.id, what[0], **what[1])
            self.counts[what[0]] += 1

    def values(self) -> None:
        """Values of all points, of the days since the last ones: a day that is missing stands in the way of the next."""
        end = market_day(self.now())
        days = (end - self.values_until).days
        if days <= 0:
            return
        series = tuple(hours(name, self.values_until, days, number=self.counts["values"]) for name in POINTS)
        got = {
            (name, gln)
            for name, gln in self._pairs()
            for number in range(days)
            if self.point(name).access_on(gln, self.values_until + timedelta(days=number)) is not None
        }
        self.engine.start(ediel.ValuesReport(series=series), party=Party(GRID, "DDE", hub=self.hub.gln))
        self.counts["values"] += 1
        self.values_until = end
        self.carry()
        for pair in got:
            process = self.own(pair, *_HELD, "refused", "ended")
            assert process is not None, pair
            if process.state in _HELD and self.held(pair) is not None:
                self.behind.pop(pair, None)  # values say that it has access, not at which level
                self.counts["known by values"] += 1

    def _pairs(self) -> list[Pair]:
        return [(name, gln) for name in POINTS for gln in THIRD_PARTIES]

    # --- what must hold

    def step(self) -> None:
        """One action of any party, and what must hold once all messages are in."""
        if self.random.random() < 0.5:
            super().step()
        else:
            actions = (self.ask, self.decide, self.change, self.values, self.adopt)
            self.random.choices(actions, (4, 6, 3, 4, 1))[0]()
            self.carry()
            self.check()

    def check(self) -> None:
        super().check()
        for pair in self._pairs():
            held, row = self.held(pair), self.believed(pair)
            process = self.own(pair)
            if held is None and row is not None and pair not in self.behind:
                # whoever gave it has left, or the hub has refused or ended it: nobody has told
                ended = [item for item in self.at_hub(pair[0]) if item.facts.third_party == pair[1]]
                left = not ended or all(item.state != "granted" for item in ended)
                assert left, (pair, row)
                self.behind[pair] = "the end user has left"
                if self.random.random() < 0.5:
                    self.hear(pair, "remove", {})
                    assert self.believed(pair) is None, pair
                continue
            if pair in self.behind:
                continue
            if held is None:
                assert row is None
                continue
            if row is None:
                # granted anew, or by a request that lies with the third party's own unanswered one
                assert process is None or process.state not in _HELD, (pair, process)
                self.behind[pair] = "not told"
                continue
            assert (None if held.end is None else held.end.isoformat()) == row["end"] or held.end is None, (
                pair,
                held,
                row,
            )
            if pair in self.levels:
                assert held.level == row["level"], (pair, held, row)
