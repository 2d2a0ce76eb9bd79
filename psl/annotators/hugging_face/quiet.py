"""The bars and warnings of transformers and its hub, silenced while psl calls them."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """No bars and no warnings of the two libraries while the block runs; afterwards as the caller had it."""
    from huggingface_hub.utils import logging as hub
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    shown, verbosity = not are_progress_bars_disabled(), hub.get_verbosity()
    disable_progress_bars()
    hub.set_verbosity_error()
    try:
        with warnings.catch_warnings(), _quiet_transformers():
            warnings.simplefilter("ignore")
            yield
    finally:
        hub.set_verbosity(verbosity)
        if shown:
            enable_progress_bars()


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Nothing to silence where it is not imported: a download needs none of its seconds."""
    if "transformers" not in sys.modules:
        yield
        return
    from transformers.utils import logging

    shown, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if shown:
            logging.enable_progress_bar()
