"""What came from outside is read by a job, kept, and measured; a profile of what was not read yet reads it first."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import save

from idcore import pipeline, results, spec
from idcore.errors import Cancelled, RequestError
from idcore.jobs.kinds import kind
from idcore.networks.build import build
from idcore.spec import (
    ELSEWHERE,
    UPLOAD,
    Architecture,
    DataSpec,
    FromFile,
    NetworkSpec,
    ReadJob,
    Request,
    Untrained,
)
from idcore.store import Store
from idcore.watch import Watch

pytestmark = pytest.mark.usefixtures("unconfined")

MEMORY = 2**29
SMALL = Architecture("mlp", width=8, depth=1)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def run(request, store, layers="checkpoints", **options):
    return list(pipeline.run(request, layers, store, memory=MEMORY, device="cpu", **options))


def pictures(counts, size=(20, 16)):
    """A zip with a folder of images for each class."""
    random, file = np.random.default_rng(0), io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, count in counts.items():
            for i in range(count):
                image = io.BytesIO()
                Image.fromarray(random.integers(0, 255, (*size, 3), dtype=np.uint8)).save(image, "PNG")
                archive.writestr(f"{name}/{i}.png", image.getvalue())
    return file.getvalue()


def matrices(n=60):
    file, random = io.BytesIO(), np.random.default_rng(0)
    layers = {f"layer{i}": random.normal(size=(n, d)).astype(np.float32) for i, d in enumerate((9, 30, 5))}
    np.savez(file, **layers, labels=np.arange(n) % 3)
    return file.getvalue()


def test_a_zip_of_images_is_read_by_the_profile_that_needs_it_and_shown_to_a_network(store):
    digest = results.save_upload(store, pictures({"cat": 12, "dog": 10}), "pets.zip")
    network = NetworkSpec(Architecture("shufflenet_v2_x0_5"), Untrained())
    request = Request(DataSpec(UPLOAD + digest, "all", n=22), network, size=48)
    seen = []
    found = run(request, store, ("input", "output"), watch=Watch(seen.append))
    assert seen[0].phase == "loading" and any(progress.phase == "reading" for progress in seen)
    assert found[0].layer.shape == (3, 48, 48) and found[1].n == 22
    done = results.run(store, request)
    assert done.class_names == ("cat", "dog") and sorted(np.bincount(done.labels)) == [10, 12]
    assert results.datasets(store)[0].shape == (3, 20, 16)


def test_matrices_computed_elsewhere_are_layers_without_a_network(store):
    digest = results.save_upload(store, matrices(), "mine.npz")
    request = Request(DataSpec(UPLOAD + digest, "all", n=60), ELSEWHERE)
    found = run(request, store)
    assert [(g.layer.name, g.layer.units) for g in found] == [("layer0", 9), ("layer1", 30), ("layer2", 5)]
    again = run(request, store)
    np.testing.assert_array_equal(again[1].neighbours.distances, found[1].neighbours.distances)
    costs = pipeline.estimate(request, "checkpoints", MEMORY, "cpu", store=store)
    assert costs.passes == 0 and len(costs.layers) == 3


def test_a_network_is_not_shown_matrices(store):
    digest = results.save_upload(store, matrices(), "mine.npz")
    pipeline.read(ReadJob("representations", digest), store)
    request = Request(DataSpec(UPLOAD + digest, "all", n=60), NetworkSpec(SMALL, Untrained()))
    with pytest.raises(RequestError, match="holds representations, not images"):
        run(request, store)


def test_weights_from_a_file_are_those_that_are_measured(store):
    module = build(SMALL, (1, 8, 8), 10, seed=7)
    digest = results.save_upload(store, save(module.state_dict()), "mine.safetensors")
    pipeline.read(ReadJob("weights", digest, SMALL), store)
    (own,) = results.weights_files(store)
    assert (own.digest, own.name, own.architecture, own.classes) == (digest, "mine.safetensors", SMALL, 10)
    data = DataSpec("digits", n=50)
    mine = run(Request(data, NetworkSpec(SMALL, FromFile(digest))), store)
    same = run(Request(data, NetworkSpec(SMALL, Untrained(7))), store)
    np.testing.assert_array_equal(mine[-1].neighbours.distances, same[-1].neighbours.distances)


def test_a_folder_below_the_data_root_is_a_data_set(store, tmp_path, monkeypatch):
    monkeypatch.setenv("LAYERSCOPE_DATA", str(tmp_path / "data"))
    with zipfile.ZipFile(io.BytesIO(pictures({"cat": 8, "dog": 8}))) as archive:
        archive.extractall(tmp_path / "data" / "pets")
    request = Request(DataSpec("folder-pets", "all", n=16), NetworkSpec(SMALL, Untrained()))
    found = run(request, store)
    assert found[0].layer.shape == (3, 20, 16)
    with pytest.raises(RequestError, match="folder-birds is not here"):
        run(Request(DataSpec("folder-birds", n=16), NetworkSpec(SMALL, Untrained())), store)


def test_what_is_refused_is_a_sentence_and_leaves_nothing_behind(store):
    digest = results.save_upload(store, b"<html>not found</html>", "weights.pt")
    for job in (ReadJob("weights", digest, SMALL), ReadJob("images", digest), ReadJob("representations", digest)):
        with pytest.raises(RequestError, match=r"\.$"):
            pipeline.read(job, store)
    assert not results.datasets(store) and not results.weights_files(store)
    with pytest.raises(RequestError, match="Upload the file again"):
        pipeline.read(ReadJob("images", "0" * 64), store)


def test_reading_stops_when_nobody_wants_it_any_more(store):
    digest = results.save_upload(store, pictures({"cat": 5}), "pets.zip")
    with pytest.raises(Cancelled):
        pipeline.read(ReadJob("images", digest), store, watch=Watch(cancelled=lambda: True))


def test_what_was_read_is_not_read_again_but_for_a_folder_and_another_network(store):
    digest = results.save_upload(store, save(build(SMALL, (1, 8, 8), 10, 0).state_dict()), "mine.safetensors")
    job, other = ReadJob("weights", digest, SMALL), ReadJob("weights", digest, Architecture("cnn"))
    assert not kind(job).complete(store, job)
    pipeline.read(job, store)
    assert kind(job).complete(store, job) and not kind(other).complete(store, other)
    upload = ReadJob("representations", results.save_upload(store, matrices(), "mine.npz"))
    pipeline.read(upload, store)
    assert kind(upload).complete(store, upload)
    folder = ReadJob("dataset", "folder-x")
    store.put(spec.key("dataset", "folder-x"), {}, {"kind": "dataset", "dataset": {"matrices": []}})
    assert not kind(folder).complete(store, folder)


def test_a_long_name_keeps_its_ending(store):
    digest = results.save_upload(store, b"x", "a" * 300 + ".npz")
    name = results.upload(store, digest)[1]
    assert len(name) == 80 and name.endswith(".npz")
