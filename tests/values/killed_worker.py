"""Receives messages with values, over and over, until it is killed: ``python -m tests.values.killed_worker FOLDER``."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from ediel.engine import Engine, EngineSettings, Party
from ediel.values._keeping import compact

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)


def work(folder: Path, *, most: int | None = None) -> int:
    """Take every message that lies there and was not taken; gives how many values have come in all."""
    party = Party("7080001100018", "DDQ", hub="7080003824349")
    settings = EngineSettings(values=folder / "values")
    engine = Engine.open(f"sqlite:///{folder / 'a.db'}", party=party, clock=lambda: NOW, settings=settings)
    heard = folder / "heard"
    for number, path in enumerate(sorted((folder / "messages").glob("*.xml"))[:most]):
        engine.receive(path.read_bytes())
        with heard.open("a") as file:
            file.write(f"{path.name}\n")
        if number % 4 == 3:
            compact(engine.values, engine.store, NOW, least=3, large=100_000)
    total = sum(int(row["rows"]) for row in engine.values.manifest())
    engine.close()
    return total


if __name__ == "__main__":
    print(work(Path(sys.argv[1])))
