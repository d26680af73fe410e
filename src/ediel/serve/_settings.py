"""What a service is started with. Everything else comes with each call."""

from __future__ import annotations

import os
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["SETTINGS_VARIABLE", "ServeSettings"]

SETTINGS_VARIABLE: Final = "EDIEL_SERVE"
"""Environment variable in which a parent hands its settings, as JSON, to its worker processes."""


class ServeSettings(BaseModel):
    """What a service is started with.

    Attributes:
        allow_person_data: whether a call may ask for values about people; otherwise they are always masked.
        register_file: path of a file with the market (JSON), for the rules that need it; made as ``register``.
        profile: path of time limits that replace the packaged ones.
        schemas: path of a folder of XSD documents to judge by.
        largest: bytes of a body, and of all files of an archive together, at the most.
        at_once: calls with a body that a worker process works on at a time; others wait.
        silence: seconds without a byte after which a body is given up.
        total: seconds that a body may take.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    allow_person_data: bool = False
    register_file: str | None = Field(default=None, alias="register")
    profile: str | None = None
    schemas: str | None = None
    largest: int = Field(default=100_000_000, ge=1, le=100_000_000)
    at_once: int = Field(default=4, ge=1, le=64)
    silence: float = Field(default=20.0, gt=0)
    total: float = Field(default=300.0, gt=0)

    @classmethod
    def handed_over(cls) -> ServeSettings:
        """The settings that the parent process has put into the environment; the defaults where there are none."""
        text = os.environ.get(SETTINGS_VARIABLE)
        return cls() if text is None else cls.model_validate_json(text)

    def hand_over(self) -> None:
        """Put the settings where worker processes find them."""
        os.environ[SETTINGS_VARIABLE] = self.model_dump_json(by_alias=True)
