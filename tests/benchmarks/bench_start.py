"""How soon the command line answers: scripts/bench start."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from harness import verdict

REPEG = Path(sys.executable).with_name("repeg")
BARE = (sys.executable, "-c", "pass")
ROUNDS = 9
LIMIT = 0.5  # seconds: below it a command feels like an answer


def seconds(*command: str | Path) -> float:
    """The median time from start to exit."""
    return statistics.median(_once(command) for _ in range(ROUNDS))


def _once(command: tuple[str | Path, ...]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def main() -> None:
    """Times and judges."""
    seconds(*BARE)
    bare, helped = seconds(*BARE), seconds(REPEG, "--help")
    print(f"python alone {1_000 * bare:.0f} ms, repeg --help {1_000 * helped:.0f} ms")
    verdict((f"repeg --help within {1_000 * LIMIT:.0f} ms p50", helped <= LIMIT))


if __name__ == "__main__":
    main()
