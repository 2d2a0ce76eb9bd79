"""One thread for torch: the tests' tiny layers lose more to a second one than they gain, above all on a busy machine."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is imported, which costs seconds: not here
