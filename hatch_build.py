"""Builds the optional accelerator when the package is built or installed for editing.

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

SOURCE = Path("src/ediel/series/_matcher.c")


def build(root: Path) -> Path | None:
    """The extension, beside its source; nothing where it cannot be built."""
    from setuptools import Distribution, Extension
    from setuptools.errors import BaseError

    extension = Extension(
        "ediel.series._matcher",
        [str(root / SOURCE)],
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
            print(f"the accelerator was not built, the package works without it: {error}", file=sys.stderr)
            return None
        (built,) = Path(folder).glob("ediel/series/_matcher*")
        target = (root / SOURCE).with_name(built.name)
        temporary = target.with_name(f".{target.name}.new")
        shutil.copy(built, temporary)
        temporary.replace(target)
    return target


class CustomBuildHook(BuildHookInterface[Any]):
    """Adds the extension to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build it, and say so in the name of the wheel."""
        del version
        if self.target_name != "wheel" or os.environ.get("EDIEL_PURE"):
            return
        built = build(Path(self.root))
        if built is None:
            return
        build_data["artifacts"].append(f"/{SOURCE.parent}/{built.name}")
        build_data["pure_python"] = False
        build_data["tag"] = f"cp311-abi3-{_platform()}"


def _platform() -> str:
    from sysconfig import get_platform

    return get_platform().replace("-", "_").replace(".", "_")
