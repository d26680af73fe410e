"""A property that is worked out when it is first asked for, and kept.

``functools.cached_property`` of Python 3.11 holds one lock for all objects of a class while it works: threads that
check documents would wait for each other, and a small message would pay for locks it does not need.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

__all__ = ["lazily"]

T = TypeVar("T")


class lazily(Generic[T]):  # noqa: N801 - used as a decorator
    """Makes such a property of a method; two threads that ask at once may both work it out, to the same end."""

    def __init__(self, work: Callable[[Any], T]) -> None:
        self._work = work
        self._name = work.__name__
        self.__doc__ = work.__doc__

    @overload
    def __get__(self, instance: None, owner: type[object]) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type[object]) -> T: ...

    def __get__(self, instance: object | None, owner: type[object]) -> T | Self:
        if instance is None:
            return self
        value = instance.__dict__[self._name] = self._work(instance)
        return value
