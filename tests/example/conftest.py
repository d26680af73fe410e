"""The example backend beside a stand-in hub: what a backend of your own needs in its ``conftest.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

import ediel
from ediel.testing import HubUnderTest
from supplier.backend import Backend
from supplier.web import app
from tests.support.databases import postgresql


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str | None:
    """A new PostgreSQL where a test asks for one; an SQLite file elsewhere."""
    return postgresql() if getattr(request, "param", "sqlite") == "postgresql" else None


@pytest.fixture
def backend(own_engine: Callable[..., ediel.Engine], database: str | None) -> Iterator[Backend]:
    """The backend, as supplier and as third party, on a new database; its messages are carried by ``hub.move``."""
    made = Backend(own_engine("DDQ", "AG", url=database))
    yield made
    made.close()


@pytest.fixture
def shop(backend: Backend) -> Iterator[TestClient]:
    """The backend's web pages."""
    with TestClient(app(backend)) as client:
        yield client


@pytest.fixture
def rival(hub: HubUnderTest, backend: Backend) -> ediel.testing.MarketParty:
    """Another supplier of the market."""
    return hub.party("DDQ", 1)
