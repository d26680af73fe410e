"""``ediel serve``."""

from __future__ import annotations

import click

from ediel.cli._wire import needs_extra

_MOST_AT_ONCE = 256
"""Connections and calls of one worker process; the next one is answered with 503, to try later."""


@click.command("serve", short_help="Answer validation, reading, generation and deadlines over HTTP.")
@click.option("--port", default=8300, show_default=True, type=click.IntRange(0, 65535))
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen: for this machine alone.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes that answer.")
@click.option(
    "--at-once", default=4, show_default=True, type=click.IntRange(1, 64),
    help="Inputs that a process works on at a time; others wait.",
)  # fmt: skip
@click.option(
    "--largest", default=100_000_000, show_default=True, type=click.IntRange(1, 100_000_000), metavar="BYTES",
    help="The largest body, and the largest archive, unpacked.",
)  # fmt: skip
@click.option("--register", metavar="FILE", help="The market, as JSON, for the rules that need to know it.")
@click.option("--profile", metavar="FILE", help="Time limits that replace packaged ones (or EDIEL_PROFILE).")
@click.option("--schemas", metavar="DIR", help="Judge by the XSD documents in this folder, such as Elhub's own.")
@click.option("--allow-person-data", is_flag=True, help="Let calls ask for values about people.")
def command(
    port: int,
    host: str,
    workers: int,
    at_once: int,
    largest: int,
    register: str | None,
    profile: str | None,
    schemas: str | None,
    allow_person_data: bool,
) -> None:
    """Answer validation, reading, generation and deadlines over HTTP, until stopped.

    POST /validate, /read and /generate; GET /explain/WORD, /deadlines, /codes and /health. /openapi.json describes
    them for programs, / for people. Nothing is kept between two calls, and no call is logged. It asks nobody who they
    are: where others than this machine are to reach it, put a proxy with TLS and sign-in before it.
    """
    try:
        import uvicorn

        from ediel.serve import ServeSettings, asgi
    except ModuleNotFoundError as error:
        raise needs_extra(error, "serve") from None
    from datetime import UTC, datetime

    from ediel.cli._serving import few_heaps, warnings_heard
    from ediel.serve.judging import Judging, judge_of

    settings = ServeSettings(
        allow_person_data=allow_person_data, register=register, profile=profile, schemas=schemas, largest=largest,
        at_once=at_once,
    )  # fmt: skip
    # A file of the options that cannot be used is said now, not with the first call.
    judge_of(Judging("rules", datetime.now(UTC), profile=profile, register=register, schemas=schemas))
    few_heaps()
    warnings_heard()
    settings.hand_over()
    click.echo(f"ediel serve: http://{f'[{host}]' if ':' in host else host}:{port}, described in /openapi.json")
    uvicorn.run(
        asgi(settings) if workers == 1 else "ediel.serve.worker:app", factory=workers > 1, workers=workers, host=host,
        port=port, log_level="warning", access_log=False, limit_concurrency=_MOST_AT_ONCE, timeout_keep_alive=20,
        timeout_graceful_shutdown=30, server_header=False,
        http="ediel.serve.worker:PromptProtocol",
    )  # fmt: skip
