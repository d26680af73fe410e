"""``ediel hub``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from ediel.cli._wire import needs_extra

if TYPE_CHECKING:
    from ediel.codes import Standing
    from ediel.hub import Hub, Keyring, Seed

_HOME = "hub.db"
_MOST_AT_ONCE = 512
"""Connections and calls; the next one is answered with 503, to try later."""


@click.group("hub", short_help="Run a stand-in Elhub on this machine; generate a market for it.")
def command() -> None:
    """Run a stand-in Elhub on this machine; generate a market for it."""


@command.command("seed", short_help="Generate a plausible market, as JSON.")
@click.option("--points", default=100, show_default=True, type=click.IntRange(0), help="How many metering points.")
@click.option("--suppliers", default=3, show_default=True, type=click.IntRange(1, 99), help="How many suppliers.")
@click.option("--number", default=1, show_default=True, help="The same number gives the same market.")
@click.option("--output", "-o", metavar="FILE", help="Where to write it.  [default: standard output]")
def seed(points: int, suppliers: int, number: int, output: str | None) -> None:
    """A plausible market, as JSON: suppliers, two grid companies, a third party, metering points with end users.

    Everybody in it is synthetic. The form is described in docs/hub.md.
    """
    from ediel.cli._files import emit
    from ediel.hub.seed import plausible

    emit(plausible(points, seed=number, suppliers=suppliers).to_json().encode(), output)


@command.command("serve", short_help="Answer SOAP calls as Elhub does, until stopped.")
@click.option("--port", default=8200, show_default=True, type=click.IntRange(0, 65535))
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen: for this machine alone.")
@click.option("--allow-host", "names", multiple=True, metavar="NAME", help="Another name of the back office.")
@click.option("--db", default=f"sqlite:///{_HOME}", show_default=True, metavar="URL", help="Created when missing.")
@click.option(
    "--seed", "seed_file", metavar="FILE", help="The market, as JSON.  [default: a market of 100 points, once]"
)
@click.option("--clock", metavar="TIME", help="Where its clock begins: 2026-11-27T09:00.  [default: as it was left]")
@click.option("--frozen", is_flag=True, help="The clock stands still until it is moved.")
@click.option("--profile", metavar="FILE", help="Time limits that replace packaged ones (or EDIEL_PROFILE).")
@click.option("--keys", metavar="DIR", help="Certificates; made when missing.  [default: in your data folder]")
@click.option(
    "--security", type=click.Choice(["required", "optional"]), default="required", show_default=True,
    help="Whether calls must be signed.",
)  # fmt: skip
@click.option(
    "--strictness", type=click.Choice(["published", "inferred", "assumed"]), default="inferred", show_default=True,
    help="The least certain standing of the rules that refuse a message.",
)  # fmt: skip
@click.option(
    "--consent-control", "consents", type=click.Choice(["on", "off"]), default="off", show_default=True,
    help="Whether a switch or a move-in needs a consent of the Access API.",
)  # fmt: skip
@click.option("--tls", is_flag=True, help="Serve https, with a certificate of the issuer in --keys.")
@click.option(
    "--answers", type=click.Choice(["token", "ski", "issuer-serial", "thumbprint"]), default="token", show_default=True,
    help="Whether answers hold the hub's certificate, or how they name it.",
)  # fmt: skip
@click.option("--algorithm", type=click.Choice(["rsa-sha1", "rsa-sha256"]), default="rsa-sha1", show_default=True)
def serve(
    port: int, host: str, names: tuple[str, ...], db: str, seed_file: str | None, clock: str | None, frozen: bool,
    profile: str | None, keys: str | None, security: Literal["required", "optional"], strictness: Standing,
    consents: Literal["on", "off"], tls: bool, answers: Literal["token", "ski", "issuer-serial", "thumbprint"],
    algorithm: str,
) -> None:  # fmt: skip
    """Answer SOAP and REST calls as Elhub does, until stopped.

    Certificates for the hub and for every organisation are made in --keys, by default in your data folder. The back
    office (seed, clock, decisions of end users, misbehaviours) is below /admin; /admin/openapi.json describes it.
    Whoever calls it must know the token that is printed (Authorization: Bearer TOKEN); it is kept beside the keys, or
    given in EDIEL_HUB_TOKEN.
    """
    try:
        import uvicorn

        from ediel.hub import Hub, HubSettings, Keyring, VirtualClock, asgi, kept_token, keys_folder
        from ediel.transport import Algorithm
    except ModuleNotFoundError as error:
        raise needs_extra(error, "hub") from None
    from ediel import __version__
    from ediel.cli._serving import few_heaps, warnings_heard
    from ediel.hub.seed import Seed
    from ediel.market import load

    few_heaps()
    warnings_heard()
    market = None if seed_file is None else Seed.read(seed_file)
    ring = Keyring(Path(keys) if keys else keys_folder())
    hub = Hub.open(
        db,
        seed=market,
        keys=ring.keys(algorithm=Algorithm(algorithm), remembers=True, refer=answers),
        clock=VirtualClock(_moment(clock), runs=not frozen) if clock or frozen else None,
        settings=HubSettings(
            security=security,
            profile=load(profile) if profile else None,
            strictness=strictness,
            consent_control=consents == "on",
        ),
    )
    try:
        _seeded(hub, market)
        token = kept_token(ring.folder)
        secured = str(ring.tls(host, *names)) if tls else None
        config = uvicorn.Config(
            asgi(hub, version=__version__, token=token, hosts=(host, *names)), host=host, port=port,
            log_level="warning", access_log=False, limit_concurrency=_MOST_AT_ONCE, timeout_keep_alive=20,
            ssl_certfile=secured,
        )  # fmt: skip
        _welcome(hub, ring, f"{'https' if tls else 'http'}://{host}:{port}", token)
        _run(uvicorn.Server(config))
    finally:
        hub.close()


def _run(server: Any) -> None:
    """Answer until stopped, and then let what is under way end."""
    import signal
    from contextlib import contextmanager

    @contextmanager
    def stop_requested() -> Iterator[None]:
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.signal(number, server.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    server.capture_signals = stop_requested  # its own raises the signal again, and nothing would be closed
    server.run()


def _seeded(hub: Hub, seed: Seed | None) -> None:
    """A hub that knows nothing, and was given nothing, gets a market."""
    from ediel.hub.seed import plausible

    if seed is None and not hub.register_store.parties():
        hub.load(plausible(100))


def _moment(text: str | None) -> datetime | None:
    from ediel.calendar import OSLO

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no time; write 2026-11-27T09:00", param_hint="--clock") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=OSLO)


def _welcome(hub: Hub, ring: Keyring, base: str, token: str) -> None:
    from ediel.calendar import OSLO
    from ediel.cli._database import aligned
    from ediel.hub.app import SERVICES

    click.echo(f"stand-in Elhub {hub.gln}: {base}{SERVICES}, ?wsdl behind each service")
    click.echo(f"REST: Maskinporten {base}/maskinporten/token, Access API {base}/access/v0")
    click.echo(f"back office: {base}/admin?token={token}")
    click.echo(f"it is {hub.clock().astimezone(OSLO):%Y-%m-%d %H:%M} in its market; trust {ring.folder / 'issuer.pem'}")
    rows = [("party", "roles", "name", "certificate", "ediel run --once --config")]
    for party in sorted(hub.register_store.parties().values(), key=lambda item: item.gln):
        roles = " ".join(sorted(role.value for role in party.roles or ()))
        path = "-" if party.organisation is None else str(ring.path(party.organisation))
        if party.organisation is not None:
            ring.packed(party.organisation)
        made = ring.configuration(party, f"{base}{SERVICES}", hub.gln, tls=base.startswith("https"))
        rows.append((party.gln, roles, party.name or "-", path, "-" if made is None else str(made)))
    click.echo("\n".join(aligned(rows)))
    points = hub.register_store.points(most=3)
    click.echo(f"metering points: {', '.join(points) or 'none'}{', ...' if points else ''}")
