"""Do a hub and its parties agree on every message: nothing lost, nothing twice, nothing left behind?"""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import select

from ediel.engine import Engine
from ediel.store._schema import INBOX, OUTBOX, TRANSITIONS

_MEANT = OUTBOX.c.error.is_distinct_from("cancelled before it has arrived")
"""Messages that were meant to arrive in the end."""


def rows(engine: Engine, statement: Any) -> list[Any]:
    """What a statement finds."""
    with engine.store.connection() as connection:
        return list(connection.execute(statement).all())


def disagreements(hub: Engine, parties: Engine) -> list[str]:
    """What is wrong, in words; nothing where all is well.

    Every message that one side has put out has come to the other, once, but for requests that were cancelled before they
    were sent: of those the other side knows nothing. Nothing waits, has failed, is held or is a dead
    letter, and no message has moved a process twice.
    """
    problems: list[str] = []
    glns = {party.gln for party in parties.parties}
    for name, sender, recipient, where in (
        ("to the parties", hub, parties, OUTBOX.c.recipient.in_(glns)),
        ("to the hub", parties, hub, _MEANT),
    ):
        sent = dict(rows(sender, select(OUTBOX.c.message_id, OUTBOX.c.name).where(where)))
        came = Counter(row[0] for row in rows(recipient, select(INBOX.c.message_id)))
        if lost := set(sent) - set(came):
            problems.append(f"{len(lost)} messages {name} are lost: {dict(Counter(sent[one] for one in lost))}")
        if strange := set(came) - set(sent):
            problems.append(f"{len(strange)} messages {name} came from nowhere")
        problems += [f"{name}: received twice"] if any(count > 1 for count in came.values()) else []
    for name, engine, where in (
        ("hub", hub, OUTBOX.c.recipient.in_(glns)),
        ("parties", parties, _MEANT),
    ):
        counts = Counter(row[0] for row in rows(engine, select(OUTBOX.c.status).where(where)))
        problems += [f"{name}: outbox {dict(counts)}"] if set(counts) - {"sent"} else []
        left = rows(engine, select(OUTBOX.c.name, OUTBOX.c.error).where(where, OUTBOX.c.status != "sent").limit(5))
        problems += [f"{name}: {message} is left: {error}" for message, error in left]
        dead = engine.browse.dead_letters(resolved=True, most=10)
        problems += [f"{name}: dead letters {[row['reason'] for row in dead]}"] if dead else []
        moved = select(TRANSITIONS.c.instance_id, TRANSITIONS.c.message_id).where(TRANSITIONS.c.message_id.is_not(None))
        if any(count > 1 for count in Counter(rows(engine, moved)).values()):
            problems.append(f"{name}: a message has moved a process twice")
    return problems
