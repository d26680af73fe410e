"""Odd messages at the endpoint: what is wrong with a message is never said to be a mistake of the hub's own system.

A party sends a message again that a System fault answers, and one that is refused for its content must not come again.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
from lxml import etree

from ediel.codes import FaultGroup
from ediel.messages import model
from ediel.messages.services import SERVICES, Operation, Service
from ediel.testing import hub, mutate, sample
from ediel.transport import wrap
from tests.hub.test_endpoint import fault, post
from tests.support.hub_market import MARKET, NEW

OPERATIONS = [(service, operation) for service in SERVICES for operation in service.operations]


@pytest.mark.parametrize(
    ("service", "operation"), OPERATIONS, ids=lambda item: item.name if isinstance(item, Service | Operation) else ""
)
def test_no_message_is_a_mistake_of_the_system(service: Service, operation: Operation) -> None:
    fates: Counter[str] = Counter()
    with hub(MARKET, security="optional") as market:
        for seed in range(30):
            random = Random(seed)
            message: Any = sample(model(operation.message), seed, wild=True, full=bool(seed % 3 == 0))
            header = message.header.model_copy(update={"physical_sender": NEW, "juridical_sender": NEW})
            message = message.model_copy(update={"header": header})
            data = wrap(message, service.name).to_bytes()
            if seed % 2:
                root = etree.fromstring(data)
                (inside,) = root[-1][0]
                changed = mutate(inside, random).root
                root[-1][0].replace(inside, changed)
                data = etree.tostring(root)
            answer = post(market, data, service.name)
            if answer.status_code == 200:
                fates["200"] += 1
                continue
            group = fault(answer).code_group
            fates[group.value] += 1
            assert group is not FaultGroup.SYSTEM, (seed, fault(answer))
    assert sum(fates.values()) == 30
    assert fates["200"] or fates["Security"] or operation.answers, fates
