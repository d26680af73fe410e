"""What the commands that talk to a hub share: the configuration, and the extra that they need."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

import click

if TYPE_CHECKING:
    from ediel.engine import Engine, Meter, Party, Tracing
    from ediel.transport import Config

MISSING_EXTRA: Final = 3
"""Exit code where a package is missing: nothing is wrong in what was given."""


class MissingExtra(click.ClickException):
    """A package of an extra is missing."""

    exit_code = MISSING_EXTRA


F = TypeVar("F", bound=Callable[..., object])


def needs_extra(error: ModuleNotFoundError, extra: str) -> click.ClickException:
    """What to do when a package of an extra is missing."""
    return MissingExtra(f"{error.name} is not installed; `pip install 'ediel[{extra}]'` brings it")


def configured(function: F) -> F:
    """The option ``--config``."""
    return click.option(
        "--config", "path", default="ediel.toml", show_default=True, metavar="FILE", help="See docs/transport.md."
    )(function)


def for_parties(function: F) -> F:
    """The option ``--party``."""
    return click.option(
        "--party", "names", multiple=True, metavar="GLN:ROLE", help="For whom.  [default: all in the database]"
    )(function)


def read_config(path: str) -> Config:
    """The configuration.

    Raises:
        ClickException: the extra is not installed.
        EdielError: it cannot be used.
    """
    try:
        from ediel.transport import Config
    except ModuleNotFoundError as error:
        raise needs_extra(error, "transport") from None
    return Config.read(path)


def opened(config: Config, *, meter: Meter | None = None, tracing: Tracing | None = None) -> Engine:
    """The engine of a configuration; where there is no database, and it says for whom, one is made.

    Raises:
        StoreError: the database cannot be used.
        ClickException: there is none, and the configuration does not say for whom.
    """
    from ediel.cli._database import is_absent, open_engine
    from ediel.engine import ELHUB, Party

    url = config.database_url()
    if config.database.parties and is_absent(url):
        hub = config.hub.gln or ELHUB
        engine = open_engine(url, make=True, meter=meter, values=config.values_place(), tracing=tracing)
        for name in config.database.parties:
            gln, _, role = name.partition(":")
            engine.add_party(Party(gln, role, hub=hub))
        return engine
    return open_engine(url, meter=meter, values=config.values_place(), tracing=tracing)


def chosen(config: Config, names: tuple[str, ...]) -> tuple[Party, ...]:
    """The parties that were named, or those of the database.

    Raises:
        ClickException: a name that cannot be read, or no party is left.
    """
    from ediel.engine import Party

    if not names:
        engine = opened(config)
        known = tuple(party for party in engine.parties if not party.is_hub)
        engine.close()
        if not known:
            raise click.ClickException("the database knows no party; name one with --party GLN:ROLE")
        return known
    parties = []
    for name in names:
        gln, colon, role = name.partition(":")
        if not colon:
            raise click.BadParameter(f"{name!r} is no party; write 7080001100018:DDQ", param_hint="--party")
        parties.append(Party(gln, role.upper()))
    return tuple(parties)
