"""``ediel consent``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ediel.cli._database import form, show
from ediel.cli._wire import configured, needs_extra, opened, read_config

if TYPE_CHECKING:
    from ediel.rest import Consents, Elhub
    from ediel.rest.access import AuthorizationDocument, AuthorizationRequest

_COLUMNS = ("id", "way", "status", "kind", "metering_point", "answer_by", "grant")


@click.group("consent", short_help="Ask end users for consent by Elhub's Access API; follow and list consents.")
def command() -> None:
    """Ask end users for consent by Elhub's Access API; follow and list consents.

    The configuration needs a part [rest]; see docs/rest.md.
    """


@command.command("request", short_help="Ask an end user for consent.")
@click.argument("order", metavar="ORDER.json", type=click.File("rb"))
@click.option("--document", is_flag=True, help="Have a document made to sign, in place of a request.")
@click.option("--pdf", metavar="FILE", help="Write the document to sign to this file.")
@form
@configured
def request(order: Any, document: bool, pdf: str | None, form: str, path: str) -> None:
    """Ask an end user for consent; the same order once more gives what waits already.

    ORDER.json has kind, supplier, person, name, metering_point, address, supplier_name, contract, and as needed
    move_in_date, language, redirect_uri: people stand in a file, and in no history of commands.
    """
    from pydantic import ValidationError

    from ediel.errors import problems_of

    if pdf and not document:
        raise click.UsageError("--pdf goes with --document")
    with _consents(path) as (own, elhub):
        from ediel.cli._files import emit
        from ediel.rest import access

        try:
            wanted = access.ConsentOrder.model_validate_json(order.read())
        except ValidationError as error:
            raise click.ClickException(f"{order.name}: {'; '.join(problems_of(error, 'the order')[:10])}") from None
        asked = own.ask(wanted, way="document" if document else "request")
        if pdf:
            emit(elhub.run(access.pdf(asked.asked.id)), pdf, private=True)
        show([_row(asked.asked, asked.way)], form, _COLUMNS, "")


@command.command("submit", short_help="Give a signed document back.")
@click.argument("identification", metavar="ID")
@click.argument("signed", metavar="SIGNED.pdf", type=click.Path(exists=True, dir_okay=False))
@configured
def submit(identification: str, signed: str, path: str) -> None:
    """Give a signed document back; Elhub checks the signature, and makes the grant."""
    with _consents(path) as (_, elhub):
        from ediel.rest import access

        try:
            call = access.submit(identification, Path(signed).read_bytes())
        except ValueError as error:
            raise click.ClickException(str(error)) from None
        elhub.run(call)
        click.echo("accepted")


@command.command("status", short_help="Fetch answers of end users, and step the processes of the database.")
@form
@configured
def status(form: str, path: str) -> None:
    """Fetch answers of end users, and step the processes of the database; show those that have moved."""
    with _consents(path) as (own, _):
        moved = [{**_row(item.asked, item.way), "process": item.process.state} for item in own.follow()]
        show(moved, form, (*_COLUMNS, "process"), "nothing has changed")


@command.command("list", short_help="List requests and documents at Elhub, the newest first.")
@click.option("--most", default=100, show_default=True, type=click.IntRange(1), help="How many of each.")
@form
@configured
def listing(most: int, form: str, path: str) -> None:
    """List requests and documents at Elhub, the newest first; people are not shown."""
    from itertools import islice

    elhub = _elhub(path)
    with elhub:
        from ediel.rest import access

        rows = [_row(item, "request") for item in islice(elhub.each(access.requests()), most)]
        rows += [_row(item, "document") for item in islice(elhub.each(access.documents()), most)]
    show(rows, form, _COLUMNS, "nothing has been asked")


@command.command("url", short_help="Make the address by which an end user gives a third party access.")
@click.option("--return-address", metavar="URL", required=True, help="Where the browser returns to; on Elhub's list.")
@click.option("--scope", type=click.Choice(["Limited", "Full"]), default="Limited", show_default=True)
@click.option("--reference", metavar="TEXT", help="Your own words for it; nothing about people.")
@click.option("--party", metavar="GLN", help="The third party, where the database has several.")
@form
@configured
def url(return_address: str, scope: str, reference: str | None, party: str | None, form: str, path: str) -> None:
    """Make the address by which an end user gives a third party access (BRS-NO-624).

    The request waits in the database, for the app that a backend serves at the return address (ediel.rest.AccessByUrl).
    """
    engine = opened(read_config(path))
    try:
        from ediel.rest import AccessByUrl

        own = AccessByUrl(engine, return_address, party=party)
        made = own.invite("Full" if scope == "Full" else "Limited", reference=reference)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    except ModuleNotFoundError as error:
        raise needs_extra(error, "rest") from None
    finally:
        engine.close()
    row = {"address": made.address, "expires_at": made.expires_at.isoformat(timespec="seconds")}
    show([row], form, ("address", "expires_at"), "")


def _elhub(path: str) -> Elhub:
    config = read_config(path)
    try:
        from ediel.rest import elhub_of
    except ModuleNotFoundError as error:
        raise needs_extra(error, "rest") from None
    return elhub_of(config)


@contextmanager
def _consents(path: str) -> Iterator[tuple[Consents, Elhub]]:
    elhub = _elhub(path)
    from ediel.rest import Consents

    engine = opened(read_config(path))
    try:
        with elhub:
            yield Consents(engine, elhub), elhub
    finally:
        engine.close()


def _row(asked: AuthorizationRequest | AuthorizationDocument, way: str) -> dict[str, object]:
    """What is shown of a request or document: nothing about people."""
    from ediel.calendar import market_day

    return {
        "id": asked.id, "way": way, "status": asked.status, "kind": asked.kind, "metering_point": asked.metering_point,
        "answer_by": str(market_day(asked.attributes.valid_to)), "grant": asked.grant,
    }  # fmt: skip
