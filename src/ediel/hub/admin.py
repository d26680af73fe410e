"""The hub's back office: JSON over HTTP. A row per endpoint; the OpenAPI is made of the rows.

Whoever calls must know its token. People are masked unless asked for.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, field_validator

from ediel.hub._hub import Hub
from ediel.hub.clock import within
from ediel.hub.misbehaviour import KINDS, Misbehaviour
from ediel.hub.rest.by_url import answer_access
from ediel.hub.seed import Seed
from ediel.processes import AnsweringState
from ediel.store import Values

__all__ = ["ENDPOINTS", "Asked", "Endpoint", "NotThere", "check_years", "openapi"]


_YEARS: Final = 10 * 366 * 86_400
"""Seconds: ten years, and no calendar knows more."""
_DAY: Final = re.compile(rb'"\s*([0-9]{4})-[0-9]{2}-[0-9]{2}')
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


def check_years(body: bytes) -> None:
    """Refuse days that no market has: their moments lie outside of what a calendar can reckon with.

    Raises:
        ValueError: a day lies before 1900 or after 2199.
    """
    for found in _DAY.finditer(body):
        if not _FIRST_YEAR <= int(found[1]) <= _LAST_YEAR:
            raise ValueError(
                f"there is a day in the year {int(found[1])}; expected {_FIRST_YEAR} to {_LAST_YEAR} (leave an end out "
                "where there is none)"
            )


class NotThere(LookupError):
    """There is nothing of that name."""


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class SetClock(_Body):
    """Where the clock shall stand: a moment, or so many seconds on."""

    now: AwareDatetime | None = Field(default=None, description="The moment; it may lie back.")
    forward: float | None = Field(default=None, ge=0, le=_YEARS, allow_inf_nan=False, description="Seconds to move on.")
    runs: bool | None = Field(default=None, description="Whether it goes on by itself.")

    @field_validator("now")
    @classmethod
    def _is_of_this_market(cls, value: datetime | None) -> datetime | None:
        return None if value is None else within(value)


class Decision(_Body):
    """What goes with a decision."""

    level: Literal["full", "limited"] | None = Field(default=None, description="Level of a third party's access.")


class AnswerAccess(_Body):
    """How an end user answers who was sent here by a third party (BRS-NO-624)."""

    address: str = Field(max_length=2000, repr=False, description="To which the end user was sent.")
    end_user: str = Field(max_length=11, repr=False, description="Number of the person or organisation.")
    metering_points: tuple[Annotated[str, Field(max_length=18)], ...] | None = Field(
        default=None, max_length=1000, description="Those picked; all of the end user's when absent."
    )
    end: date | None = Field(default=None, description="Day on which the access ends.")
    refuse: bool = Field(default=False, description="Give no access.")


class Points(_Body):
    """Some metering points."""

    metering_points: tuple[Annotated[str, Field(max_length=18)], ...] | None = Field(
        default=None, max_length=100_000, description="All of them when absent."
    )


class Down(_Body):
    """Whether everything but BRS-NO-611 is down."""

    down: bool


class Clock(BaseModel):
    """The market's clock."""

    now: datetime
    runs: bool
    fired: int = Field(default=0, description="Timers that fell due by the change.")


class Queue(BaseModel):
    """Messages that wait."""

    recipient: str
    role: str
    channel: str
    messages: int
    result_set: str | None = Field(description="The result set that is out and not acknowledged.")


class Refused(BaseModel):
    """A call that was refused with a SOAP fault."""

    at: datetime
    group: str
    text: str
    service: str
    sender: str | None


BodyT = TypeVar("BodyT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked: the parts of the path, the query, and the body."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: BaseModel | None = None

    def body_as(self, kind: type[BodyT]) -> BodyT:
        """The body, which the endpoint has read as what it takes; one without anything in it when there is none."""
        if self.body is None:
            return kind()
        if not isinstance(self.body, kind):
            raise TypeError(f"the body is {type(self.body).__name__}; expected {kind.__name__}")
        return self.body


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A row.

    Attributes:
        method: HTTP method.
        path: below ``/admin``.
        summary: what it does.
        do: does it.
        takes: model of the body.
        gives: type of the answer.
        query: what the query may hold, with a description.
    """

    method: str
    path: str
    summary: str
    do: Callable[[Hub, Asked], object]
    takes: type[BaseModel] | None = None
    gives: Any = Values
    query: Mapping[str, str] = field(default_factory=dict)


def _clock(hub: Hub, fired: int = 0) -> Clock:
    return Clock(now=hub.clock(), runs=hub.clock.runs, fired=fired)


def _set_clock(hub: Hub, asked: Asked) -> Clock:
    wanted = asked.body_as(SetClock)
    fired = 0
    if wanted.runs is not None:
        fired += len(hub.let_run(wanted.runs))
    if wanted.now is not None:
        fired += len(hub.set_time(wanted.now))
    if wanted.forward is not None:
        fired += len(hub.forward(timedelta(seconds=wanted.forward)))
    return _clock(hub, fired)


def _load_seed(hub: Hub, asked: Asked) -> Values:
    seed = asked.body_as(Seed)
    hub.load(seed, rebind=asked.query.get("rebind") == "true")
    return {
        "parties": len(seed.parties),
        "metering_points": len(seed.metering_points),
        "grants": len(seed.grants),
    }


_PERSONAL: Final = {"end_users": {"__all__": {"identification", "name", "given_name", "family_name", "addresses"}}}


def _point(hub: Hub, asked: Asked) -> Values:
    point = hub.decisions.view(hub.clock()).metering_point(asked.path["metering_point"])
    if point is None:
        raise NotThere(f"there is no metering point {asked.path['metering_point']}")
    hidden: Any = None if asked.query.get("personal") == "true" else {**_PERSONAL, "address": True, "meter": True}
    return point.model_dump(mode="json", exclude=hidden, exclude_none=True)


def _processes(hub: Hub, asked: Asked) -> list[Values]:
    rows = hub.engine.browse.processes(metering_point=asked.query.get("metering_point"), most=_most(asked))
    found = [{**row, "rules": _rules(hub, row["id"])} for row in rows]
    machine = asked.query.get("machine")
    return [row for row in found if machine in {None, row["machine"]}]


def _rules(hub: Hub, identification: str) -> list[str]:
    """Keys of the rules that a message was refused by."""
    found = hub.engine.browse.instance(identification)
    return list(found.facts.rules) if found is not None and isinstance(found.facts, AnsweringState) else []


def _process(hub: Hub, asked: Asked) -> Values:
    found = hub.engine.browse.process(asked.path["process_id"])
    if found is None:
        raise NotThere(f"there is no process {asked.path['process_id']}")
    return {**found, "rules": _rules(hub, found["id"])}


def _decide(hub: Hub, asked: Asked) -> Values:
    decision = asked.body_as(Decision)
    _process(hub, asked)
    done = hub.decide(asked.path["process_id"], asked.path["decision"], **decision.model_dump(exclude_none=True))
    found = asdict(replace(done, source=None))  # its engine is nothing to tell
    del found["source"]
    return found


def _volumes(hub: Hub, asked: Asked) -> Values:
    wanted = asked.body_as(Points)
    done = hub.compute_volumes(wanted.metering_points)
    return {"process_id": None if done is None else done.id}


def _consents(hub: Hub, asked: Asked) -> list[Values]:
    now = hub.clock()
    hidden = None if asked.query.get("personal") == "true" else {"person", "name", "address"}
    return [
        {**item.model_dump(mode="json", exclude=hidden, exclude_none=True), "status": item.stands(now)}
        for item in hub.consents.every(most=_most(asked))
    ]


def _answer_consent(hub: Hub, asked: Asked) -> Values:
    identification, answer = asked.path["id"], asked.path["answer"]
    if answer == "sign":
        return {"pdf": base64.b64encode(hub.consents.sign(identification)).decode()}
    if answer not in {"accept", "reject"}:
        raise NotThere(f"there is no answer {answer}; expected accept, reject or sign")
    done = hub.consents.accept(identification) if answer == "accept" else hub.consents.reject(identification)
    return {"status": done.status, "grant": done.grant}


def _revoke_grant(hub: Hub, asked: Asked) -> Values:
    hub.consents.revoke(asked.path["id"])
    return {"status": "Revoked"}


def _answer_access(hub: Hub, asked: Asked) -> Values:
    body = asked.body_as(AnswerAccess)
    back = answer_access(
        hub, body.address, body.end_user, points=body.metering_points, end=body.end, refuse=body.refuse
    )  # fmt: skip
    return {"location": back}


def _misbehave(hub: Hub, asked: Asked) -> Misbehaviour:
    return hub.misbehaviours.add(asked.body_as(Misbehaviour))


def _behave(hub: Hub, asked: Asked) -> Values:
    if not hub.misbehaviours.remove(asked.path["id"]):
        raise NotThere(f"there is no misbehaviour {asked.path['id']}")
    return {"misbehaviours": len(hub.misbehaviours.all())}


def _behave_all(hub: Hub, _asked: Asked) -> Values:
    hub.misbehaviours.clear()
    return {"misbehaviours": 0}


def _down(hub: Hub, asked: Asked) -> Values:
    wanted = asked.body_as(Down)
    hub.endpoint.down = wanted.down
    return {"down": hub.endpoint.down}


def _most(asked: Asked) -> int:
    text = asked.query.get("most", "100")
    if not text.isdecimal() or not 0 < int(text) <= 10_000:
        raise ValueError(f"most is {text!r}; expected a number from 1 to 10000")
    return int(text)


_MOST: Final = {"most": "How many rows, 100 when absent."}

ENDPOINTS: Final = (
    Endpoint("GET", "/clock", "The market's clock", lambda hub, _: _clock(hub), gives=Clock),
    Endpoint("PUT", "/clock", "Set or move the clock, and fire what has fallen due", _set_clock, SetClock, Clock),
    Endpoint(
        "POST", "/seed", "Take parties, metering points and consents in", _load_seed, Seed,
        query={"rebind": "true lets a party that is known have another organisation number, or none."},
    ),
    Endpoint(
        "GET", "/metering-points/{metering_point}", "A metering point as it stands", _point,
        query={"personal": "true shows people too."},
    ),
    Endpoint(
        "GET", "/processes", "Processes, the latest changed first", _processes, gives=list[Values],
        query={"metering_point": "Of a metering point.", "machine": "Of a table, such as access/hub.", **_MOST},
    ),
    Endpoint("GET", "/processes/{process_id}", "A process with its log, messages and timers", _process),
    Endpoint(
        "POST", "/processes/{process_id}/decisions/{decision}",
        "Decide as the end user, or as a person at the hub: approve, refuse, level, remove, supersede",
        _decide, Decision,
    ),
    Endpoint(
        "GET", "/consents", "Requests and documents of the Access API, the newest first", _consents, gives=list[Values],
        query={"personal": "true shows people too.", **_MOST},
    ),
    Endpoint(
        "POST", "/consents/{id}/{answer}",
        "Answer as the end user: accept or reject a request, sign (gives the PDF in base64) or reject a document",
        _answer_consent,
    ),
    Endpoint("POST", "/grants/{id}/revoke", "Take a grant back, as the end user", _revoke_grant),
    Endpoint(
        "POST", "/access-by-url", "Answer as the end user whom a third party has sent; where the browser goes then",
        _answer_access, AnswerAccess,
    ),
    Endpoint("POST", "/annual-volumes", "Compute annual volumes from a year of values, tell them", _volumes, Points),
    Endpoint("GET", "/queues", "What waits for whom", lambda hub, _: hub.queues.lengths(), gives=list[Queue]),
    Endpoint(
        "GET", "/refused", "Calls that were refused with a SOAP fault, the latest last",
        lambda hub, _: [asdict(item) for item in hub.endpoint.refused], gives=list[Refused],
    ),
    Endpoint(
        "GET", "/dead-letters", "Messages that were taken and could not be handled",
        lambda hub, asked: hub.engine.browse.dead_letters(most=_most(asked)), gives=list[Values], query=_MOST,
    ),
    Endpoint(
        "GET", "/misbehaviours", "What the hub does wrong", lambda hub, _: hub.misbehaviours.all(),
        gives=list[Misbehaviour],
    ),
    Endpoint("POST", "/misbehaviours", "Do something wrong", _misbehave, Misbehaviour, Misbehaviour),
    Endpoint("DELETE", "/misbehaviours", "Behave", _behave_all),
    Endpoint("DELETE", "/misbehaviours/{id}", "Take one misbehaviour back", _behave),
    Endpoint("PUT", "/down", "Take everything but BRS-NO-611 down, or up again", _down, Down),
)  # fmt: skip


_ERRORS: Final = (
    ("400", "wrong input"), ("401", "no token"), ("403", "another host or origin"), ("404", "not there"),
    ("409", "not possible now"), ("413", "too large"), ("415", "not JSON"),
)  # fmt: skip


def openapi(version: str) -> Values:
    """The description of the back office, OpenAPI 3.1."""
    schemas: Values = {"Error": {"type": "object", "properties": {"error": {"type": "string"}}}}
    paths: Values = {}
    for row in ENDPOINTS:
        operation: Values = {
            "summary": row.summary,
            "operationId": "_".join(re.findall(r"\w+", f"{row.method.lower()} {row.path}")),
            "responses": {
                "200": {"description": "done", "content": _json(_schema(row.gives, schemas))},
                **{
                    status: {"description": text, "content": _json({"$ref": "#/components/schemas/Error"})}
                    for status, text in _ERRORS
                },
            },
            "parameters": [
                {"name": name[1:-1], "in": "path", "required": True, "schema": {"type": "string"}}
                for name in row.path.split("/")
                if name.startswith("{")
            ]
            + [
                {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
                for name, text in row.query.items()
            ],
        }
        if row.takes is not None:
            operation["requestBody"] = {"content": _json(_schema(row.takes, schemas))}
        paths.setdefault(f"/admin{row.path}", {})[row.method.lower()] = operation
    kinds = "\n".join(f"* `{name}`: {text}" for name, text in KINDS.items())
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Stand-in Elhub: back office",
            "version": version,
            "description": f"Seed the hub, move its clock, decide as an end user, and make it misbehave:\n\n{kinds}",
        },
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _json(schema: Values) -> Values:
    return {"application/json": {"schema": schema}}


def _schema(kind: Any, schemas: Values) -> Values:
    found = TypeAdapter(kind).json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(found.pop("$defs", {}))
    title = found.get("title")
    if isinstance(kind, type) and issubclass(kind, BaseModel) and title:
        schemas[title] = found
        return {"$ref": f"#/components/schemas/{title}"}
    return found
