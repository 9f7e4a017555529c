"""Folders change. What was measured in one is never shown for what lies there later, however it is asked for."""

import json
import os
import shutil
import time
from threading import Event

import numpy as np
import pytest
from PIL import Image

from idcore import results, spec
from idcore.cli import main
from idcore.data import source, versions
from idcore.data.catalogue import DATASETS, describe, wnids
from idcore.data.form import Form
from idcore.data.load import load, thumbnails
from idcore.data.places import PLACES
from idcore.data.read import read_dataset
from idcore.errors import DataError, NetworkError, RequestError
from idcore.jobs import Status
from idcore.jobs.status import job_key
from idcore.networks import hub
from idcore.pipeline import probe, run
from idcore.pipeline.read import as_it_is
from idcore.spec import Architecture, DataSpec, NetworkSpec, ProbeJob, ProfileJob, ReadJob, Recipe, Request, Untrained
from idcore.store import Store
from idcore.sweep import read as read_sweep
from tests.tools.hub import CONFIG, write
from tests.tools.named_sets import smaller, write_mnist
from tests.tools.pages import figures_of, open_app, text_of

pytestmark = pytest.mark.usefixtures("unconfined")

MLP = NetworkSpec(Architecture("mlp", width=4, depth=1), Untrained())


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def fill(folder, seed=0, each=12):
    """Two classes of small pictures of noise."""
    random = np.random.RandomState(seed)
    for i in range(2 * each):
        path = folder / "ab"[i % 2] / f"{i}.bmp"  # of the same size whatever they show
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.randint(0, 256, (4, 4, 3), dtype=np.uint8)).save(path)


def distances(request, store):
    (record,) = run(request, ("input",), store, memory=2**26)
    return record.neighbours.distances


def asked(name="folder-x"):
    return Request(DataSpec(name, "all", n=20), MLP)


def test_a_folder_is_read_under_what_is_in_it(root, store):
    fill(root / "x")
    found = read_dataset("folder-x", store)
    assert versions.current("folder-x", store) == found.name == as_it_is(DataSpec("folder-x"), store).dataset
    assert found.name.startswith("folder-x@") and found.title == "x"
    shutil.copytree(root / "x", root / "y")
    assert read_dataset("folder-y", store).name.partition("@")[2] == found.name.partition("@")[2]


def change(way, folder):
    before = {path: path.stat() for path in folder.rglob("*.bmp")}
    if way in ("other pictures", "of the same size and time"):
        fill(folder, seed=1)
    if way == "of the same size and time":
        for path, found in before.items():
            assert path.stat().st_size == found.st_size
            os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    if way == "one more":
        shutil.copy(folder / "a" / "0.bmp", folder / "a" / "100.bmp")
    if way == "one less":
        (folder / "a" / "0.bmp").unlink()
    if way == "one moved to the other class":
        (folder / "a" / "0.bmp").rename(folder / "b" / "0.bmp")
    if way == "two that changed places":
        first, second = folder / "a" / "0.bmp", folder / "a" / "2.bmp"
        first.rename(folder / "a" / "c"), second.rename(first), (folder / "a" / "c").rename(second)


WAYS = ("other pictures", "of the same size and time", "one more", "one less", "one moved to the other class",
        "two that changed places")  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_whatever_changes_in_a_folder_is_another_request(way, root, store):
    fill(root / "x")
    first = as_it_is(asked(), store)
    old = distances(first, store)
    change(way, root / "x")
    assert versions.current("folder-x", store) is None
    for use in (lambda: load(first.data, store=store), lambda: thumbnails(DataSpec("folder-x", "all", n=1), store)):
        with pytest.raises(DataError, match="The folder 'x' has changed since it was read"):
            use()
    with pytest.raises(DataError, match="has changed"):
        list(run(first, ("conv",), store, memory=2**26))
    second = as_it_is(asked(), store)
    assert spec.run_key(second) != spec.run_key(first) and results.run(store, second) is None
    new = distances(asked(), store)
    assert np.array_equal(new, distances(second, store))
    if way != "one moved to the other class":
        assert new.shape != old.shape or not np.array_equal(new, old)


NAMED = ("mnist", "imagenette")


def fill_named(name, root, seed=0):
    """The files of a data set that is known by name, of the same sizes and times whatever they show."""
    if name == "mnist":
        write_mnist(root / "MNIST/raw", PLACES[name].files, random=np.random.RandomState(seed))
    else:
        for i, wnid in enumerate(wnids(name)):
            fill(root / "imagenette2" / "train" / wnid, 10 * seed + i, each=1)
    for path in root.rglob("*"):
        os.utime(path, (10**9, 10**9))


@pytest.fixture
def small(monkeypatch, tmp_path):
    smaller(monkeypatch, tmp_path, "mnist", 40, 20)


@pytest.mark.parametrize("name", NAMED)
def test_files_of_a_known_data_set_that_are_replaced_are_another_request(name, root, store, small):
    fill_named(name, root)
    request = Request(DataSpec(name, "all", n=20), MLP, size=4)
    first = as_it_is(request, store)
    assert first.data.dataset == versions.current(name, store) != name
    assert describe(name, store).title == describe(first.data.dataset, store).title == DATASETS[name].title
    old = distances(request, store)
    fill_named(name, root, seed=1)
    assert versions.current(name, store) is None
    for use in (lambda: load(first.data, store=store), lambda: load(request.data, store=store)):
        with pytest.raises(DataError, match=f"The data set {name} has changed since it was read.*again as {name}"):
            use()
    second = as_it_is(request, store)
    assert spec.run_key(second) != spec.run_key(first) and results.run(store, second) is None
    assert not np.array_equal(distances(request, store), old) and results.run(store, first) is not None
    with pytest.raises(DataError, match=f"The data set {name} has changed"):
        list(run(first, ("input", "conv"), store, memory=2**26))


@pytest.mark.parametrize("name", NAMED)
def test_files_of_a_known_data_set_that_change_unseen_by_the_disk_are_seen_when_they_are_measured(
    name, root, store, small, monkeypatch
):
    fill_named(name, root)
    first = as_it_is(DataSpec(name, "all", n=20), store)
    seen = versions.stamp(name, next(root.iterdir()))
    monkeypatch.setattr(versions, "stamp", lambda *_: seen)
    store.put(spec.key("folder", name), {}, {"kind": "folder", "dataset": first.dataset, "stamp": seen})
    fill_named(name, root, seed=1)
    with pytest.raises(DataError, match=f"The data set {name} has changed since it was read"):
        load(first, Form(resize=4, crop=(4, 4)), store=store)


def test_a_folder_that_was_touched_and_holds_the_same_keeps_its_results(root, store):
    fill(root / "x")
    first = as_it_is(asked(), store)
    for path in (root / "x").rglob("*.bmp"):
        os.utime(path)
    assert versions.current("folder-x", store) is None
    assert as_it_is(asked(), store) == first and load(first.data, store=store)
    distances(first, store)
    shutil.move(root / "x", root / "away")
    fill(root / "x", seed=1)
    read_dataset("folder-x", store)
    shutil.rmtree(root / "x")
    shutil.move(root / "away", root / "x")
    assert as_it_is(asked(), store) == first and results.run(store, first) is not None


def test_a_picture_that_changes_unseen_by_the_disk_is_seen_when_it_is_measured(root, store, monkeypatch):
    fill(root / "x")
    first = as_it_is(asked(), store)
    seen = versions.stamp("folder-x", root / "x")
    monkeypatch.setattr(versions, "stamp", lambda *_: seen)
    fill(root / "x", seed=1)
    with pytest.raises(DataError, match="has changed since it was read.* Another image is .*bmp"):
        load(first.data, store=store)


def test_a_probe_of_a_folder_is_one_of_what_it_holds_now(root, store):
    fill(root / "x")
    distances(asked(), store)
    probe(ProbeJob(asked(), ("input",)), store)
    assert results.probe(store, as_it_is(asked(), store), "input") is not None
    fill(root / "x", seed=1)
    with pytest.raises(RequestError, match="nothing is measured here yet"):
        probe(ProbeJob(asked(), ("input",)), store)


def test_what_a_network_learned_in_a_folder_is_not_taken_for_what_it_holds_later(root, store):
    fill(root / "x")
    network = NetworkSpec(MLP.architecture, Recipe("folder-x", epochs=1))
    first = as_it_is(network, store)
    fill(root / "x", seed=1)
    second = as_it_is(ProfileJob(Request(DataSpec("mnist5k"), network)), store).request.network
    assert spec.weights_key(first) != spec.weights_key(second)
    assert {one.weights.dataset.partition("@")[0] for one in (first, second)} == {"folder-x"}


@pytest.mark.parametrize("name", ["folder-x", "mnist"])
def test_the_command_line_and_a_sweep_measure_what_is_there_now(name, root, store, small, tmp_path, capsys):
    (tmp_path / "s.toml").write_text('networks = [{name = "mlp", width = 4, depth = 1}]\nregimes = ["untrained"]\n'
                                     f'data = [{{dataset = "{name}", n = 20}}]')  # fmt: skip
    command = ["profile", "--data", name, "--split", "all", "--n", "20", "--network", "mlp", "--width", "4",
               "--depth", "1", "--regime", "untrained", "--layers", "input", "--cache", str(store.root), "--format",
               "json"]  # fmt: skip
    seen = []
    for seed in (0, 1):
        fill(root / "x", seed) if name == "folder-x" else fill_named(name, root, seed)
        (job,) = read_sweep(tmp_path / "s.toml", store).jobs
        assert main(command) == 0
        shown = json.loads(capsys.readouterr().out)
        assert shown["request"]["data"]["dataset"] == job.request.data.dataset == versions.current(name, store)
        seen.append((shown["request"]["data"]["dataset"], shown["layers"][0]["id"]))
    assert seen[0][0] != seen[1][0] and seen[0][1] != seen[1][1]
    command[2] = seen[0][0]
    assert main([*command, "--layers", "all"]) == 2
    assert "has changed since it was read" in capsys.readouterr().err


def test_a_small_folder_is_looked_at_again_at_once_and_a_large_one_once_in_a_while(root, store, monkeypatch):
    fill(root / "x")
    read_dataset("folder-x", store)
    assert versions.current("folder-x", store, fresh=False)
    looks = []
    monkeypatch.setattr(versions, "stamp", lambda *about: looks.append(about) or "")
    seconds = iter([100.0, 100.0, 101.0, 101.0, 200.0, 201.0, 209.0, 212.0, 213.0])
    versions._looks.clear()
    monkeypatch.setattr(time, "monotonic", seconds.__next__)
    counts = []
    for _ in range(5):  # two looks take no time, the third a second; then nine seconds are too few, twelve enough
        versions.current("folder-x", store, fresh=False)
        counts.append(len(looks))
    assert counts == [1, 2, 3, 3, 4]


def test_a_measurement_looks_at_the_disk_however_long_that_takes(root, store, monkeypatch):
    """Of what is too large to be digested this look is all there is."""
    monkeypatch.setattr(versions, "_QUICK", -1.0)
    monkeypatch.setattr(versions, "_PATIENCE", 1e9)
    fill(root / "x")
    first = read_dataset("folder-x", store).name
    assert versions.checked("folder-x", store, root) == first
    fill(root / "x", seed=1)
    with pytest.raises(DataError, match="has changed since it was read"):
        versions.checked("folder-x", store, root)


def test_a_page_does_not_wait_for_a_look_that_takes_long(root, store, monkeypatch):
    fill(root / "x")
    first, stamp, go_on = read_dataset("folder-x", store).name, versions.stamp, Event()
    monkeypatch.setattr(versions, "stamp", lambda *about: stamp(*about) if go_on.wait() else "")
    fill(root / "x", seed=1)
    assert versions.glance("folder-x", store, root) == first
    (look,) = (thread for (name, at, _), thread in versions._glances.items() if at == store.root)
    go_on.set()
    look.join()
    assert versions.glance("folder-x", store, root) is None
    assert versions.glance("folder-../x", store, root) is None


def test_a_network_in_a_folder_is_known_by_what_it_holds(root, monkeypatch):
    write(root / "net")
    first = hub.current("folder-net")
    assert first.startswith("folder-net@") and hub.current("folder-net") == first and hub.files(first, weights=True)
    (root / "net" / "README.md").write_text("no part of it")
    assert hub.current("folder-net") == first
    write(root / "net", {**CONFIG, "hidden_size": 32})
    second = hub.current("folder-net")
    assert second != first
    with pytest.raises(NetworkError, match=f"'{first}' has changed since: it is '{second}' now"):
        hub.files(first, weights=False)
    request = Request(DataSpec("mnist5k"), NetworkSpec(Architecture("hf:folder-net"), Untrained()))
    assert as_it_is(request, None).network.architecture.name == f"hf:{second}"


def test_images_beyond_the_limit_are_known_by_what_the_disk_says_and_this_is_said(root, store, monkeypatch):
    from idcore.data import folder

    fill(root / "x")
    monkeypatch.setattr(folder, "LIMITS", type(folder.LIMITS)(images=2))
    first = read_dataset("folder-x", store)
    assert "Whether they change is seen from their names, sizes and times alone." in " ".join(first.notes)
    fill(root / "x", seed=1)
    assert read_dataset("folder-x", store).name != first.name
    assert source.opened("folder-x", store).info.name != first.name


@pytest.mark.parametrize("name", ["folder-x", "mnist"])
def test_the_page_says_that_files_have_changed_and_offers_to_measure_them_again(name, fake, root, small):
    def put(seed):
        fill(root / "x", seed) if name == "folder-x" else fill_named(name, root, seed)

    put(0)
    first = read_dataset(name, fake.store)
    at = open_app(data=name, regime="untrained", network="resnet8")
    (old,) = {job.request.data.dataset for job in fake.submitted if isinstance(job, ProfileJob)}
    assert old == first.name
    put(1)
    at.run()
    what = "The folder 'x'" if name == "folder-x" else f"The data set {name}"
    assert f"{what} has changed since it was read" in text_of(at).replace("\\", "")
    assert not figures_of(at) and fake.submitted[-1].request.data.dataset == old
    at.button(key="read-again").click().run()
    assert fake.submitted[-1] == ReadJob("dataset", name)
    fake.states[job_key(fake.submitted[-1])] = Status("done")
    second = read_dataset(name, fake.store)
    at.run()
    assert fake.submitted[-1].request.data.dataset == second.name != old
