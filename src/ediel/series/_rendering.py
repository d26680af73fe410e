"""The text of values, end to end: by the accelerator where it was built, by columns of texts where it was not."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ediel.errors import InvalidTable
from ediel.messages._wire import MOST_SEQUENCE
from ediel.messages.series_layout import COLLECTED_KINDS, INTERVAL_FORMS, OBSERVATION, Form
from ediel.series._accelerator import MATCHER
from ediel.series._columns import MARKS, words_of
from ediel.xml._writer import ENTITY_PREFIX

__all__ = ["Values"]

_FORMS: Final = {form.element: form for form in INTERVAL_FORMS}
_IMBALANCE: Final = "imbalance_settlement"
_SMALL: Final = 10_000
"""Whole numbers below this are written once and for all."""
_LEAD: Final = f'<{ENTITY_PREFIX}:{OBSERVATION} Sequence="'


class Values:
    """The values of a table, checked, and ready to be written.

    Args:
        table: values by ``ediel.series.SCHEMA``, without chunks.
        collected: whether they go into CollectedData.

    Raises:
        InvalidTable: a value that the wire does not allow.
    """

    def __init__(self, table: pa.Table, *, collected: bool) -> None:
        kinds = words_of(table["kind"])
        words = [str(word) for word in kinds.distinct.to_pylist()]
        codes = kinds.places
        if codes.min() < 0:
            raise InvalidTable("a value has no kind")
        used = {words[code] for code in np.flatnonzero(np.bincount(codes, minlength=len(words)))}
        wrong = used - (COLLECTED_KINDS if collected else _FORMS.keys())
        if wrong:
            raise InvalidTable(f"values of kind {', '.join(sorted(wrong))} cannot be written in this message")
        self._thousandths = table["thousandths"].combine_chunks().to_numpy()
        least, most = (int(edge(self._thousandths)) for edge in (np.min, np.max))
        signed = np.array([word in _FORMS and _FORMS[word].signed for word in words])
        if max(-least, most) >= 10**15 or (least < 0 and ((self._thousandths < 0) & ~signed[codes]).any()):
            raise InvalidTable("a value is negative or has more than 15 digits")
        self._sequence = table["sequence"].combine_chunks().to_numpy()
        if self._sequence.min() < 0 or self._sequence.max() > MOST_SEQUENCE:
            raise InvalidTable(f"a sequence number is not between 0 and {MOST_SEQUENCE}")
        self._openings, self._closings, self._tags = _tags(table, codes, words)

    def text(self, starts: Any, end: int, heads: pa.Array, *, quick: bool = True) -> memoryview:
        """The text of some series.

        Args:
            starts: the rows where each begins, in order.
            end: the row after the last one.
            heads: what stands before the first value of each.
            quick: use the accelerator, where it was built.
        """
        first = int(starts[0])
        columns = [column[first:end] for column in (self._sequence, self._thousandths, self._tags)]
        if MATCHER is None or not quick:
            return self._joined(columns, starts - first, heads)
        edges, texts = np.frombuffer(heads.buffers()[1], "i4", len(heads) + 1), heads.buffers()[2]
        openings = tuple(f'">{text}'.encode() for text in self._openings)
        closings = tuple(text.encode() for text in self._closings)
        longest = max(len(one) + len(other) for one, other in zip(openings, closings, strict=True))
        room = np.empty((end - first + 1) * (longest + len(_LEAD) + 44) + int(edges[-1]), "u1")
        length = MATCHER.render(*columns, starts - first, edges, texts, _LEAD.encode(), openings, closings, room)
        return memoryview(room.data)[:length]

    def _joined(self, columns: list[Any], starts: Any, heads: pa.Array) -> memoryview:
        """Every piece that occurs, once in a list; and the text is what Arrow makes of their places in it."""
        sequence, thousandths, tags = columns
        whole, rest = np.divmod(np.abs(thousandths), 1000)
        most = int(sequence.max()) + 1
        opening = pa.array([f'{_LEAD}{number}">{text}' for text in self._openings for number in range(most)])
        parts: list[tuple[pa.Array, Any]] = [(opening, tags * most + sequence)]
        if thousandths.min() < 0:
            parts.append((pa.array(["", "-"]), thousandths < 0))
        small = whole.max() < _SMALL
        parts.append((_small(), whole) if small else (pc.cast(pa.array(whole), pa.string()), np.arange(len(whole))))
        parts.append((_endings(tuple(self._closings)), tags * 1000 + rest))
        pieces, begin = np.empty((len(whole), len(parts)), "i4"), len(heads)
        for number, (listed, places) in enumerate(parts):
            np.add(places, begin, out=pieces[:, number], casting="unsafe")
            begin += len(listed)
        every = np.insert(pieces.reshape(-1), starts * len(parts), np.arange(len(heads), dtype="i4"))
        lists = [heads, *(listed for listed, _ in parts)]
        text = pa.concat_arrays(lists).cast(pa.large_string()).take(pa.array(every))
        return memoryview(text.buffers()[2])


@lru_cache(maxsize=8)
def _endings(closings: tuple[str, ...]) -> pa.Array:
    """What ends a value: every thousandth, and the closing of its tag."""
    return pa.array([f".{number:03}{text}" for text in closings for number in range(1000)])


@cache
def _small() -> pa.Array:
    return pa.array([str(number) for number in range(_SMALL)])


def _tags(table: pa.Table, codes: Any, words: list[str]) -> tuple[list[str], list[str], Any]:
    """The tag before and after a value for each combination of codes, and which combination each value has."""
    columns = [table[name].combine_chunks() for name in MARKS]
    lists: list[list[Any]] = [words]
    key = codes.astype("i4")
    for column in columns:
        if column.null_count == len(column):
            lists.append([None])
            continue
        distinct_words = words_of(column)
        lists.append([None, *distinct_words.distinct.to_pylist()])
        key = key * len(lists[-1]) + (distinct_words.places + 1)
    marks = table[_IMBALANCE].combine_chunks()
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
        *codes_of, kind = given
        texts = dict(zip(reversed(MARKS), codes_of, strict=True)) | {_IMBALANCE: "true" if mark else None}
        openings.append(_opening(_FORMS[kind], texts))
        closings.append(f"</{ENTITY_PREFIX}:{kind}></{ENTITY_PREFIX}:{OBSERVATION}>")
    return openings, closings, numbers[key]


def _opening(form: Form, texts: dict[str, str | None]) -> str:
    """The tag of a value.

    Args:
        form: what its kind may have.
        texts: its attributes, by their fields.

    Raises:
        InvalidTable: codes that do not go with the kind.
    """
    given = {name for name, text in texts.items() if text}
    required = {mark.field for mark in form.marks if mark.required}
    if not required <= given <= {mark.field for mark in form.marks}:
        raise InvalidTable(f"a value of kind {form.element} has codes that do not go with it, or lacks some")
    attributes = "".join(f' {mark.name}="{texts[mark.field]}"' for mark in form.marks if texts[mark.field])
    return f"<{ENTITY_PREFIX}:{form.element}{attributes}>"
