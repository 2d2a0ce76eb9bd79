"""One thread for torch: the tests' tiny layers lose more to a second one than they gain, above all on a busy machine.

No deadlines for hypothesis either: on a busy machine they fail tests that are right.
"""

import os

from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is imported, which costs seconds: not here
settings.register_profile("psl", deadline=None)
settings.load_profile("psl")
