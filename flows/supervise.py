"""Run a command whose process group dies with the process that asked for it: `python -m flows.supervise COMMAND`.

The asker holds the other end of standard input. However it dies, the kernel closes that end, and then the whole group is killed,
so that no orphan goes on writing. The asker starts this in a process group of its own and kills the group when this ends,
which covers a killed DVC and a killed supervisor too.
"""

import os
import signal
import subprocess
import sys
import threading


def main() -> None:
    """Run the command line; exit with its code, 128 + signal when it was killed."""
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    threading.Thread(target=_die_with_the_asker, daemon=True).start()
    code = child.wait()
    sys.stdout.flush()
    os._exit(code if code >= 0 else 128 - code)  # the thread is reading: no joining, no closing


def _die_with_the_asker() -> None:
    while os.read(0, 1024):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
