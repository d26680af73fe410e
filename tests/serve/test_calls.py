"""The calls of `ediel serve`, in this process: the same verdicts and reports as the command line, limits, problems."""

from __future__ import annotations

import gzip
import io
import json
import logging
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from ediel.cli import cli
from ediel.serve import ServeSettings, asgi
from tests.support.places import ROOT

VALID = sorted((ROOT / "fixtures" / "valid").glob("*.xml"))
INVALID = sorted((ROOT / "fixtures" / "invalid").glob("*.xml"))
SWITCH = ROOT / "fixtures" / "valid" / "RequestStartOfSupply-101.xml"
PERSON = "12818525018"
"""A synthetic person."""


@pytest.fixture(scope="module")
def service() -> Iterator[TestClient]:
    with TestClient(asgi()) as client:
        yield client


def problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["status"] == status
    assert found["detail"]
    assert "Traceback" not in response.text
    return found


def by_command(path: Path, tmp_path: Path, *options: str) -> tuple[int, str]:
    """What the command line writes about a file that is called as the service calls it."""
    (tmp_path / "body").write_bytes(path.read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        result = CliRunner().invoke(cli, ["validate", "body", "-o", "report", *options], catch_exceptions=False)
    return result.exit_code, (tmp_path / "report").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["json", "sarif", "junit", "html", "text"])
@pytest.mark.parametrize("path", [SWITCH, INVALID[0], INVALID[-1]], ids=lambda path: path.stem)
def test_reports_are_those_of_the_command_line(service: TestClient, tmp_path: Path, path: Path, form: str) -> None:
    query = {"format": form, "on": "2026-11-20", "lang": "nb", "strict": "true"}
    answer = service.post("/validate", params=query, content=path.read_bytes())
    code, text = by_command(path, tmp_path, "--format", form, "--on", "2026-11-20", "--lang", "nb", "--strict")
    assert answer.status_code == 200, answer.text
    assert answer.headers["ediel-exit-code"] == str(code)
    assert answer.text == text


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_what_is_read_can_be_generated(path: Path) -> None:
    """Nothing is lost on the way from XML to JSON and back, for each message of the standard."""
    with TestClient(asgi(ServeSettings(allow_person_data=True))) as service:
        answer = service.post("/read", params={"show_person_data": "true"}, content=path.read_bytes())
        assert answer.status_code == 200, answer.text
        for message in answer.json()["messages"]:
            made = service.post("/generate", json=message)
            assert made.status_code == 200, made.text
            assert made.headers["content-type"] == "application/xml"
            again = service.post("/read", params={"show_person_data": "true"}, content=made.content)
            assert again.json()["messages"] == [message]


def test_people_are_masked_unless_the_service_allows_them() -> None:
    with TestClient(asgi()) as service:
        masked = service.post("/read", content=SWITCH.read_bytes())
        refused = service.post("/read?show_person_data=true", content=SWITCH.read_bytes())
        assert problem(refused, 403)["advice"]
        problem(service.post("/validate?show_person_data=true", content=SWITCH.read_bytes()), 403)
    with TestClient(asgi(ServeSettings(allow_person_data=True))) as service:
        shown = service.post("/read?show_person_data=true", content=SWITCH.read_bytes()).json()["messages"][0]
        unasked = service.post("/read", content=SWITCH.read_bytes())
    assert masked.json() == unasked.json()

    def texts(value: Any) -> Iterator[tuple[str, str]]:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            if isinstance(item, dict | list):
                yield from texts(item)
            else:
                yield str(key), str(item)

    named = {text for key, text in texts(shown) if key in {"given_name", "family_name", "complete_number"}}
    hidden = {text for _, text in texts(shown)} - {text for _, text in texts(masked.json()["messages"][0])}
    assert named
    assert named <= hidden
    assert not any(f'"{text}"' in masked.text for text in hidden)


def test_gzip_is_read_whatever_the_headers_say(service: TestClient) -> None:
    packed = gzip.compress(SWITCH.read_bytes())
    plain = service.post("/validate?on=2026-11-20", content=SWITCH.read_bytes()).json()
    for headers in ({}, {"Content-Encoding": "gzip"}, {"Content-Type": "application/gzip"}):
        assert service.post("/validate?on=2026-11-20", content=packed, headers=headers).json() == plain


def archive(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return made.getvalue()


def test_an_archive_is_judged_file_by_file(service: TestClient) -> None:
    body = archive({
        "a.xml": SWITCH.read_bytes(), "b.xml.gz": gzip.compress(SWITCH.read_bytes()), "c.txt": b"x",
        "d.xml": INVALID[0].read_bytes(),
    })  # fmt: skip
    answer = service.post("/validate", content=body)
    report = answer.json()
    assert [item["path"] for item in report["files"]] == ["body!a.xml", "body!b.xml.gz", "body!d.xml"]
    assert report["files"][0]["messages"] == report["files"][1]["messages"]
    assert answer.headers["ediel-exit-code"] == "1"


@pytest.mark.parametrize(
    "files",
    [
        {f"{number}.xml": b" " * 60_000 for number in range(20)},
        {f"{number}.xml.gz": gzip.compress(b" " * 60_000) for number in range(20)},
        {"one.xml.gz": gzip.compress(b" " * 50_000_000)},
    ],
    ids=["plain", "gzip", "bomb"],
)
def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(files: dict[str, bytes]) -> None:
    with TestClient(asgi(ServeSettings(largest=1_000_000))) as service:
        report = service.post("/validate", content=archive(files)).json()
    last = report["files"][-1]
    assert last["findings"][0]["rule"] == "READ/archive"
    assert "1000000" in last["findings"][0]["text"]
    assert len(report["files"]) <= 17
    assert not last["readable"]


def test_too_large_a_body_is_refused_before_it_is_read() -> None:
    with TestClient(asgi(ServeSettings(largest=1000))) as service:
        said = problem(service.post("/validate", content=b"x" * 1001), 413)
        assert said["expected"] == "at most 1000 bytes"

        def pieces() -> Iterator[bytes]:  # no length is told
            for _ in range(100):
                yield b"x" * 100

        problem(service.post("/read", content=pieces()), 413)
        assert service.post("/validate", content=b"x" * 1000).status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "found"),
    [
        ("/validate?level=x", 400, "level"),
        ("/validate?colour=red", 400, "colour"),
        ("/validate?format=json&format=text", 400, "format"),
        ("/validate?on=tomorrow", 400, "tomorrow"),
        ("/validate?on=9999-12-31", 400, "9999-12-31"),
        ("/validate?release=9.9", 400, None),
    ],
)
def test_a_query_that_cannot_be_read(service: TestClient, path: str, status: int, found: str | None) -> None:
    said = problem(service.post(path, content=SWITCH.read_bytes()), status)
    assert found is None or found in said["found"]
    assert said["advice"]


def test_bodies_that_are_none(service: TestClient) -> None:
    problem(service.post("/validate"), 400)
    problem(service.post("/validate", files={"file": SWITCH.read_bytes()}), 415)
    problem(service.post("/validate", content=b"x", headers={"Content-Encoding": "br"}), 415)
    problem(service.post("/read", content=archive({"a.xml": b"<a/>"})), 415)
    said = problem(service.post("/read", content=b"<a/>"), 422)
    assert said["report"]["files"][0]["findings"]
    answer = service.post("/validate", content=b"no xml")
    assert answer.headers["ediel-exit-code"] == "2"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", b'{"message": "Nothing"}', b'{"message": "RequestStartOfSupply"}', b"\xff\xfe", b"[" * 99_999],
    ids=lambda body: repr(body[:20]),
)  # fmt: skip
def test_json_that_is_no_message(service: TestClient, body: bytes) -> None:
    said = problem(service.post("/generate", content=body), 422 if body else 400)
    assert said["advice"]
    if b"StartOfSupply" in body:
        assert any("header" in item for item in said["problems"])


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(item, (*path, key))
    else:
        yield path


@pytest.mark.parametrize("wrong", [PERSON, "x" * 2000, "\x07"], ids=["person", "long", "control"])
def test_what_was_wrong_in_a_message_is_not_repeated(service: TestClient, wrong: str) -> None:
    """Each field in its turn holds what it may not: its place is told, and never what stood there."""
    with TestClient(asgi(ServeSettings(allow_person_data=True))) as allowing:
        whole = allowing.post("/read?show_person_data=true", content=SWITCH.read_bytes()).json()["messages"][0]
    refused = 0
    for path in _places(whole):
        value = json.loads(json.dumps(whole))
        inner: Any = value
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = wrong
        answer = service.post("/generate", json=value)
        if answer.status_code != 200:
            refused += 1
            assert wrong not in json.dumps(problem(answer, 422), ensure_ascii=False), path
    assert refused > 15


def test_explanations_codes_and_days(service: TestClient) -> None:
    assert any("E17" in line for line in service.get("/explain/E17").json()["lines"])
    assert any("BRS-NO-101" in line for line in service.get("/explain/101").json()["lines"])
    assert service.get("/codes").json()["Role"] == len(service.get("/codes/role").json()["codes"])
    days = service.get("/deadlines?process=202&settlement=interval&start=2026-12-01").json()
    result = CliRunner().invoke(
        cli, ["deadline", "202", "--settlement", "interval", "--start", "2026-12-01", "--format", "json"]
    )
    assert days == json.loads(result.output)
    problem(service.get("/explain/no-such-word"), 404)
    problem(service.get(f"/explain/{'x' * 5000}"), 404)
    problem(service.get("/codes/Colour"), 404)
    problem(service.get("/deadlines?process=999&settlement=interval&start=2026-12-01"), 404)
    problem(service.get("/deadlines?process=202&settlement=interval&start=0001-01-01"), 400)
    problem(service.get("/deadlines?process=202"), 400)
    problem(service.get("/nothing"), 404)
    assert problem(service.delete("/read"), 405)["advice"]
    health = service.get("/health").json()
    assert health["status"] == "ok"
    assert health["release"] == "2.4.3"


def test_a_person_in_an_address_is_not_repeated(service: TestClient) -> None:
    assert PERSON not in service.get(f"/explain/{PERSON}").text
    assert PERSON not in service.get(f"/explain/x {PERSON}").text
    assert PERSON not in service.get(f"/codes/{PERSON}").text


def test_a_mistake_of_our_own_is_told_without_what_was_sent(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(f"person {PERSON}")

    monkeypatch.setattr("ediel.serve._answers.judge_of", broken)
    with TestClient(asgi()) as service, caplog.at_level(logging.INFO):
        said = problem(service.post("/validate", content=SWITCH.read_bytes()), 500)
    assert said["found"] == "RuntimeError"
    assert PERSON not in json.dumps(said)
    assert PERSON not in caplog.text
    assert "validate failed" in caplog.text


def test_files_of_the_options_are_read_once(tmp_path: Path) -> None:
    register = tmp_path / "market.json"
    register.write_bytes((ROOT / "fixtures" / "market.json").read_bytes())
    with TestClient(asgi(ServeSettings(register=str(register)))) as service:
        first = service.post("/validate?on=2026-11-20", content=SWITCH.read_bytes()).json()
        register.unlink()
        assert service.post("/validate?on=2026-11-20", content=SWITCH.read_bytes()).json() == first
    with TestClient(asgi()) as service:
        without = service.post("/validate?on=2026-11-20", content=SWITCH.read_bytes()).json()
    assert without["summary"]["rules_unknown"] > first["summary"]["rules_unknown"]


def test_a_body_that_does_not_come_is_given_up() -> None:
    """A caller that sends a part, and then nothing."""
    import anyio

    sent: list[Any] = []

    async def call() -> None:
        parts = [{"type": "http.request", "body": b"<a>", "more_body": True}]

        async def receive() -> Any:
            if not parts:
                await anyio.sleep_forever()
            return parts.pop()

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "POST", "path": "/read", "raw_path": b"/read", "query_string": b"",
            "headers": [(b"expect", b"100-continue")], "scheme": "http", "http_version": "1.1", "root_path": "",
        }  # fmt: skip
        with anyio.fail_after(20):
            await asgi(ServeSettings(silence=0.2))(scope, receive, send)

    anyio.run(call)
    assert sent[0]["status"] == 408
    assert json.loads(sent[1]["body"])["advice"]


def test_small_inputs_do_not_wait_for_large_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """One large input at a time; small ones go by."""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Event

    from ediel.serve.judging import judge_of

    entered, go_on = Event(), Event()
    large_at_once = []

    def slow(how: Any) -> Any:
        judge = judge_of(how)

        def work(data: bytes, path: str) -> Any:
            if len(data) > 1_000_000:
                large_at_once.append(1)
                entered.set()
                go_on.wait(30)
            return judge(data, path)

        return work

    monkeypatch.setattr("ediel.serve._answers.judge_of", slow)
    large = b"<a>" + b" " * 1_000_000 + b"</a>"
    query = "/validate?level=schema&format=html"
    with TestClient(asgi()) as service, ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(service.post, query, content=large) for _ in range(2)]
        try:
            assert entered.wait(30)
            assert service.post(query, content=SWITCH.read_bytes()).status_code == 200
            assert len(large_at_once) == 1
        finally:
            go_on.set()
        assert [item.result().status_code for item in waiting] == [200, 200]
