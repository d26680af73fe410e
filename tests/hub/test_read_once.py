"""What comes to the endpoint is read once: one parse, one check of the schema, one run of the rules."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from ediel.hub import Call
from ediel.testing import HubUnderTest
from ediel.transport import sign, wrap
from ediel.xml import Document
from tests.support.hub_market import NEW, switch
from tests.support.readings import readings


def test_a_signed_request_is_read_once(market: HubUnderTest) -> None:
    new = market.party(NEW)
    new.engine.start(switch())
    (row,) = new.engine.outbox.pending()
    new.engine.outbox.sent(row["message_id"])
    organisation = market.hub.register_store.parties()[NEW].organisation
    assert organisation is not None
    envelope = wrap(Document.read(row["data"]))
    body = sign(envelope, market.keyring.identity(organisation), datetime.now(UTC))
    with readings(row["message_id"]) as found:
        reply = market.hub.call(Call("MarketProcesses", body))
    assert reply.status == 200
    assert found == Counter(parse=1, schema=1, rules=1)
    (inbox,) = [item for item in market.hub.engine.browse.inbox() if item["message_id"] == row["message_id"]]
    assert inbox["outcome"] == "handled"
