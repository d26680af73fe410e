"""A process is one row: everything else agrees with the rows, and no other module compares BRS numbers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import ediel
from ediel import brs
from ediel.codes import BusinessProcess
from ediel.messages import MESSAGES
from ediel.processes import MACHINES, machine
from ediel.rules import uses_of
from ediel.testing._agreement import disagreements
from tests.support.brs_literals import literals

SOURCES = Path(ediel.__file__).parent


def test_every_process_of_the_code_list_has_one_row() -> None:
    assert [row.code for row in brs.ROWS] == sorted(BusinessProcess, key=lambda code: code.value)
    assert all(row.source for row in brs.ROWS)


def test_everything_agrees() -> None:
    assert [str(item) for item in disagreements()] == []


def _check(change: str) -> subprocess.CompletedProcess[str]:
    """The check, where the rows are changed before anything derives from them."""
    program = (
        "import sys, dataclasses as d\n"
        "import ediel.brs as brs\n"
        "from ediel.brs import _uses as use\n"
        "from ediel.codes import Role\n"
        "rows = {row.number: row for row in brs.ROWS}\n"
        f"{change}\n"
        "brs.ROWS = tuple(rows[key] for key in sorted(rows))\n"
        "from ediel.testing._agreement import main\n"
        "sys.exit(main(['check']))\n"
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("pass", "0 disagreements"),
        ("del rows['501']", "BRS-NO-501: rows: it is in the code list and has no row"),
        (
            "rows['302'] = d.replace(rows['302'], messages=rows['302'].messages[:1])",
            "DDQ302-01: cases: it expects NotifyMeteringPointCharacteristics in BRS-NO-302",
        ),
        (
            "rows['501'] = d.replace(rows['501'], family='master_data', messages=(use.SHARED_NOTICE,))",
            "BRS-NO-501: tables: no table of a market party takes NotifySharedProduction",
        ),
        (
            "rows['501'] = d.replace(rows['501'], family='master_data', messages=(use.POINT_NOTICE,))",
            "BRS-NO-501: docs: no page for 1 messages",
        ),
        ("rows['622'] = d.replace(rows['622'], family='query')", "AccessRequest stands in access; expected query"),
        (
            "rows['701'] = d.replace(rows['701'], messages=(d.replace(use.SHARED, roles=(Role.DDE,)), use.SHARED_NOTICE))",
            "SharedProduction may be given as DDM",
        ),
        (
            "rows['305'] = d.replace(rows['305'], tables=('master_data', 'supply'))",
            "NotifyStartOfSupply to DDM begins supply/grid access provider and master_data/receiver",
        ),
        (
            "rows['111'] = d.replace(rows['111'], messages=(d.replace(use.START, documents=None),))",
            "BRS-NO-111: rows: it rolls back, and RequestStartOfSupply has no document type E02",
        ),
        (
            "rows['601'] = d.replace(rows['601'], messages=(d.replace(use.GRID_QUESTION, message='Question'),))",
            "BRS-NO-601: services: no operation takes Question",
        ),
    ],
)
def test_the_check_finds_what_does_not_agree(change: str, expected: str) -> None:
    done = _check(change)
    assert expected in done.stdout, done.stdout + done.stderr
    assert done.returncode == (0 if expected.startswith("0 ") else 1)


def test_the_command() -> None:
    wrong = subprocess.run([sys.executable, "-m", "ediel.brs"], capture_output=True, text=True, check=False)
    assert (wrong.returncode, wrong.stderr) == (2, "usage: python -m ediel.brs check\n")


def test_what_a_table_takes_depends_on_the_process() -> None:
    """Rules and tables name the same messages of a process; once a table took every message in every process of it."""
    for table in MACHINES:
        for number in table.processes:
            process = BusinessProcess(f"BRS-NO-{number}")
            known = {usage.message for usage in uses_of(process)}
            taken = {label.partition(":")[0] for label in table.receives if table.takes(process, label)}
            assert taken <= known, (table.key, number)
    hub = machine("query/hub")
    assert hub.takes("BRS-NO-611", "RequestUpfrontMeteringPointCharacteristics")
    assert not hub.takes("BRS-NO-303", "RequestUpfrontMeteringPointCharacteristics")
    assert not machine("question/hub").takes("BRS-NO-602", "ResponseFromGridAccessProvider")
    asks = machine("supply/hub")
    assert asks.takes("BRS-NO-102", "RejectStartOfSupply:request")
    assert not asks.takes("BRS-NO-101", "RejectStartOfSupply:request")
    assert asks.takes("BRS-NO-111", "RequestStartOfSupply:rollback")
    assert not asks.takes("BRS-NO-111", "RequestStartOfSupply")
    assert not asks.takes("BRS-NO-302", "RequestUpdateMasterDataMeteringPoint")
    assert machine("metering_values/receiver").takes("BRS-NO-311", "CollectedData")
    assert not machine("metering_values/receiver").takes("BRS-NO-313", "CollectedData")


def test_families_have_one_name() -> None:
    """A family is a module of rules, of processes and of orders, and a folder of cases, by the same name."""
    of_cases = {path.name for path in (SOURCES / "conformance" / "cases").iterdir() if path.is_dir()}
    assert of_cases <= set(brs.FAMILIES)
    for family in brs.FAMILIES:
        assert (SOURCES / "processes" / f"{family}.py").is_file()
        assert (SOURCES / "engine" / "commands" / f"{family}.py").is_file()
        assert any(item.family == family for item in MACHINES)
        if any(row.messages for row in brs.of_family(family)):
            assert (SOURCES / "rules" / f"{family}.py").is_file()
            assert family in of_cases
    for path in (SOURCES / "hub" / "decisions").glob("[!_]*.py"):
        assert path.stem in brs.FAMILIES


def test_rollbacks() -> None:
    assert [row.number for row in brs.rolled_back_by(BusinessProcess.BRS_NO_111)] == ["101", "102", "103", "104"]
    assert not brs.is_rollback(BusinessProcess.BRS_NO_101)
    assert {row.number for row in brs.ROWS if brs.is_rollback(row.code)} == {
        "111", "131", "132", "133", "221", "222", "223", "224",
    }  # fmt: skip


def test_rows_name_messages_that_exist() -> None:
    assert {use.message for row in brs.ROWS for use in row.uses} | {"PollForData"} == set(MESSAGES)


# --- no module but the rows compares BRS numbers


def test_no_module_compares_brs_numbers() -> None:
    found = [
        f"{path.relative_to(SOURCES)}:{line}: {text}"
        for path in sorted(SOURCES.rglob("*.py"))
        for line, text in literals(path.read_text(encoding="utf-8"), path.relative_to(SOURCES).as_posix())
    ]
    assert found == [], "name the process, such as brs.ACTIVATION, or ask its row"


@pytest.mark.parametrize(
    ("place", "text", "found"),
    [
        ("engine/_x.py", "if number == '101': pass", ["101"]),
        ("engine/_x.py", "_SET = frozenset({'BRS-NO-103', 'BRS-NO-104'})", ["BRS-NO-103", "BRS-NO-104"]),
        ("hub/_x.py", "from ediel.codes import BusinessProcess\nx = BusinessProcess.BRS_NO_622", ["BRS_NO_622"]),
        ("hub/_x.py", "x = '101 104'.split()", ["101 104"]),
        ("hub/_x.py", "x = f'BRS-NO-313/{rule}'", ["BRS-NO-313/"]),
        ("hub/_x.py", "late = process < 'BRS-NO-2'", ["BRS-NO-2"]),
        ("hub/_x.py", "text = 'BRS-NO-101: the switch'", []),
        ("hub/_x.py", "'''BRS-NO-101'''", []),
        ("hub/_x.py", "status = '404'", []),
        ("rules/supply.py", "def rules():\n    yield row.of('222', END, source='VAL-222')", []),
        ("rules/supply.py", "T = (Row('6', None, 'BRS-NO-222', 'x', lambda: None),)", []),
        ("rules/supply.py", "X = {'101': 1}", ["101"]),
        ("rules/_common.py", "def rules():\n    yield row.of('222', END)", ["222"]),
        ("processes/query.py", "_SOURCE = 'BRS-NO-303'", []),
        ("processes/query.py", "M = Machine(rows=(Row(('a',), on, source='BRS-NO-303'),))", []),
        ("processes/query.py", "def f(facts):\n    return facts['process'] == 'BRS-NO-303'", ["BRS-NO-303"]),
        ("engine/commands/query.py", "class A(B):\n    brs: ClassVar[str] = '303'", []),
        ("engine/commands/query.py", "class A(B):\n    kind: Literal['312', '313'] = '313'", []),
        ("engine/commands/query.py", "class A(B):\n    other: str = '303'", ["303"]),
    ],
)
def test_the_lint_sees_literals(place: str, text: str, found: list[str]) -> None:
    assert [literal for _, literal in literals(text, place)] == found
