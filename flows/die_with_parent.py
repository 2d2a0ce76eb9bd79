"""Run a command whose process group dies with the process that started it: `python -m flows.die_with_parent COMMAND`.

The starter holds the other end of standard input. However it dies, the kernel closes that end, and then the whole group
is killed, so that nothing goes on writing. The starter gives this a process group of its own and kills the group when
this ends, which also covers the case that DVC or this process is killed.
"""

import os
import signal
import subprocess
import sys
import threading


def main() -> None:
    """Run the command line; exit with its code, or 128 + signal when it was killed."""
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    threading.Thread(target=_kill_group_after_input, daemon=True).start()
    code = child.wait()
    sys.stdout.flush()
    os._exit(code if code >= 0 else 128 - code)  # the thread is reading: no joining, no closing


def _kill_group_after_input() -> None:
    while os.read(0, 1024):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
