"""Layerscope as `pip install` leaves it: in an environment of its own, started in another folder, in a browser."""

import os
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import urllib.request
import zipfile
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import ROOT
from tests.tools import patience

pytestmark = pytest.mark.slow

EVERY_MODULE = """
import importlib, pkgutil, idcore
for module in pkgutil.walk_packages(idcore.__path__, "idcore."):
    print(importlib.import_module(module.name).__file__)
"""


def tracked(*below: str) -> list[str]:
    """Files of the project: those that git knows, and new ones that it does not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *below]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in names if (ROOT / name).is_file()]


def call(*command: object, **options) -> str:
    done = subprocess.run([str(one) for one in command], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of a clone that nobody has worked in."""
    clone, built = tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("wheel")
    for name in tracked():
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, clone / name)
    call(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", built, clone)
    return next(built.glob("layerscope-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """bin: the programs of the environment. home: of its user. folder: another one, with settings of somebody else's
    Streamlit. environment: of the processes. All but Layerscope itself comes from the environment of these tests."""
    place = tmp_path_factory.mktemp("installed")
    call(sys.executable, "-m", "venv", "--without-pip", place / "venv")
    programs = place / "venv" / "bin"
    call(sys.executable, "-m", "pip", "--python", programs / "python", "install", "-q", "--no-deps", wheel)
    library = Path(call(programs / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    (library / "rest.pth").write_text(sysconfig.get_path("purelib"))
    folder, home = place / "folder", place / "home"
    home.mkdir()
    (folder / ".streamlit").mkdir(parents=True)
    (folder / ".streamlit" / "config.toml").write_text(
        '[browser]\ngatherUsageStats = true\n[client]\nshowErrorDetails = "full"\n[theme]\nprimaryColor = "#ff0000"\n'
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LAYERSCOPE_")}
    environment |= {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "OMP_NUM_THREADS": "1",
        "LAYERSCOPE_WORKERS": "1",
    }
    environment.pop("PYTHONPATH", None)
    return SimpleNamespace(bin=programs, home=home, folder=folder, library=library, environment=environment)


@contextmanager
def running(installed, *arguments: str, **more: str):
    """The address of a dashboard that `layerscope` starts; no error may stand in its log."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [installed.bin / "layerscope", *arguments, "--port", str(port)]
    with open(installed.folder / "log", "w+") as log, subprocess.Popen(
        command, cwd=installed.folder, env=installed.environment | more, stdout=log, stderr=log
    ) as process:  # fmt: skip
        address = f"http://127.0.0.1:{port}"
        try:
            patience.until(lambda: process.poll() is not None or _answers(address))
            assert process.poll() is None, (installed.folder / "log").read_text()
            yield address
        finally:
            process.terminate()
            process.wait(patience.seconds())
        log.seek(0)
        assert "Traceback" not in log.read()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=patience.seconds()) as answer:
            return answer.read() == b"ok"
    except OSError:
        return False


@pytest.fixture(scope="module")
def server(installed):
    with running(installed, "run") as address:
        yield address


def test_1_the_wheel_holds_the_library_the_dashboard_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as file:
        names = {name for name in file.namelist() if ".dist-info/" not in name}
        license, metadata = (
            next(file.read(name).decode() for name in file.namelist() if name.endswith(end))
            for end in ("licenses/LICENSE", "/METADATA")
        )
    top = tracked("app.py", "serve.py", "pages", ".streamlit")
    assert names == {*tracked("idcore"), *(f"idcore/dashboard/{name}" for name in top)}
    assert "The Layerscope developers" in license and "License-Expression: BSD-3-Clause" in metadata


def test_2_every_module_can_be_imported_where_it_is_installed(installed):
    files = call(
        installed.bin / "python", "-c", EVERY_MODULE, cwd=installed.folder, env=installed.environment
    ).splitlines()
    assert len(files) > 200 and all(Path(name).is_relative_to(installed.library) for name in files)


def test_3_the_page_measures_follows_a_key_and_asks_for_nothing_from_outside(visit, installed):
    """`visit` looks at the end whether another host was asked for anything: by telemetry too, which the folder in which
    it was started would have, as it would have another colour."""
    page = visit("explore?network=mlp&regime=untrained&width=16&depth=2&data=digits&n=100")
    page.get_by_text("measured on cpu").wait_for()
    page.reload()  # as whoever opens the link later
    page.locator(".st-key-fit-chart .js-plotly-plot").wait_for()
    page.locator("[data-testid=stSidebarLogo]").wait_for()
    page.keyboard.press("ArrowLeft")  # from the last hidden layer
    page.wait_for_url(re.compile("layer=d1"))
    colours = page.evaluate(
        "[...document.querySelectorAll('*')].map((one) => getComputedStyle(one).backgroundColor).join()"
    )
    assert "rgb(106, 75, 201)" in colours and "rgb(255, 0, 0)" not in colours
    assert list((installed.home / ".cache" / "layerscope" / "store" / "v1").glob("*/*.safetensors"))


def test_4_the_command_is_the_command_line(installed, server):
    options = {"cwd": installed.folder, "env": installed.environment}
    told = call(installed.bin / "layerscope", "list", "results", **options)
    assert told == call(installed.bin / "python", "-m", "idcore", "list", "results", **options)
    assert told.startswith("python -m idcore profile --network mlp")
    version = call(installed.bin / "layerscope", "--version", **options)
    assert version == f"layerscope {call(installed.bin / 'python', '-c', VERSION, **options)}"


VERSION = "from importlib.metadata import version; print(version('layerscope'))"


def test_5_a_result_opens_in_the_browser_also_where_no_dashboard_runs(installed, server, visit):
    result = call(
        installed.bin / "layerscope", "list", "results", cwd=installed.folder, env=installed.environment
    ).splitlines()[0]
    notes = installed.folder / "opened"
    browser = installed.folder / "browser.sh"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {notes}\n')
    browser.chmod(0o755)
    shown = {"BROWSER": str(browser)}
    call(installed.bin / "layerscope", "open", result, "--port", server.rpartition(":")[2],
         cwd=installed.folder, env=installed.environment | shown)  # fmt: skip
    there = notes.read_text().strip()
    assert there.startswith(f"{server}/compare?")
    page = visit(there.removeprefix(f"{server}/"))
    page.get_by_role("heading", name="Results: 1 networks").wait_for()
    page.locator(".st-key-compare-chart .js-plotly-plot").wait_for()
    notes.unlink()
    with running(installed, "open", result, **shown) as another:
        patience.until(lambda: notes.exists() and notes.read_text())
        assert notes.read_text().strip() == there.replace(server, another)
