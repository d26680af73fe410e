"""``ediel id``."""

from __future__ import annotations

import sys

import click

from ediel.identifiers import identify


@click.command("id", short_help="Check an identifier, and show which kind it is.")
@click.argument("values", nargs=-1, required=True, metavar="VALUE...")
def command(values: tuple[str, ...]) -> None:
    """Check an identifier, and show which kind it is.

    Knows metering points (GSRN), market parties (GLN), grid areas (EIC), national identity numbers and D-numbers
    (synthetic ones too), organisation numbers, UUIDs, and the products of EMIF. A person's number is not repeated.

    Exit code: 0 all are right, 1 one is wrong or of no kind.
    """
    from ediel.codes import Product

    wrong = False
    for value in values:
        text = value.strip()
        if text in set(Product):
            product = Product(text)
            click.echo(f"{text}: product, {product.label} (no check digit is checked)")
            continue
        identifier = identify(text)
        if identifier is None:
            wrong = True
            click.echo(
                "no identifier: expected 18 digits (GSRN), 13 (GLN), 11 (national identity number), 9 (organisation "
                f"number), 16 characters (EIC) or a UUID in lower case; found {len(text)} characters"
            )
            continue
        shown = "***" if identifier.personal else text
        note = f" ({identifier.note})" if identifier.note else ""
        wrong = wrong or identifier.problem is not None
        click.echo(f"{shown}: {identifier.kind} / {identifier.kind_nb}{note}: {identifier.problem or 'right'}")
    sys.exit(1 if wrong else 0)
