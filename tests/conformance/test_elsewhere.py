"""Cases against a hub that is not in this process: a run that blocks, is killed, and goes on with the same verdict."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner, Result

from ediel.cli import cli
from ediel.conformance import Hosted, case, hosted, market
from ediel.engine import Engine, Party
from ediel.hub import SERVICES, Seed
from ediel.hub.certificates import make


class Elsewhere:
    """A team's folder: configuration, database, market file; and a stand-in hub on a port."""

    def __init__(self, place: Hosted, folder: Path, role: str) -> None:
        self.place, self.folder = place, folder
        (folder / "market.json").write_text(market(date(2026, 11, 27)).to_json(), encoding="utf-8")
        issuers = folder / "keys" / "issuer.pem"
        (folder / "ediel.toml").write_text(
            f'[database]\nurl = "sqlite:///{folder}/team.db"\n'
            f'[hub]\nenvironment = "local"\naddress = "{place.address}{SERVICES}"\n'
            f'[certificate]\nfile = "{place.pem}"\n[trust]\nissuers = "{issuers}"\n',
            encoding="utf-8",
        )
        Engine.open(f"sqlite:///{folder}/team.db", party=[Party(place.gln, role, hub=place.market.hub.gln)]).close()

    def begin(self, *more: str, office: bool = True, patience: str = "5") -> list[str]:
        admin = ["--admin", self.place.address] if office else []
        return [
            "conformance", "run", *more, "--target", "elsewhere", "--config", str(self.folder / "ediel.toml"),
            "--market", str(self.folder / "market.json"), "--run", str(self.folder / "run"), "--patience", patience, *admin,
        ]  # fmt: skip

    def resume(self, *more: str) -> list[str]:
        return ["conformance", "resume", str(self.folder / "run"), *more]


@pytest.fixture
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    found = case(request.param)
    with hosted(found, keys=tmp_path / "keys") as place:
        monkeypatch.setenv("EDIEL_HUB_TOKEN", place.token)
        yield Elsewhere(place, tmp_path, found.role)


def run(arguments: list[str]) -> Result:
    return CliRunner().invoke(cli, arguments)


NAMES = ["DDQ101-01", "AG622-03-lapsed", "DDQ101-03-refused", "AG611-01"]


@pytest.mark.parametrize("elsewhere", NAMES, indirect=True)
def test_a_stand_in_hub_on_a_port(elsewhere: Elsewhere, request: pytest.FixtureRequest) -> None:
    """The same cases, over HTTP, with the back office in the place of people and time."""
    name = request.node.callspec.params["elsewhere"]
    found = run([*elsewhere.begin(name), "--format", "json"])
    assert found.exit_code == 0, found.output
    (one,) = json.loads(found.stdout)["cases"]
    assert (one["case"], one["verdict"]) == (name, "passed")
    assert {(item["source"], item["target"]) for item in one["messages"]} == {("actor", "hub"), ("hub", "actor")}
    assert "is a run already" in run(elsewhere.begin(name)).output
    assert run(elsewhere.resume()).exit_code == 0, "a run that is over stays as it is"


@pytest.mark.parametrize("elsewhere", ["AG622-01"], indirect=True)
def test_what_needs_a_person_blocks(elsewhere: Elsewhere) -> None:
    """Without a back office, a person approves in Min side and says so; nothing is done twice meanwhile."""
    found = run(elsewhere.begin("AG622-01", office=False))
    assert found.exit_code == 3, found.output
    assert "let the end user approve in Min side" in found.output
    assert run(elsewhere.resume()).exit_code == 3, "nobody has said that it is done"
    hub = elsewhere.place.market.hub
    (row,) = [row for row in hub.engine.browse.processes() if row["machine"] == "access/hub"]
    hub.decide(row["id"], "approve")
    found = run(elsewhere.resume("--done"))
    assert "outside the messages: approve" in found.output
    found = run(elsewhere.resume("--done"))
    assert found.exit_code == 0, found.output
    assert len([row for row in hub.engine.browse.processes() if row["machine"] == "access/hub"]) == 1


@pytest.mark.parametrize("elsewhere", ["DDQ101-01"], indirect=True)
def test_what_needs_time_blocks(elsewhere: Elsewhere) -> None:
    """Real time: the case says when it goes on. What does not come blocks, until somebody gives up."""
    elsewhere.place.market.misbehave("http", party=elsewhere.place.gln)
    found = run(elsewhere.begin("DDQ101-01", office=False, patience="0.5"))
    assert found.exit_code == 3, found.output
    assert "expected ConfirmStartOfSupply; waiting for it, there is nothing" in found.output
    assert "the courier says" in found.output
    found = run(elsewhere.resume("--give-up"))
    assert found.exit_code == 1
    assert "the fault is probably the hub's" in found.output


def _killed(arguments: list[str], after: float) -> int | None:
    """Run a command, and kill it after some seconds; the exit code where it was quicker."""
    with subprocess.Popen(
        [sys.executable, "-m", "ediel", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            return process.wait(after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return None


@pytest.mark.parametrize("elsewhere", ["DDQ101-01", "AG622-03-lapsed"], indirect=True)
def test_a_run_that_is_killed_goes_on(elsewhere: Elsewhere, request: pytest.FixtureRequest) -> None:
    """Killed at any moment, again and again: the same verdict, each order given once, the hub has one process."""
    name = request.node.callspec.params["elsewhere"]
    chance = Random(7)
    arguments, code, kills = elsewhere.begin(name), None, 0
    end = time.monotonic() + 100
    while code is None:
        assert time.monotonic() < end
        code = _killed(arguments, chance.uniform(0.9, 2.2) if kills < int(os.environ.get("EDIEL_KILLS", "6")) else 60)
        kills += code is None
        if (elsewhere.folder / "run" / "plan.json").exists():
            arguments = elsewhere.resume()
    assert code == 0
    assert kills >= 2
    found = json.loads(run([*elsewhere.resume(), "--format", "json"]).stdout)["cases"][0]
    assert found["verdict"] == "passed"
    sent = [item for item in found["messages"] if item["source"] == "actor"]
    assert len({item["identification"] for item in sent}) == len(sent)
    wanted = "supply/hub" if name.startswith("DDQ") else "access/hub"
    rows = elsewhere.place.market.hub.engine.browse.processes()
    assert len([row for row in rows if row["machine"] == wanted]) == 1


@pytest.mark.parametrize("elsewhere", ["AG611-01"], indirect=True)
def test_a_case_without_a_party_is_inconclusive(elsewhere: Elsewhere) -> None:
    """The others are run all the same."""
    found = run(elsewhere.begin("SLR123-01", "AG611-01"))
    assert found.exit_code == 1
    assert "the database has no party that is SLR" in found.output
    assert "1 of 2 cases passed" in found.output


@pytest.mark.parametrize("elsewhere", ["AG611-01"], indirect=True)
def test_a_back_office_that_does_not_answer(elsewhere: Elsewhere, tmp_path: Path) -> None:
    """One line for each case, no traceback; and a mistyped configuration begins no run."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        shut = run(["conformance", "host", "AG611-01", "--port", port, "--keys", str(tmp_path / "k")])
    assert isinstance(shut.exception, OSError), "the command line says it in one line"
    arguments = elsewhere.begin("AG611-01", office=False)
    wrong = run([*arguments, "--config", str(tmp_path / "none.toml")])
    assert isinstance(wrong.exception, OSError)
    assert not (elsewhere.folder / "run").exists()
    found = run([*arguments, "--admin", f"http://127.0.0.1:{port}"])
    assert found.exit_code == 1, found.output
    assert "the back office at" in found.output
    assert "inconclusive" in found.output
    (elsewhere.folder / "run" / "plan.json").write_text("{", encoding="utf-8")
    assert "is no plan of a run" in run(elsewhere.resume()).output


def _own_certificate_expired(elsewhere: Elsewhere) -> None:
    """A certificate of the team's own, by the right issuer, that has run out."""
    keyring = elsewhere.place.market.keyring
    assert keyring is not None
    lasted = (timedelta(days=-9), timedelta(days=-1))
    expired = make("Team", datetime.now(UTC), keyring.issuer, organisation="123456785", valid=lasted)
    path = elsewhere.folder / "expired.pem"
    path.write_bytes(expired.pem())
    _configure(elsewhere, str(elsewhere.place.pem), str(path))


def _no_network(elsewhere: Elsewhere) -> None:
    _configure(elsewhere, elsewhere.place.address, "http://127.0.0.1:9")


def _hub_certificate_expired(elsewhere: Elsewhere) -> None:
    elsewhere.place.market.misbehave("expired certificate", party=elsewhere.place.gln)


def _configure(elsewhere: Elsewhere, old: str, new: str) -> None:
    path = elsewhere.folder / "ediel.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("elsewhere", ["DDQ101-01"], indirect=True)
@pytest.mark.parametrize(
    ("trouble", "text"),
    [
        (_no_network, "local cannot be reached: ConnectError; check address, network and certificates"),
        (
            _own_certificate_expired,
            "is stopped: local has refused the message: Security: Authorization failed; of this side, the certificate holds from",
        ),
        (_hub_certificate_expired, "the answer of local is not to be trusted: the certificate holds from"),
    ],
)
def test_trouble_on_the_wire_blocks_and_says_why(
    elsewhere: Elsewhere, trouble: Callable[[Elsewhere], None], text: str
) -> None:
    trouble(elsewhere)
    found = run(elsewhere.begin("DDQ101-01", office=False, patience="0.5"))
    assert found.exit_code == 3, found.output
    assert text in found.output, found.output
    assert run(elsewhere.resume("--give-up")).exit_code == 1


@pytest.mark.parametrize("elsewhere", ["DDQ101-01"], indirect=True)
def test_no_person_is_in_a_mistake(elsewhere: Elsewhere, tmp_path: Path) -> None:
    """An order that cannot be made is said without what was given."""
    text = (files("ediel.conformance") / "cases" / "supply" / "DDQ101-01.toml").read_text(encoding="utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(text.replace("DDQ101-01", "DDQ101-99").replace('start = "$day+4"', 'start = "x"'), encoding="utf-8")
    found = run(elsewhere.begin("--file", str(path)))
    assert "cannot be made: start: Input should be" in found.output, found.output
    for resident in (one for point in market(date(2026, 11, 27)).metering_points for one in point.end_users):
        assert resident.identification not in found.output


def test_files_that_are_wrong(tmp_path: Path) -> None:
    assert "is no run" in run(["conformance", "resume", str(tmp_path)]).output
    assert "needs --config" in run(["conformance", "run", "AG611-01", "--target", "elsewhere"]).output
    assert "neither simulator nor elsewhere" in run(["conformance", "run", "AG611-01", "--target", "mars"]).output
    written = run(["conformance", "market", "--output", str(tmp_path / "market.json")])
    assert written.exit_code == 0
    assert len(Seed.read(tmp_path / "market.json").metering_points) == 12
