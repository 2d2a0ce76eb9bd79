"""How the label store states a table or a view: columns and comments, as the SQL that makes them."""

from collections.abc import Mapping
from typing import NamedTuple


class Table(NamedTuple):
    """A table: what each row is, and its columns as name: (type, what it holds)."""

    comment: str
    columns: Mapping[str, tuple[str, str]]

    def sql(self, name: str) -> str:
        """The statements that make it."""
        columns = ", ".join(f"{column} {type_}" for column, (type_, _) in self.columns.items())
        comments = {column: comment for column, (_, comment) in self.columns.items()}
        return f"CREATE TABLE {name} ({columns});{_comments('TABLE', name, self.comment, comments)}"


class View(NamedTuple):
    """A view: what each row is, its columns as name: (expression, what it holds), and where they come from."""

    comment: str
    columns: Mapping[str, tuple[str, str]]
    source: str

    def sql(self, name: str) -> str:
        """The statements that make it."""
        columns = ", ".join(f"{expression} AS {column}" for column, (expression, _) in self.columns.items())
        comments = {column: comment for column, (_, comment) in self.columns.items()}
        made = f"CREATE VIEW {name} AS SELECT {columns} FROM {self.source};"
        return made + _comments("VIEW", name, self.comment, comments)


def _comments(kind: str, name: str, comment: str, columns: Mapping[str, str]) -> str:
    said = {f"{kind} {name}": comment} | {f"COLUMN {name}.{column}": text for column, text in columns.items()}
    return "".join(f" COMMENT ON {what} IS {_quoted(text)};" for what, text in said.items())


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
