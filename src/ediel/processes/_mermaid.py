"""Tables as state diagrams."""

from __future__ import annotations

from ediel.processes._machine import Machine
from ediel.processes._rows import BEGIN, Row, Send


def mermaid(machine: Machine, *, numbered: bool = False) -> str:
    """A state diagram in Mermaid's language: states, what moves them, and what is sent.

    Args:
        machine: the table.
        numbered: an arrow bears the numbers of its rows in place of their words; for a page that lists the rows.
    """
    names = {state: f"s{number}" for number, state in enumerate(machine.states)}
    lines = ["stateDiagram-v2", f"    accTitle: states of {machine.name}, {machine.role}"]
    lines += [f'    state "{state}" as {name}' for state, name in names.items() if state != BEGIN]
    arrows: dict[tuple[str, str], list[str]] = {}
    for number, row in enumerate(machine.rows, 1):
        if row.ignored is not None:
            continue
        for state in row.at:
            texts = arrows.setdefault((state, row.to or state), [])
            text = str(number) if numbered else _words(row)
            if text not in texts:
                texts.append(text)
    for (state, target), texts in arrows.items():
        arrow = f"    {_end(state, names)} --> {_end(target, names)}"
        lines += [f"{arrow}: {text}" for text in ([", ".join(texts)] if numbered else texts)]
    lines += [f"    {names[state]} --> [*]" for state in machine.closed]
    return "\n".join(lines) + "\n"


def _end(state: str, names: dict[str, str]) -> str:
    return "[*]" if state == BEGIN else names[state]


def _words(row: Row) -> str:
    guard = f" [{row.when}]" if row.when else ""
    sends = [f"{_plain(effect.label)} to {effect.to}" for effect in row.do if isinstance(effect, Send)]
    text = f"{_plain(str(row.on))}{guard}" + (f" / {', '.join(sends)}" if sends else "")
    return text.replace(":", " -").replace(";", ",")


def _plain(label: str) -> str:
    """A label with its variant in brackets: a colon would end the text of an edge."""
    name, colon, variant = label.partition(":")
    return f"{name} ({variant})" if colon else name
