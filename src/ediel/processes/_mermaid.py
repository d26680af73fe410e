"""Tables as state diagrams."""

from __future__ import annotations

from ediel.processes._machine import Machine
from ediel.processes._rows import BEGIN, Row, Send


def mermaid(machine: Machine) -> str:
    """A state diagram in Mermaid's language: states, what moves them, and what is sent."""
    names = {state: f"s{number}" for number, state in enumerate(machine.states)}
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{state}" as {name}' for state, name in names.items() if state != BEGIN]
    seen = set()
    for row in machine.rows:
        if row.ignored is not None:
            continue
        for state in row.at:
            start = "[*]" if state == BEGIN else names[state]
            target = row.to or state
            edge = f"    {start} --> {'[*]' if target == BEGIN else names[target]}: {_words(row)}"
            if edge not in seen:
                seen.add(edge)
                lines.append(edge)
    lines += [f"    {names[state]} --> [*]" for state in machine.closed]
    return "\n".join(lines) + "\n"


def _words(row: Row) -> str:
    guard = f" [{row.when}]" if row.when else ""
    sends = [f"{_plain(effect.label)} to {effect.to}" for effect in row.do if isinstance(effect, Send)]
    text = f"{_plain(str(row.on))}{guard}" + (f" / {', '.join(sends)}" if sends else "")
    return text.replace(":", " -").replace(";", ",")


def _plain(label: str) -> str:
    """A label with its variant in brackets: a colon would end the text of an edge."""
    name, colon, variant = label.partition(":")
    return f"{name} ({variant})" if colon else name
