"""`make bench`: every benchmark in a process of its own, then docs/benchmarks.md."""

import subprocess
import sys

from benchmarks.report import write

for name in ("layer", "network", "growth", "memory", "coverage", "inside"):
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]], check=True)
write()
