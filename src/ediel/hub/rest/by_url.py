"""Third-party access by an address (BRS-NO-624) at the stand-in hub: an end user answers, and the browser is sent back.

Where the browser goes and what it brings is published, how that is spelled is not: the names are those that
``ediel.rest.ReturnNames`` assumes, in the query.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from ediel.calendar import market_day
from ediel.codes import EndUserScheme
from ediel.hub import _tables as tables
from ediel.hub._history import access_of, row
from ediel.hub._hub import Hub
from ediel.hub.rest.consents import NotPending
from ediel.hub.seed import HubParty
from ediel.identifiers import Uuid
from ediel.processes import SetAccess
from ediel.rest import ReturnNames
from ediel.store import stamp

__all__ = ["answer_access"]

_NAMES: Final = ReturnNames()


@dataclass(frozen=True, slots=True)
class _Request:
    party: HubParty
    identification: str
    level: str


def answer_access(
    hub: Hub,
    address: str,
    end_user: str,
    *,
    points: tuple[str, ...] | None = None,
    end: date | None = None,
    refuse: bool = False,
) -> str:
    """Answer as the end user who has logged in; the address to which the browser is sent back.

    Args:
        hub: the hub.
        address: to which the third party has sent the end user.
        end_user: number of the person or organisation.
        points: the metering points picked; all of the end user's when not given. Of others none is given.
        end: day on which the access ends.
        refuse: give none.

    Raises:
        NotPending: the address is none of a third party on the list; the text says what is wrong with it.
    """
    asked, today = _read(hub, address), market_day(hub.clock())
    mine = {} if refuse else _homes(hub, end_user, today)
    picked = [point for point in mine if points is None or point in points]
    more: dict[str, str] = {_NAMES.hub: hub.gln, _NAMES.receiver: asked.party.gln, _NAMES.request: asked.identification}
    if refuse or (mine and not picked):
        more[_NAMES.error] = "EH088"
    elif not mine:
        more[_NAMES.error] = "EH106"
    else:
        _give(hub, asked, picked, end)
        last = {} if end is None else {_NAMES.end: end.isoformat()}
        given = [{_NAMES.point: point, _NAMES.start: mine[point].isoformat(), **last} for point in picked]
        more[_NAMES.points] = json.dumps(given)
    return f"{asked.party.return_address}?{urlencode(more)}"


def _read(hub: Hub, address: str) -> _Request:
    fields = dict(parse_qsl(urlsplit(address).query))
    party = hub.register_store.party(fields.get("client_id", ""))
    identification, scope = fields.get("request_id", ""), fields.get("scope", "")
    if party is None or party.return_address is None:
        raise NotPending("client_id: no third party with a return address on the list")
    if not Uuid(identification).is_valid or scope not in {"Full", "Limited"}:
        raise NotPending("expected request_id, a UUID, and scope, Full or Limited")
    return _Request(party, identification, scope.lower())


def _homes(hub: Hub, end_user: str, today: date) -> dict[str, date]:
    """Metering points of an end user today, with the day of moving in."""
    found: dict[str, date] = {}
    view = hub.decisions.view(hub.clock())
    known = {point for scheme in EndUserScheme for point in hub.register_store.with_customer(end_user, scheme.value)}
    for identification in sorted(known):
        point = view.metering_point(identification)
        for resident in () if point is None else point.end_users or ():
            if resident.identification == end_user and resident.start <= today < (resident.end or date.max):
                found[identification] = resident.start
    return found


def _give(hub: Hub, asked: _Request, points: list[str], end: date | None) -> None:
    """Write the accesses, in one transaction, as those that are granted by a message."""
    now, third_party = hub.clock(), asked.party.gln
    today = market_day(now)
    change = SetAccess(third_party, end, asked.level, extended_storage=False)
    with hub.engine.store.unit(locks=tuple(points)) as unit:
        for identification in points:
            number, point = hub.register_store.lines(identification)
            has = point.now.access(third_party).on(today)
            event = access_of(change, None if has is None else has.value, today, named=True)
            at = max(now, point.history.latest or now)
            written = point.record(asked.identification, event, at).history.entries[-1].what
            unit.keep(tables.HISTORY, row(identification, number + 1, asked.identification, at, written))
            own = [item for item in unit.accesses(hub.gln, identification) if item["third_party"] == third_party]
            since = [item for item in own if item["start"] <= today.isoformat() < (item["end"] or "9")]
            unit.put(
                "accesses",
                {
                    "party": hub.gln, "metering_point": identification, "third_party": third_party,
                    "start": since[-1]["start"] if since else today.isoformat(),
                    "end": None if end is None else end.isoformat(), "level": asked.level,
                    "extended_storage": bool(since and since[-1]["extended_storage"]), "changed_at": stamp(now),
                },
            )  # fmt: skip
