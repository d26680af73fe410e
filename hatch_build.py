"""Builds the optional accelerators when the package is built or installed for editing.

Without a C compiler, or with ``EDIEL_PURE=1``, the package is built without it: everything works, only slower.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = (Path("src/ediel/series/_matcher.c"), Path("src/ediel/transport/_canonical.c"))


def build(root: Path, source: Path) -> Path | None:
    """An extension, beside its source; nothing where it cannot be built."""
    from setuptools import Distribution, Extension
    from setuptools.errors import BaseError

    inside = source.relative_to("src").with_suffix("")
    extension = Extension(
        ".".join(inside.parts),
        [str(root / source)],
        py_limited_api=True,
        extra_compile_args=[] if sys.platform == "win32" else ["-O2", "-std=c11"],
    )
    with tempfile.TemporaryDirectory() as folder:
        command = Distribution({"name": "ediel", "ext_modules": [extension]}).get_command_obj("build_ext")
        command.build_lib = command.build_temp = folder
        try:
            command.ensure_finalized()
            command.run()
        except (BaseError, OSError) as error:
            print(f"{inside.name} was not built, the package works without it: {error}", file=sys.stderr)
            return None
        (built,) = Path(folder).glob(f"{inside.as_posix()}*")
        target = (root / source).with_name(built.name)
        temporary = target.with_name(f".{target.name}.new")
        shutil.copy(built, temporary)
        temporary.replace(target)
    return target


class CustomBuildHook(BuildHookInterface[Any]):
    """Adds the extensions to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build them, and say so in the name of the wheel."""
        del version
        if self.target_name != "wheel" or os.environ.get("EDIEL_PURE"):
            return
        built = {source: build(Path(self.root), source) for source in SOURCES}
        if not any(built.values()):
            return
        build_data["artifacts"] += [f"/{source.parent}/{file.name}" for source, file in built.items() if file]
        build_data["pure_python"] = False
        build_data["tag"] = f"cp311-abi3-{_platform()}"


def _platform() -> str:
    from sysconfig import get_platform

    return get_platform().replace("-", "_").replace(".", "_")
