"""Other ways from EMIF XML to Python and back, for comparison: xsdata, zeep, pydantic-xml.

Each is given the schemas of this project (zeep, xsdata) or models written by hand from them (pydantic-xml), and none
of them checks the facets of XML Schema on its own; the ones marked "with XSD" validate with lxml first, as ``read``
does. A rival that is not installed is left out.
"""

from __future__ import annotations

import importlib
import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lxml import etree

from ediel.messages import model
from ediel.xml import packaged

Task = Callable[[], object]


def tasks(name: str, data: bytes, build: Path) -> dict[str, Task]:
    """Read and write with every rival that is there, each checked to keep the message's identification."""
    found: dict[str, Task] = {}
    for rival, make in (("xsdata", _xsdata), ("zeep", _zeep), ("pydantic-xml", _pydantic_xml)):
        if find_spec(rival.replace("-", "_")) is not None:
            found.update(make(name, data, build))
    return found


def _schema(name: str) -> tuple[Path, etree.XMLSchema]:
    namespace = model(name).namespace()
    return packaged().path(namespace), packaged().schema(namespace)


def _xsdata(name: str, data: bytes, build: Path) -> dict[str, Task]:
    path, schema = _schema(name)
    package = f"rival_{name.lower()}"
    build.mkdir(parents=True, exist_ok=True)
    if not (build / package).is_dir():
        command = [
            str(Path(sys.executable).with_name("xsdata")),
            "generate",
            str(path),
            "--package",
            package,
            "--structure-style",
            "clusters",
        ]
        beside = (
            f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"  # it calls ruff, which is there
        )
    subprocess.run(command, cwd=build, check=True, capture_output=True, env={**os.environ, "PATH": beside})
    sys.path.insert(0, str(build))
    kind = getattr(importlib.import_module(f"{package}.{_snake(name)}"), name)
    from xsdata.formats.dataclass.context import XmlContext
    from xsdata.formats.dataclass.parsers import XmlParser
    from xsdata.formats.dataclass.serializers import XmlSerializer

    context = XmlContext()
    parser, serializer = XmlParser(context=context), XmlSerializer(context=context)
    value = parser.from_bytes(data, kind)

    def read() -> Any:
        if not schema.validate(etree.fromstring(data)):
            raise AssertionError(name)
        return parser.from_bytes(data, kind)

    return {"xsdata read with XSD": read, "xsdata write": lambda: serializer.render(value)}


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _zeep(name: str, data: bytes, build: Path) -> dict[str, Task]:
    from zeep.transports import Transport
    from zeep.xsd import Schema

    path, schema = _schema(name)
    types = Schema(etree.parse(str(path)).getroot(), Transport(), location=str(path))
    element = types.get_element(f"{{{model(name).namespace()}}}{name}")
    value = element.parse(etree.fromstring(data), types)

    def read() -> Any:
        root = etree.fromstring(data)
        if not schema.validate(root):
            raise AssertionError(name)
        return element.parse(root, types)

    def write() -> bytes:
        parent = etree.Element("x")
        element.render(parent, value)
        return etree.tostring(parent[0])

    return {"zeep read with XSD": read, "zeep write": write}


def _pydantic_xml(name: str, data: bytes, build: Path) -> dict[str, Task]:
    if name != "RequestStartOfSupply":
        return {}
    from tests.benchmarks.rival_models import Message

    _, schema = _schema(name)
    value = Message.from_xml(data)

    def read() -> Any:
        if not schema.validate(etree.parse(io.BytesIO(data))):
            raise AssertionError(name)
        return Message.from_xml(data)

    return {"pydantic-xml read with XSD": read, "pydantic-xml write": value.to_xml}
