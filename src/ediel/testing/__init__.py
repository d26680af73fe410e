"""What a user needs to test against ediel: sample messages; hypothesis strategies are in ``strategies``."""

from ediel.testing._conforming import conforming
from ediel.testing._mutate import Mutation, mutate, mutate_bytes
from ediel.testing._sample import Sampler, sample

__all__ = ["Mutation", "Sampler", "conforming", "mutate", "mutate_bytes", "sample"]
