"""The text of values, end to end: by the accelerator where it was built, by columns of texts where it was not."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ediel.errors import InvalidTable
from ediel.series._accelerator import MATCHER
from ediel.series._columns import KINDS

__all__ = ["MOST", "Values"]

MOST: Final = 9999
_MARKS: Final = ("quality", "validation_code", "estimation_code")
_LEAD: Final = '<abie:Observation Sequence="'


class Values:
    """The values of a table, checked, and ready to be written.

    Args:
        table: values by ``ediel.series.SCHEMA``, without chunks.
        collected: whether they go into CollectedData.

    Raises:
        InvalidTable: a value that the wire does not allow.
    """

    def __init__(self, table: pa.Table, *, collected: bool) -> None:
        kinds = table["kind"].combine_chunks()
        words = [str(word) for word in kinds.dictionary.to_pylist()]
        if kinds.null_count:
            raise InvalidTable("a value has no kind")
        codes = kinds.indices.to_numpy()
        used = {words[code] for code in np.flatnonzero(np.bincount(codes, minlength=len(words)))}
        wrong = used - set(KINDS[:3] if collected else KINDS[:4])
        if wrong:
            raise InvalidTable(f"values of kind {', '.join(sorted(wrong))} cannot be written in this message")
        self._thousandths = table["thousandths"].combine_chunks().to_numpy()
        least, most = (int(edge(self._thousandths)) for edge in (np.min, np.max))
        signed = np.array([word == "Calculated" for word in words])
        if max(-least, most) >= 10**15 or (least < 0 and ((self._thousandths < 0) & ~signed[codes]).any()):
            raise InvalidTable("a value is negative or has more than 15 digits")
        self._sequence = table["sequence"].combine_chunks().to_numpy()
        if self._sequence.min() < 0 or self._sequence.max() > MOST:
            raise InvalidTable(f"a sequence number is not between 0 and {MOST}")
        self._openings, self._closings, self._tags = _tags(table, codes, words)

    def text(self, first: int, last: int, *, quick: bool = True) -> tuple[memoryview, Any]:
        """The text of some rows, and where each value begins in it, and the last one ends."""
        sequence, thousandths, tags = (column[first:last] for column in (self._sequence, self._thousandths, self._tags))
        if MATCHER is None or not quick:
            return self._joined(sequence, thousandths, tags)
        openings = tuple(f'">{text}'.encode() for text in self._openings)
        closings = tuple(text.encode() for text in self._closings)
        longest = max(len(one) + len(other) for one, other in zip(openings, closings, strict=True))
        room = np.empty((len(tags) + 1) * (longest + len(_LEAD) + 44), "u1")
        offsets = np.empty(len(tags) + 1, "i8")
        length = MATCHER.render(sequence, thousandths, tags, _LEAD.encode(), openings, closings, offsets, room)
        return memoryview(room.data)[:length], offsets

    def _joined(self, sequence: Any, thousandths: Any, tags: Any) -> tuple[memoryview, Any]:
        whole, rest = np.divmod(np.abs(thousandths), 1000)
        outer, thousand = _lookups()
        signs: Any = ""
        if (thousandths < 0).any():
            signs = pa.array(np.where(thousandths < 0, "-", ""), pa.string())
        text = pc.binary_join_element_wise(
            outer.take(pa.array(sequence)), pa.array(self._openings).take(pa.array(tags)), signs,
            pc.cast(pa.array(whole), pa.string()), thousand.take(pa.array(rest)),
            pa.array(self._closings).take(pa.array(tags)), "",
        ).cast(pa.large_binary())  # fmt: skip
        offsets = np.frombuffer(text.buffers()[1], "i8")[: len(text) + 1]
        return memoryview(text.buffers()[2]), offsets


@cache
def _lookups() -> tuple[Any, Any]:
    """The tag of each position, and the decimals of each thousandth."""
    tags = [f'{_LEAD}{number}">' for number in range(MOST + 1)]
    return pa.array(tags), pa.array([f".{number:03}" for number in range(1000)])


def _tags(table: pa.Table, codes: Any, words: list[str]) -> tuple[list[str], list[str], Any]:
    """The tag before and after a value for each combination of codes, and which combination each value has."""
    columns = [table[name].combine_chunks() for name in _MARKS]
    lists: list[list[Any]] = [words]
    key = codes.astype("i4")
    for column in columns:
        known = [*column.dictionary.to_pylist(), None]
        lists.append(known)
        if column.null_count == len(column):
            key = key * len(known) + (len(known) - 1)
        else:
            key = key * len(known) + column.indices.fill_null(len(known) - 1).to_numpy()
    marks = table["imbalance_settlement"].combine_chunks()
    key *= 2
    if marks.true_count:
        key += marks.fill_null(False).to_numpy(zero_copy_only=False)
    counts = np.bincount(key)
    distinct = np.flatnonzero(counts)
    numbers = np.zeros(len(counts), "i4")
    numbers[distinct] = np.arange(len(distinct))
    openings, closings = [], []
    for one in distinct.tolist():
        rest, mark = divmod(one, 2)
        given: list[Any] = []
        for known in reversed(lists):
            rest, place = divmod(rest, len(known))
            given.append(known[place])
        estimation, validation, quality, kind = given
        openings.append(_opening(kind, quality, validation, estimation, mark=bool(mark)))
        closings.append(f"</abie:{kind}></abie:Observation>")
    return openings, closings, numbers[key]


def _opening(kind: str, quality: Any, validation: Any, estimation: Any, *, mark: bool) -> str:
    """The tag of a value.

    Raises:
        InvalidTable: codes that do not go with the kind.
    """
    right = {
        "Metered": not (quality or validation or estimation or mark),
        "Estimated": bool(quality and validation and estimation and not mark),
        "Temporary": bool(validation and not quality and not mark),
        "Calculated": not (quality or validation or estimation),
    }[kind]
    if not right:
        raise InvalidTable(f"a value of kind {kind} has codes that do not go with it, or lacks some")
    pairs = (("Quality", quality), ("ValidationCode", validation), ("EstimationCode", estimation))
    attributes = "".join(f' {name}="{value}"' for name, value in pairs if value)
    marked = ' ImbalanceSettlement="true"' if mark else ""
    return f"<abie:{kind}{attributes}{marked}>"
