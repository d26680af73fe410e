"""Campaigns: access to the values of very many metering points, asked for at once (BRS-NO-622)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

import ediel
from supplier.tables import Access

__all__ = ["Campaign", "ask", "state"]

_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Campaign:
    """What has become of a call of ``ask``.

    Attributes:
        asked: points for which access is asked for now.
        known: points for which it was asked before.
        later: points whose turn has not come: call again with the same points when messages have left.
        refused: points that cannot be asked for, and why.
    """

    asked: int
    known: int
    later: int
    refused: dict[str, str]


def ask(
    engine: ediel.Engine, sessions: sessionmaker[Session], name: str, points: Iterable[str], *, waiting: int = 5000
) -> Campaign:
    """Ask for access to points; called again with the same ones, after a kill too, it goes on where it was.

    Each batch is one transaction: the processes and our rows of them, or neither.

    Args:
        engine: with us as a third party.
        sessions: of the backend.
        name: of the campaign.
        points: metering points.
        waiting: ask for no more while so many messages wait to be sent.
    """
    rest, counts, refused = iter(dict.fromkeys(points)), Counter[str](), dict[str, str]()
    while batch := list(islice(rest, _BATCH)):
        orders = [
            ediel.engine.Order(ediel.AccessRequest(metering_point=point), f"{name}/{point}", {"campaign": name})
            for point in batch
        ]
        with sessions.begin() as session, engine.store.join(session.connection()):
            results = engine.start_many(orders, waiting=waiting)
            for point, result in zip(batch, results, strict=True):
                counts[result.outcome] += 1
                if result.outcome == "begun" and result.process is not None:
                    session.add(Access(campaign=name, metering_point=point, process=result.process.id))
                elif result.outcome == "refused":
                    refused[point] = str(result.error)
    return Campaign(counts["begun"], counts["known"], counts["later"], refused)


def state(sessions: sessionmaker[Session], name: str) -> dict[str, int]:
    """How many points stand in each state."""
    with sessions() as session:
        rows = session.execute(select(Access.state, func.count()).where(Access.campaign == name).group_by(Access.state))
        return {row[0]: row[1] for row in rows}
