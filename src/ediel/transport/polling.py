"""The messages that fetch what waits: a poll, and the word that it has been kept.

Source: the samples of the SoapUI project of EMIF 2.3. Acknowledge only after the messages are persisted. That a result
set comes again until then is likely, and not published. The hub answers alike whether the reference is right or not;
the next poll shows whether it was.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from uuid import uuid4

from ediel.codes import BusinessProcess, DocumentType, Role, StatusType
from ediel.engine import Party
from ediel.identifiers import Uuid
from ediel.messages import (
    Acknowledgement,
    AcknowledgementEvent,
    Header,
    PollForData,
    PollForDataFilter,
    ProcessContext,
)

__all__ = ["CHANNELS", "acknowledgeable", "acknowledgement_of", "poll_of"]

CHANNELS = ("PollMarketProcesses", "PollMeteringValues")
"""The services that messages are fetched from."""


_UUID: Final = re.compile(Uuid.shape)


def acknowledgeable(identification: str | None) -> str | None:
    """An identification of a result set, where an acknowledgement can name it: it is a UUID, as the schema has it."""
    return identification if identification is not None and _UUID.fullmatch(identification) else None


def _header(party: Party, document: DocumentType, now: datetime) -> Header:
    return Header(
        identification=str(uuid4()),
        document_type=document,
        creation=now,
        physical_sender=party.physical_sender,
        juridical_sender=party.gln,
        juridical_recipient=party.hub,
    )


def _context(party: Party) -> ProcessContext:
    return ProcessContext(business_process=BusinessProcess.POLL, role=Role(party.role))


def poll_of(party: Party, now: datetime) -> PollForData:
    """Ask for what waits for a party in its role."""
    return PollForData(
        header=_header(party, DocumentType.QUERY, now), process=_context(party), payload=PollForDataFilter()
    )


def acknowledgement_of(party: Party, result_set: str, now: datetime) -> Acknowledgement:
    """Say that a result set has been kept; ``result_set`` is its identification."""
    return Acknowledgement(
        header=_header(party, DocumentType.QUERY, now),
        process=_context(party),
        payload=AcknowledgementEvent(status=StatusType.ACCEPTED, original_reference=result_set),
    )
