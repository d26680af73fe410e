"""Traces: spans from a message that was fetched to the handler of its event, in whatever process that runs.

The span in which a message, an outgoing message or an event was written is kept with its row as a W3C ``traceparent``;
who takes it up later, perhaps in another process, goes on in the same trace. Nothing about people or metering points is
an attribute, and of an error only its kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Final, Literal, Protocol, Self

from ediel.processes import Instance, Machine, Trigger

if TYPE_CHECKING:
    from opentelemetry.trace import Span as TelemetrySpan
    from opentelemetry.trace import TracerProvider

__all__ = ["NoTracing", "OpenTelemetryTracing", "Span", "Tracing", "Value", "step_words"]

Value = str | int | bool | None
"""Of an attribute; ``None`` is left out."""
Kind = Literal["internal", "client", "producer", "consumer"]


class Span(Protocol):
    """A span that is under way."""

    def note(self, **attributes: Value) -> None:
        """Say more about it: each is ``ediel.`` and its name."""

    def failed(self, kind: str) -> None:
        """Say that what it is about has failed; of the error its kind alone."""


class Tracing(Protocol):
    """Where spans go."""

    @property
    def is_on(self) -> bool:
        """Whether spans go anywhere; attributes are not composed otherwise."""

    def span(
        self,
        name: str,
        attributes: Mapping[str, Value],
        *,
        parent: str | None = None,
        kind: Kind = "internal",
        began: int | None = None,
    ) -> AbstractContextManager[Span]:
        """A span around what is done inside.

        Args:
            name: what is done, such as ``ediel.receive``.
            attributes: each is ``ediel.`` and its name. Nothing about people or metering points.
            parent: the span that it continues, as a ``traceparent``; the current one when not given.
            kind: its role between processes.
            began: when, in nanoseconds since 1970; now when not given.
        """

    def current(self) -> str | None:
        """The current span as a ``traceparent``; ``None`` where there is none."""


def step_words(table: Machine, instance: Instance, trigger: Trigger) -> dict[str, Value]:
    """What the span of a step says of it."""
    return {
        "machine": table.key, "process_id": instance.id, "party": instance.party, "brs": instance.facts.process,
        "trigger": str(trigger.on), "from_state": instance.state,
    }  # fmt: skip


class _NoSpan:
    def note(self, **attributes: Value) -> None:
        """Nothing."""

    def failed(self, kind: str) -> None:
        """Nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


_NO_SPAN: Final = _NoSpan()


class NoTracing:
    """No spans."""

    is_on: Final = False

    def span(
        self,
        name: str,  # noqa: ARG002 - the protocol's
        attributes: Mapping[str, Value],  # noqa: ARG002
        *,
        parent: str | None = None,  # noqa: ARG002
        kind: Kind = "internal",  # noqa: ARG002
        began: int | None = None,  # noqa: ARG002
    ) -> AbstractContextManager[Span]:
        """Nothing."""
        return _NO_SPAN

    def current(self) -> str | None:
        """None."""
        return None


class _TelemetrySpan:
    def __init__(self, span: TelemetrySpan) -> None:
        self._span = span

    def note(self, **attributes: Value) -> None:
        for name, value in attributes.items():
            if value is not None:
                self._span.set_attribute(f"ediel.{name}", value)

    def failed(self, kind: str) -> None:
        from opentelemetry.trace import StatusCode  # noqa: PLC0415 - an extra

        self._span.set_attribute("error.type", kind)
        self._span.set_status(StatusCode.ERROR)


class OpenTelemetryTracing:
    """Spans for OpenTelemetry; needs the extra ``opentelemetry``, and its SDK to be set up by the program.

    Args:
        provider: a ``TracerProvider``; the global one when not given.
    """

    is_on: Final = True

    def __init__(self, provider: TracerProvider | None = None) -> None:
        from opentelemetry import trace  # noqa: PLC0415 - an extra
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

        self._trace = trace
        self._tracer = trace.get_tracer("ediel", tracer_provider=provider)
        self._words = TraceContextTextMapPropagator()
        self._kinds: Final[Mapping[Kind, trace.SpanKind]] = {
            "internal": trace.SpanKind.INTERNAL,
            "client": trace.SpanKind.CLIENT,
            "producer": trace.SpanKind.PRODUCER,
            "consumer": trace.SpanKind.CONSUMER,
        }

    @contextmanager
    def span(
        self,
        name: str,
        attributes: Mapping[str, Value],
        *,
        parent: str | None = None,
        kind: Kind = "internal",
        began: int | None = None,
    ) -> Iterator[Span]:
        """A span; see ``Tracing``."""
        with self._tracer.start_as_current_span(
            name,
            context=None if parent is None else self._words.extract({"traceparent": parent}),
            kind=self._kinds[kind],
            attributes={f"ediel.{key}": value for key, value in attributes.items() if value is not None},
            start_time=began,
            record_exception=False,  # its text may hold a person
            set_status_on_exception=False,
        ) as span:
            own = _TelemetrySpan(span)
            try:
                yield own
            except Exception as error:
                own.failed(type(error).__name__)
                raise

    def current(self) -> str | None:
        """The current span as a ``traceparent``; ``None`` where there is none."""
        context = self._trace.get_current_span().get_span_context()
        if not context.is_valid:
            return None
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
