"""Units of a measured network: counted once, kept, and their ideal inputs beside them."""

import numpy as np
import pytest

import idcore
from idcore import results
from idcore.activations import capture, trace
from idcore.data.load import load
from idcore.errors import Cancelled, RequestError
from idcore.estimators.detectors import detector
from idcore.jobs.kinds import kind
from idcore.networks.reduction import reduced
from idcore.networks.weights import obtain
from idcore.pipeline import columns, run, units
from idcore.pipeline.scene import scene
from idcore.record import Layer
from idcore.results import columns as kept
from idcore.results import detected, filters, sought
from idcore.spec import ColumnJob, DataSpec, IdealJob, NetworkSpec, Recipe, Request, UnitsJob, Untrained
from idcore.store import Store
from idcore.watch import UNWATCHED, Watch
from tests.tools.columns import excited

REQUEST = Request(data=DataSpec(n=300))
LAYERS = ("input", "conv1", "pool1", "d1", "output")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    found = Store(tmp_path_factory.mktemp("units"))
    list(run(REQUEST, LAYERS, found, memory=2**29))
    with pytest.raises(Cancelled):
        units.units(UnitsJob(REQUEST, LAYERS), found, watch=Watch(cancelled=lambda: True))
    units.units(UnitsJob(REQUEST, LAYERS), found)
    return found


@pytest.fixture(scope="module")
def plain(store):
    """The activations of d1, captured by themselves, and the labels."""
    about = scene(REQUEST, store)
    samples = load(REQUEST.data, about.form, store)
    module = obtain(REQUEST.network, store, UNWATCHED, "mnist5k", about.shape).module
    layer = next(one for one in trace(module, samples.images[:3]) if one.name == "d1")
    for _, slices in capture(module, samples.images, [layer], memory=2**28):
        values = np.concatenate([block.numpy() for block in slices], 1)
    return values, samples.labels


def test_what_is_kept_is_what_the_library_counts(store, plain):
    counted, own = detected.read(store, REQUEST, "d1"), idcore.units(*plain)
    assert counted.units == 128 and counted.n == 300 and np.array_equal(counted.dead, own.dead)
    assert np.array_equal(counted.auc[:, 0], own.auc.max(1)) and np.array_equal(counted.top, own.top)
    assert np.array_equal(counted.auc_class[~own.dead, 0], own.classes[own.best_class[~own.dead]])
    assert np.allclose(counted.selectivity, own.selectivity, equal_nan=True)
    live = ~counted.dead
    assert np.allclose(counted.values[live, 0], plain[0].max(0)[live])
    assert np.allclose(counted.edges[:, 1], plain[0].max(0))
    assert (counted.of_class + counted.of_others).sum(1).tolist() == [300] * 128
    counts = np.bincount(plain[1])[counted.auc_class[:, 0]]
    assert np.array_equal(counted.of_class.sum(1)[live], counts[live])


def test_the_detectors_of_a_trained_network_grow_with_depth_over_the_null(store):
    curve = {name: detected.read(store, REQUEST, name).detector for name in LAYERS}
    conv1 = detected.read(store, REQUEST, "conv1")
    assert conv1.units == 32 and "mean of a channel" in conv1.remarks[-1]
    assert curve["input"].value < curve["pool1"].value < curve["d1"].value < curve["output"].value
    assert all(abs(one.null - 0.5) < 0.05 for one in curve.values()) and curve["output"].value > 0.97


def test_a_planted_detector_of_a_class_is_the_first_of_all_units_of_d1(store, plain):
    values, labels = plain[0].copy(), plain[1]
    noise = np.random.default_rng(0).normal(size=300)
    values[:, 77] = np.where(labels == 3, 5, 0) + noise
    own = idcore.units(values, labels)
    assert own.auc[:, 3].argmax() == 77 and own.auc[77, 3] > 0.999 and own.classes[own.best_class[77]] == 3
    assert (labels[own.top[77]] == 3).all()


def test_detectors_rise_in_the_trained_network_alone(store):
    """What was measured on 2 x 1000 digits: trained .951 .998 in the last two layers, untrained .821 .777, shuffled
    .792 .540."""
    about = scene(REQUEST, store)
    samples = load(DataSpec(n=600), about.form, store)
    _, of = np.unique(samples.labels, return_inverse=True)
    found = {}
    for weights in (Recipe(), Untrained(), Recipe(shuffled=1.0)):
        module = obtain(NetworkSpec(weights=weights), store, UNWATCHED, "mnist5k", about.shape).module
        layers = [one for one in trace(module, samples.images[:3]) if one.name in ("d1", "output")]
        for layer, slices in capture(module, samples.images, layers, memory=2**28):
            columns = [block.numpy() for block in slices]
            found[NetworkSpec(weights=weights).regime, layer.name] = detector(columns, of)
    assert found["trained", "output"].value > 0.98 > found["trained", "d1"].value > 0.9
    for regime in ("untrained", "shuffled"):
        assert found[regime, "output"].value < found[regime, "d1"].value < 0.9
    assert found["shuffled", "output"].value < found["shuffled", "output"].null + 0.05


def test_the_filters_of_the_first_layer_are_kept_with_the_patches_that_excite_them(store):
    found = filters.read(store, REQUEST)
    assert (found.name, found.total, found.weights.shape) == ("conv1", 32, (32, 1, 3, 3)) and not found.note
    assert found.samples.shape == (32, 9) and found.patches.shape == (32, 9, 3, 3, 1)
    images = load(REQUEST.data, scene(REQUEST, store).form, store).images
    for f in (0, 17):
        windows = images[int(found.samples[f, 0]), 0].unfold(0, 3, 1).unfold(1, 3, 1).flatten(0, 1).numpy()
        answers = (windows * found.weights[f, 0]).sum((1, 2))
        best = np.round(255 * windows[answers.argmax()])
        assert np.array_equal(best, found.patches[f, 0, :, :, 0])


def test_a_layer_of_many_units_is_counted_by_channels_and_says_so():
    many, mean = (Layer("conv", 1, 0.5, "Conv2d", (32, 26, 26), 21632, channels=0),) * 2
    read = units.counted_as(many, reduced(mean, "mean"))
    assert read.units == 32 and read.reduce == "mean" and "mean of a channel" in read.remarks[-1]
    vector = Layer("x", 1, 0.5, "X", (9000,), 9000)
    assert "no channels" in units.counted_as(vector, reduced(vector, "mean")).note
    assert detected.unit_name(read, 3) == "channel 3"
    assert detected.unit_name(Layer("p", 1, 0.5, "P", (8, 5, 5), 200, channels=0), 57) == "channel 2 at 1, 2"


def test_jobs_are_done_when_their_results_are_there_and_ideal_inputs_beat_the_samples(store):
    job, ideal = UnitsJob(REQUEST, LAYERS), IdealJob(REQUEST, "output", (3, 0), natural=0.0, steps=40)
    assert kind(job).complete(store, job) and not kind(ideal).complete(store, ideal)
    units.ideal(ideal, store)
    assert kind(ideal).complete(store, ideal)
    for unit in ideal.units:
        found = sought.read(store, ideal, unit)
        assert found.image.shape == (28, 28, 1) and found.image.dtype == np.uint8 and found.activation > found.best
    alone = IdealJob(REQUEST, "output", (3,), natural=0.0, steps=40)
    assert sought.read(store, alone, 3).activation == sought.read(store, ideal, 3).activation


def test_what_each_sample_excites_is_that_of_the_activations(store, plain):
    found, own = detected.read(store, REQUEST, "d1"), excited([plain[0]])
    assert np.array_equal(found.excited, own.units) and np.allclose(found.percentile, own.percentile)
    rows = np.arange(300)[:, None]
    assert np.allclose(found.excitation, plain[0][rows, found.excited])


def test_the_values_of_chosen_units_are_kept_as_the_layer_gives_them(store, plain):
    job = ColumnJob(REQUEST, "d1", (17, 3))
    assert not kind(job).complete(store, job)
    columns.columns(job, store)
    assert kind(job).complete(store, job) and kept.read(store, REQUEST, "d1", 4) is None
    for unit in job.units:
        assert np.allclose(kept.read(store, REQUEST, "d1", unit), plain[0][:, unit], atol=1e-5)
    means = ColumnJob(REQUEST, "conv1", (31,))  # counted by channels
    columns.columns(means, store)
    top = detected.read(store, REQUEST, "conv1").top[31]
    assert kept.read(store, REQUEST, "conv1", 31).argmax() == top[0]
    for unit, layer, said in ((128, "d1", "there is no unit 128"), (0, "pool2", "have not been counted yet")):
        with pytest.raises(RequestError, match=said):
            columns.columns(ColumnJob(REQUEST, layer, (unit,)), store)
    with pytest.raises(RequestError, match="Values are kept of 1 to 64 units at once, not of 65"):
        ColumnJob(REQUEST, "d1", tuple(range(65)))


def test_what_cannot_be_counted_is_told_in_a_sentence(store, tmp_path):
    with pytest.raises(RequestError, match="nothing is measured here yet"):
        units.units(UnitsJob(REQUEST, ("d1",)), Store(tmp_path))
    with pytest.raises(RequestError, match="no layer 'd9'"):
        units.units(UnitsJob(REQUEST, ("d9",)), store)
    with pytest.raises(RequestError, match="have not been counted yet"):
        units.ideal(IdealJob(REQUEST, "pool2", (0,)), store)
    with pytest.raises(RequestError, match="10 units, from 0 on; there is no unit 10"):
        units.ideal(IdealJob(REQUEST, "output", (10,)), store)
    one = Request(data=DataSpec(n=40, classes=(3,)))
    list(run(one, ("output",), store, memory=2**29))
    with pytest.raises(RequestError, match="two classes or more"):
        units.units(UnitsJob(one, ("output",)), store)
    with pytest.raises(RequestError, match="of 1 to 64 units"):
        IdealJob(REQUEST, "d1", ())
    assert results.layer(store, REQUEST, "d1") is not None
