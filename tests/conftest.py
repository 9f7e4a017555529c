"""What many tests begin with, and in which order they come."""

import functools
import gc
from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, settings
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import local_script_runner

from idcore.ui.kit import charts

if find_spec("jaxtyping"):  # before any module of arrays is; without it tests/test_shapes.py fails
    import tests.tools.shapes  # noqa: F401

# How long a test takes says nothing on a busy machine.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# Which components are installed is looked up anew for each page of AppTest: a second each time.
manifest_scanner.scan_component_manifests = functools.cache(manifest_scanner.scan_component_manifests)

# A page of AppTest has no browser that draws its first chart meanwhile.
charts._HEAD_START = charts._LEAD = 0.0


def _drawn(runner, timeout: float = 3) -> None:
    """Wait for the thread of a page of AppTest, which by itself asks a thousand times a second whether it has ended."""
    runner._script_thread.join(timeout)
    if not runner.script_stopped():
        runner.request_stop()
        runner.join()
        raise RuntimeError(f"The page was not drawn within {timeout} s.")


local_script_runner.require_widgets_deltas = _drawn


@pytest.hookimpl(wrapper=True)
def pytest_collection(session):
    """What is imported and collected stays to the end: nobody looks through it for garbage again and again. Nor through
    what the tests make as often as Python would: a page leaves a few thousand objects."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(20_000)
        gc.enable()


def pytest_ignore_collect(collection_path, config):
    """A file of slow tests alone is not even read where those are left out."""
    if config.option.markexpr == "not slow" and collection_path.suffix == ".py":
        return "\npytestmark = pytest.mark.slow\n" in collection_path.read_text() or None
    return None


def pytest_collection_modifyitems(items):
    """The slow files come first, so that processes side by side end at about the same time."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A fresh store and a fake job client."""
    import idcore.ui.kit.state
    from idcore.store import Store
    from tests.tools.pages import FakeJobs

    monkeypatch.setenv("LAYERSCOPE_CACHE", str(tmp_path))
    jobs = FakeJobs(Store(tmp_path))
    monkeypatch.setattr(idcore.ui.kit.state, "get_jobs", lambda: jobs)
    return jobs


@pytest.fixture
def root(tmp_path, monkeypatch):
    """An empty data root that nobody has looked at."""
    from idcore.data import versions

    monkeypatch.setenv("LAYERSCOPE_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    versions._looks.clear()
    return tmp_path / "data"


@pytest.fixture
def unconfined(monkeypatch):
    """What comes from outside is read in this process, which spares most of a second each time."""
    from tests.tools import unconfined

    monkeypatch.setattr("idcore.confined.run", unconfined.run)
    monkeypatch.setattr("idcore.confined.stream", unconfined.stream)
