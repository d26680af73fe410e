"""Who the engine acts for."""

from __future__ import annotations

from dataclasses import dataclass

from ediel.codes import Role
from ediel.engine.errors import InvalidParty
from ediel.identifiers import ELHUB, Gln
from ediel.processes import Actor

__all__ = ["ELHUB", "InvalidParty", "Party"]


@dataclass(frozen=True, slots=True)
class Party:
    """A market party in one role.

    Attributes:
        gln: its GLN.
        role: code of its role, such as ``DDQ``; ``DDZ`` for a hub.
        physical_sender: GLN of the service provider that sends for it; the party itself when empty.
        hub: GLN of the hub.

    Raises:
        InvalidParty: a GLN that fails its check, or an unknown role.
    """

    gln: str
    role: str
    physical_sender: str = ""
    hub: str = ELHUB

    def __post_init__(self) -> None:
        for name in ("gln", "physical_sender", "hub"):
            value = getattr(self, name)
            problem = Gln(value).problem if value else ("a GLN is missing" if name != "physical_sender" else None)
            if problem:
                raise InvalidParty(f"{name} {value}: {problem}")
        if self.role not in {role.value for role in Role}:
            raise InvalidParty(
                f"role is {self.role!r}; expected one of {', '.join(role.value for role in Role)}"
            )  # fmt: skip
        if not self.physical_sender:
            object.__setattr__(self, "physical_sender", self.gln)

    def actor(self, role: str | None = None) -> Actor:
        """What every process of the party knows from the beginning; in another role than its own when one is given."""
        return Actor(sender=self.gln, physical_sender=self.physical_sender, hub=self.hub, role=role or self.role)

    @property
    def is_hub(self) -> bool:
        """Whether it plays the hub."""
        return self.role == str(Role.DDZ)
