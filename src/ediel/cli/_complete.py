"""What a shell offers when a word is begun: the names that a command takes. Nothing of it is loaded before that."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click

__all__ = ["cases", "code_lists", "machines", "messages", "orders", "processes", "roles", "words"]

Completer = Callable[[click.Context, click.Parameter, str], list[str]]


def _offering(names: Callable[[], Iterable[str]]) -> Completer:
    """Names that begin with what was typed, in whatever case."""

    def offer(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
        begun = incomplete.lower()
        return sorted({name for name in names() if name.lower().startswith(begun)})

    return offer


def _code_lists() -> Iterable[str]:
    from ediel import codes

    return codes.BY_NAME


def _messages() -> Iterable[str]:
    from ediel.messages import MESSAGES

    return MESSAGES


def _processes() -> Iterable[str]:
    from ediel.codes import BusinessProcess

    for item in BusinessProcess:
        yield item.value
        yield item.value.rpartition("-")[2]


def _machines() -> Iterable[str]:
    from ediel.processes import MACHINES

    return (table.name for table in MACHINES)


def _orders() -> Iterable[str]:
    from ediel.cli.process import orders as kinds

    return kinds()


def _cases() -> Iterable[str]:
    from ediel.conformance import cases as every

    return (item.id for item in every())


def _roles() -> Iterable[str]:
    from ediel.codes import Role

    return (item.value for item in Role)


def _words() -> Iterable[str]:
    from ediel.serve.explaining import words as explained

    return explained()


cases = _offering(_cases)
code_lists = _offering(_code_lists)
machines = _offering(_machines)
messages = _offering(_messages)
orders = _offering(_orders)
processes = _offering(_processes)
roles = _offering(_roles)
words = _offering(_words)
