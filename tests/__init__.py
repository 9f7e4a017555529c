import os
from pathlib import Path

ROOT = Path(__file__).parents[1]
"""The folder of the whole project."""

# The operations of a test are small, and other tests run beside it: threads that wait for one another would cost as
# much again. What several threads compute is asked for where it is tried. Set before torch is there.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Nor does a worker of an app that a test starts load in advance what it is not asked for.
os.environ.setdefault("LAYERSCOPE_MAPS_AHEAD", "0")
