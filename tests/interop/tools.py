"""Which other stacks are on this machine, and how they are built. What cannot be had is skipped, with its reason."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).resolve().parent
BUILT: Final = HERE.parents[1] / "build" / "interop"
_JARS: Final = Path("/usr/share/java")
_WSS4J: Final = ("wss4j", "xmlsec", "slf4j-api", "slf4j-nop", "commons-logging")
_JAXWS: Final = (
    "jaxws-api", "jaxws-rt", "javax.xml.soap-api", "saaj-impl", "jaxb-api", "jaxb-core", "jaxb-runtime",
    "javax.activation", "jws-api", "stax-ex", "streambuffer", "metro-policy", "mimepull", "FastInfoset", "txw2",
    "istack-commons-runtime", "gmbal", "glassfish-management-api", "stax2-api", "geronimo-annotation-1.3-spec",
)  # fmt: skip


def need(*commands: str) -> None:
    """Skip where a command is not on this machine."""
    missing = [name for name in commands if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not on this machine: {', '.join(missing)}; make interop installs it where this is Debian")


def node() -> list[str]:
    """How a program for node begins."""
    need("node")
    if not (HERE / "node" / "node_modules" / "soap").is_dir():
        pytest.skip("the npm packages are not installed; make interop does it: npm ci in tests/interop/node")
    return ["node"]


def php() -> list[str]:
    """How a program for PHP begins."""
    need("php")
    known = subprocess.run(["php", "-m"], capture_output=True, text=True, check=True).stdout.split()
    missing = [name for name in ("soap", "dom", "openssl") if name not in known]
    if missing:
        pytest.skip(f"PHP is without {', '.join(missing)} (Debian: php-soap, php-xml)")
    return ["php", "-d", "display_errors=stderr"]


_GSOAP: Final = Path("/usr/share/gsoap")
_PARTS: Final = (
    "plugin/wsseapi.c",
    "plugin/smdevp.c",
    "plugin/mecevp.c",
    "plugin/threads.c",
    "custom/struct_timeval.c",
)


@cache
def gsoap(wsdl: str) -> Path:
    """The client of gSOAP: types and calls are made from a WSDL, and compiled."""
    need("wsdl2h", "soapcpp2", "gcc")
    missing = [name for name in (*_PARTS, "import/wsse.h") if not (_GSOAP / name).exists()]
    if missing or not Path("/usr/include/openssl/ssl.h").exists():
        pytest.skip(
            f"not on this machine: {', '.join(missing) or 'openssl/ssl.h'} (Debian: gsoap, libgsoap-dev, libssl-dev)"
        )
    folder = BUILT / "gsoap"
    folder.mkdir(parents=True, exist_ok=True)

    def done(*words: str | Path) -> None:
        made = subprocess.run([str(word) for word in words], cwd=folder, capture_output=True, text=True, check=False)
        assert made.returncode == 0, f"{words[0]}: {made.stdout[-2000:]}{made.stderr[-2000:]}"

    done("wsdl2h", "-c", "-P", "-s", "-o", "service.h", wsdl)
    made = folder / "service.h"
    made.write_text('#import "wsse.h"\n' + made.read_text(encoding="utf-8"), encoding="utf-8")
    done("soapcpp2", "-c", "-C", "-x", "-w", "-I", _GSOAP / "import", "service.h")
    flags = ("-w", "-O0", "-DWITH_OPENSSL", "-DWITH_DOM", "-DWITH_GZIP")
    where = [f"-I{path}" for path in (folder, _GSOAP, _GSOAP / "plugin", _GSOAP / "import")]
    sources: list[str | Path] = [
        HERE / "gsoap" / "client.c",
        "soapC.c",
        "soapClient.c",
        *(_GSOAP / name for name in _PARTS),
    ]
    done("gcc", *flags, *where, *sources, "-o", "client", "-lgsoapssl", "-lssl", "-lcrypto", "-lz")
    return folder / "client"


@cache
def _java() -> list[str] | str:
    for name in ("java", "javac"):
        if shutil.which(name) is None:
            return f"not on this machine: {name}"
    paths = [_JARS / f"{name}.jar" for name in (*_WSS4J, *_JAXWS)]
    missing = [path.stem for path in paths if not path.exists()]
    if missing:
        return f"not on this machine: {', '.join(missing)} (Debian: libwss4j-java, libjaxws-java)"
    BUILT.mkdir(parents=True, exist_ok=True)
    classpath = ":".join(map(str, paths))
    source = HERE / "java" / "Stack.java"
    done = subprocess.run(
        ["javac", "-nowarn", "-cp", classpath, "-d", str(BUILT), str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return ["java", "-Xmx300m", "-XX:TieredStopAtLevel=1", "-cp", f"{BUILT}:{classpath}", "Stack"]


def java() -> list[str]:
    """How a program with WSS4J and JAX-WS RI begins."""
    found = _java()
    if isinstance(found, str):
        pytest.skip(found)
    return found
