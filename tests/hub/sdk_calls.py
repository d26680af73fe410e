"""What the published client package elhub-python-sdk does against a hub, unmodified but for the address."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from elhub_sdk.acknolwedgment import acknowledge_poll
from elhub_sdk.client import APIClient, ElHubEnvironment, ElHubService
from elhub_sdk.consumption import poll_consumption, request_consumption
from elhub_sdk.enrollment import get_meter_characteristics
from elhub_sdk.enums import THIRD_PARTY_ACTION
from elhub_sdk.third_party import request_action

import ediel
from ediel.hub import SERVICES
from ediel.testing import HubUnderTest
from tests.support.hub_market import GRID, THIRD_PARTY, at, hours, process_of

PLACES = {
    ElHubService.MARKET_PROCESSES: "MarketProcesses",
    ElHubService.METERING_VALUES: "MeteringValues",
    ElHubService.POOL_MARKET_PROCESSES: "PollMarketProcesses",
    ElHubService.POOL_METERING_VALUES: "PollMeteringValues",
    ElHubService.QUERY: "Query",
}


class SdkCalls:
    """A third party that uses the package."""

    def __init__(self, market: HubUnderTest, address: str) -> None:
        self.market = market
        self.address = address
        organisation = market.hub.register_store.parties()[THIRD_PARTY].organisation
        assert organisation is not None
        self.pem = str(market.keyring.path(organisation))

    def client(self, service: ElHubService) -> tuple[Any, Any]:
        """A client of the package, with its own WSDL and its own signing, pointed at the hub."""
        client, history = APIClient.get_client(ElHubEnvironment.TEST, service, self.pem, self.pem)
        client.service._binding_options["address"] = f"{self.address}{SERVICES}/{PLACES[service]}"
        return client, history

    def lookup(self, point: str) -> Any:
        """BRS-NO-611."""
        client, history = self.client(ElHubService.QUERY)
        return get_meter_characteristics(client, history, meter_identificator=point, sender_gsn=THIRD_PARTY)

    def action(self, point: str, action: THIRD_PARTY_ACTION, *, extended: bool = False) -> Any:
        """BRS-NO-622."""
        client, history = self.client(ElHubService.MARKET_PROCESSES)
        return request_action(client, history, THIRD_PARTY, point, action, extended_storage=extended)

    def access(self, point: str) -> None:
        """Add, approved by the end user, and Update with extended storage."""
        assert self.action(point, THIRD_PARTY_ACTION.ADD) is not False
        asked = process_of(self.market, "access/hub", point)
        assert asked["state"] == "waiting"
        self.market.http.post(f"/admin/processes/{asked['id']}/decisions/approve")
        assert self.action(point, THIRD_PARTY_ACTION.UPDATE, extended=True) is not False
        (row,) = self.market.hub.engine.browse.accesses(party=self.market.hub.gln, metering_point=point)
        assert row["extended_storage"]

    def leave(self, point: str) -> None:
        """Delete."""
        assert self.action(point, THIRD_PARTY_ACTION.DELETE) is not False
        assert process_of(self.market, "access/hub", point)["state"] == "ended"

    def poll(self) -> Any:
        """What waits for it on the channel of the values: the messages, and the result set."""
        client, history = self.client(ElHubService.POOL_METERING_VALUES)
        text = poll_consumption(client, history, THIRD_PARTY)
        if text is None:
            return None, []
        found = ediel.inspect(text)
        return found.result_set, [item.message for item in found.messages]

    def acknowledge(self, result_set: str) -> bool:
        """As the package does it: through MeteringValues, with BRS-NO-315."""
        client, history = self.client(ElHubService.METERING_VALUES)
        return bool(acknowledge_poll(client, history, THIRD_PARTY, result_set))

    def values(self, point: str) -> list[Any]:
        """BRS-NO-315, polled and acknowledged; the answer to the query alone."""
        self.market.move(at("2026-11-30 09:00"))
        collector = self.market.party(GRID)
        collector.start(ediel.ValuesReport(series=(hours(point, date(2026, 11, 28), kwh="2.5"),)))
        client, history = self.client(ElHubService.QUERY)
        first = datetime(2026, 11, 27, 23, tzinfo=UTC)  # the package writes every moment as if it were UTC
        assert request_consumption(client, history, point, THIRD_PARTY, first, first + timedelta(days=1))
        found: list[Any] = []
        for _ in range(10):
            result_set, messages = self.poll()
            if result_set is None:
                return found
            found += messages
            assert self.poll()[0] == result_set, "the same until it is acknowledged"
            assert self.acknowledge(result_set)
        raise AssertionError("the queue does not end")
