"""Checks of the parties of a message: who sends, in which role, for whom, to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ediel.codes import Role
from ediel.market import Unknown
from ediel.rules._ask import cancels
from ediel.rules._rule import NOT_APPLICABLE, UNKNOWN, Check, Flaw, Known, Outcome

if TYPE_CHECKING:
    from ediel.market import Party
    from ediel.messages import Message, RequestStartOfSupply


def _party(gln: str, facts: Known) -> Party | Unknown | None:
    assert facts.register is not None
    return facts.register.party(gln)


def sent_in(check: Check) -> Check:
    """Only for a message that a market party sends: the hub passes some of them on."""

    def only(message: Message, facts: Known) -> Outcome:
        if facts.register is None:
            return UNKNOWN
        return NOT_APPLICABLE if message.header.juridical_sender == facts.register.hub else check(message, facts)

    return only


def sender_known(message: Message, facts: Known) -> Outcome:
    gln = message.header.juridical_sender
    found = _party(gln, facts)
    if found is None:
        return (Flaw("header.juridical_sender", gln, "a party of the register"),)
    if isinstance(found, Unknown) or found.active is None:
        return UNKNOWN
    return () if found.active else (Flaw("header.juridical_sender", gln, "an active party"),)


def sender_role(message: Message, facts: Known) -> Outcome:
    gln, role = message.header.juridical_sender, message.process.role
    found = _party(gln, facts)
    if found is None:
        return NOT_APPLICABLE
    if isinstance(found, Unknown) or found.roles is None:
        return UNKNOWN
    roles = ", ".join(sorted(found.roles)) or "none"
    return () if role in found.roles else (Flaw("process.role", role.value, f"a role of {gln}: {roles}"),)


def acts_for(message: Message, facts: Known) -> Outcome:
    header = message.header
    if header.physical_sender == header.juridical_sender:
        return ()
    found = _party(header.physical_sender, facts)
    if isinstance(found, Unknown):
        return UNKNOWN
    if found is not None and header.juridical_sender in found.acts_for:
        return ()
    return (
        Flaw("header.physical_sender", header.physical_sender, f"a party that may act for {header.juridical_sender}"),
    )


def recipient(message: Message, facts: Known) -> Outcome:
    assert facts.register is not None
    hub, found = facts.register.hub, message.header.juridical_recipient
    if hub is None:
        return UNKNOWN
    return () if found == hub else (Flaw("header.juridical_recipient", str(found), hub),)


def supplier_authorised(message: RequestStartOfSupply, facts: Known) -> Outcome:
    gln = message.payload.balance_supplier
    if gln is None or cancels(message):
        return NOT_APPLICABLE
    if facts.register is None:
        return UNKNOWN
    found = _party(gln, facts)
    expected = "a known and active balance supplier"
    if found is None:
        return (Flaw("payload.balance_supplier", gln, expected),)
    if isinstance(found, Unknown) or found.active is None or found.roles is None:
        return UNKNOWN
    right = found.active and found.roles & {Role.DDQ, Role.SLR}
    return () if right else (Flaw("payload.balance_supplier", gln, expected),)
