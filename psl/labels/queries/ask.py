"""Asks the label store: the arguments are checked against what it holds, and its errors become sentences."""

from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import duckdb

from psl.labels.open_store import open_store
from psl.labels.queries.show import Shown, show
from psl.runtime.errors import PslError

CLIPS = "(FROM named_clips UNION FROM scored_clips)"
LEAST_ABOVE = 0.1  # clip_labels holds what is above that


class Asked:
    """One question to the store in the file `path`."""

    def __init__(self, path: Path) -> None:
        self._path, self._store = path, open_store(path)

    def __enter__(self) -> "Asked":
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()

    def answer(self, query: str, shown: Shown, **parameters: Any) -> None:
        """Show the rows of a query."""
        show(self._store.sql(query, params=parameters or None), shown)

    def sql(self, query: str, shown: Shown) -> None:
        """Show the rows of a person's query. Raises PslError for one that is broken, or does more than read."""
        try:
            kinds = [statement.type.name for statement in self._store.extract_statements(query)]
            if kinds != ["SELECT"]:
                raise PslError(
                    f"psl labels sql takes one query that reads, and this is {' and '.join(kinds) or 'none'}: begin it "
                    "with SELECT, FROM or WITH, or use DuckDB itself with a file of your own"
                )
            show(self._store.sql(query), shown)
        except duckdb.Error as error:
            raise PslError(f"the query cannot be run ({_cause(error)}): see docs/label_store.md") from None

    def window_key(self, key: str | None) -> str:
        """That key, or without one the key of the shortest windows. Raises PslError that lists the keys if unknown."""
        keys = [
            key for (key,) in self._rows("SELECT window_key::VARCHAR FROM window_sets ORDER BY window_ms, window_key")
        ]
        if not keys:
            raise PslError(f"{self._path} has no soft labels: no student learns any")
        return keys[0] if key is None else self._known(key, keys, "window key")

    def name_of(self, text: str | None) -> str | None:
        """The name of the class with this name or id. Raises PslError for one that is unknown, with what is like it."""
        if text is None:
            return None
        names = dict(self._rows("SELECT mid::VARCHAR, name::VARCHAR FROM classes ORDER BY class_number"))
        return names.get(text) or self._known(text, list(names.values()), "class")

    def about_clip(self, clip: str) -> str:
        """Where a clip lies, as a sentence. Raises PslError for an unknown one."""
        rows = self._rows(f"SELECT * EXCLUDE clip_id FROM {CLIPS} WHERE clip_id = $clip", clip=clip)
        if not rows:
            self._known(clip, [name for (name,) in self._rows(f"SELECT clip_id FROM {CLIPS}")], "clip")
        subset, source, path, start_s, end_s = rows[0]
        span = "" if end_s is None else f", {start_s:g} to {end_s:g} s"
        return f"{clip}: {path or 'without a file'}{span}; subset {subset}, source {source}"

    def _rows(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        return self._store.execute(query, parameters or None).fetchall()

    def _known(self, word: str, known: Collection[str], what: str) -> str:
        if word in known:
            return word
        like = get_close_matches(word, known, n=5, cutoff=0.4) or [*known][:5]
        raise PslError(
            f"{self._path} has no {what} {word}: it has {len(known)}, such as {', '.join(like)}"
            if known
            else f"{self._path} has no {what} at all"
        )


def require_stored(above: float) -> None:
    """Raise PslError for a threshold below what the store holds of clips."""
    if above < LEAST_ABOVE:
        raise PslError(f"--above {above:g} is too low: of clips the store holds what is above {LEAST_ABOVE:g}")


def _cause(error: Exception) -> str:
    return " ".join(str(error).split("\n\nLINE")[0].split())
