"""The one exception that is meant for the user: a sentence saying what is wrong, where, and what to do."""


class PslError(Exception):
    """A user's mistake or a broken input. Its text is one sentence and is shown without a traceback."""
