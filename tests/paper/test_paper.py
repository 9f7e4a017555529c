"""The paper as data, its measurement here, and how the two are compared."""

import csv
import dataclasses
import io

import numpy as np
import pytest

from idcore import spec
from idcore.estimators.summary import LayerSummary
from idcore.networks import catalogue
from idcore.paper import agreement, experiments, needs, published
from idcore.paper.experiments import Options, Part
from idcore.paper.layers import names
from idcore.paper.published import Point, Series
from idcore.paper.reproduced import reproduced
from idcore.paper.table import COLUMNS, to_csv
from idcore.record import Dataset, Layer
from idcore.spec import Pretrained, Recipe, Request, Untrained

FIGURES = {one.number: one for one in published.figures()}
IMAGENET = Dataset("imagenet", "ImageNet", tuple(f"class {i}" for i in range(1000)), None,
                   {"train": 1_281_167, "test": 50_000}, "", {"train": 732, "test": 50})  # fmt: skip
FOLDER = Dataset("folder-pets", "Pets", tuple("abcdefgh"), None, {"all": 800}, "", {"all": 90})
EVERY = Options(experiments.NETWORKS, IMAGENET)
NOTHING = needs.Here(lambda _: False, lambda _: False, lambda _: False)
ALL = needs.Here(lambda _: True, lambda _: True, lambda _: True)


def _plan(*layers: tuple[str, str, tuple[int, ...]]) -> tuple[Layer, ...]:
    last = len(layers) - 1
    return tuple(
        Layer(name, i, i / last, kind, shape, int(np.prod(shape)), True) for i, (name, kind, shape) in enumerate(layers)
    )


ALEXNET = _plan(
    ("input", "Input", (3, 224, 224)),
    *((f"features.{i}", "MaxPool2d", (8, 6, 6)) for i in (2, 5, 12)),
    *((f"classifier.{i}", "ReLU", (4096,)) for i in (2, 5)),
    ("output", "Linear", (1000,)),
)
RESNET = _plan(
    ("input", "Input", (3, 224, 224)),
    ("maxpool", "MaxPool2d", (64, 56, 56)),
    *((f"layer{i}", "Sequential", (64, 7, 7)) for i in (1, 2, 3, 4)),
    ("avgpool", "AdaptiveAvgPool2d", (512, 1, 1)),
    ("output", "Linear", (1000,)),
)


def _row(layer: str, id: float | None, **more) -> LayerSummary:
    base = {"order": 0, "depth": 0.0, "units": 10, "n": 450, "id_err": 0.5, "pc_id": 7, "linearised_id": 90.0}
    return LayerSummary(layer, id=id, dropped=45, note="", **{**base, **more})


def _rows(plan, ids) -> tuple[LayerSummary, ...]:
    return tuple(_row(layer.name, id) for layer, id in zip(plan, ids, strict=True))


def _curve(ids, err: float | None = None, name: str = "curve") -> Series:
    layers = ("input", *(f"layer{i}" for i in range(1, len(ids) - 1)), "output")
    return Series(
        name, tuple(Point(layer, i, float(id), err) for i, (layer, id) in enumerate(zip(layers, ids, strict=True)))
    )


# What was published


def test_every_figure_has_a_short_protocol_and_finite_points():
    assert list(FIGURES) == ["2a", "2b", "3a", "3b", "4", "5b", "5c", "6", "8", "9a", "9b"]
    for one in FIGURES.values():
        assert 10 <= len(one.protocol.split()) <= 60, one.number
        assert one.series and all(series.points for series in one.series)
        values = [(p.x, p.id, p.err or 0.0) for series in one.series for p in series.points]
        assert np.isfinite(values).all() and (np.array(values) >= 0).all()
        assert len({series.name for series in one.series}) == len(one.series)


def test_some_values_are_those_of_the_paper():
    mnist = {one.name: [p.id for p in one.points] for one in FIGURES["6"].series}
    assert mnist["MNIST"] == [13.158, 12.597, 11.865, 9.711, 9.325, 7.808, 6.089]
    assert mnist["MNIST†"][5] == 21.35 and mnist["MNIST*"][0] == 3.009
    last = {p.layer: (p.x, p.id) for p in FIGURES["4"].series[0].points}
    assert last["resnet152"] == (5.94, 12.438) and len(last) == 14


def test_the_source_is_named():
    assert "NeurIPS 2019" in published.source() and "1905.12784" in published.source()


@pytest.mark.parametrize("network", experiments.NETWORKS)
def test_the_curve_of_a_network_runs_from_the_input_to_the_output(network):
    found = published.curve(network)
    assert found.architecture == network in catalogue.ARCHITECTURES
    assert [found.points[0].layer, found.points[-1].layer] == ["input", "output"]
    assert [p.depth for p in found.points] == sorted(p.depth for p in found.points)
    assert (found.points[0].depth, found.points[-1].depth) == (0, 1)
    assert (found.points[2].err is not None) == (network in {one.name for one in FIGURES["3a"].series})


def test_figures_3a_and_3b_show_the_same_curves():
    relative = {one.name: one for one in FIGURES["3b"].series}
    for one in FIGURES["3a"].series:
        ids = [p.id for p in relative[one.name].points]
        assert [p.id for p in one.points] == pytest.approx(ids, abs=0.02)


def test_a_network_that_the_paper_does_not_have_has_no_curve():
    assert published.curve("mlp") is None and published.curve("vit_b_16") is None
    assert published.curve("cnn").points[-1].depth == 1


# Which layer is which


def test_layers_of_alexnet_and_resnet_are_found_by_what_they_are():
    assert [names(ALEXNET)[p.layer] for p in published.curve("alexnet").points] == [layer.name for layer in ALEXNET]
    assert [names(RESNET)[p.layer] for p in published.curve("resnet18").points] == [layer.name for layer in RESNET]


def test_a_layer_that_is_not_there_is_left_out():
    here = names((*ALEXNET[:2], ALEXNET[-1]))
    there = [point.layer for point in published.curve("alexnet").points if point.layer in here]
    assert there == ["input", "pool1", "output"] and names(()) == {}


@pytest.mark.parametrize("network", ["alexnet", "vgg16", "resnet18"])
def test_the_last_hidden_layer_feeds_the_last_linear_layer(network):
    import torch

    from idcore.torchvision_seam import torchvision

    with torch.device("meta"):
        module = getattr(torchvision.models, network)(weights=None)
    modules = dict(module.named_modules())
    last = modules[experiments.last_hidden(network)]
    linear = [m for m in modules.values() if isinstance(m, torch.nn.Linear)]
    if network == "resnet18":
        assert last is module.avgpool and linear == [module.fc]
    else:
        order = list(module.classifier)
        assert order.index(linear[-2]) + 1 == order.index(last) < order.index(linear[-1])


# What is measured


def test_every_request_of_every_figure_can_be_written_and_read():
    for number in experiments.POSSIBLE:
        parts = experiments.parts(number, EVERY)
        assert parts, number
        for request in (request for part in parts for request in part.requests):
            assert spec.from_json(spec.to_json(request)) == request


@pytest.mark.parametrize("number", ["2a", "2b"])
def test_what_cannot_be_had_is_not_measured_and_says_why(number):
    assert experiments.parts(number, EVERY) == ()
    (need,) = needs.needs(number, EVERY, (), ALL)
    assert not need.met and "do not come with the install" in need.how


def test_the_mnist_figure_is_the_three_trainings_of_the_paper():
    parts = {part.series: part.requests[0] for part in experiments.parts("6", Options())}
    assert list(parts) == [one.name for one in FIGURES["6"].series]
    assert parts["MNIST"] == Request()
    assert parts["MNIST†"].network.regime == "shuffled" and parts["MNIST†"].data == parts["MNIST"].data
    star = parts["MNIST*"]
    assert star.data.gradient == star.network.weights.gradient == 1000 and star.network.weights.warmup == 40
    assert {r.data.n for r in parts.values()} == {1000}
    more = experiments.parts("6", Options(sample="all", gradient=100.0))
    assert {part.requests[0].data.n for part in more} == {2000}
    assert more[1].requests[0].network.weights.gradient == 100


def test_the_hunchback_is_seven_categories_of_450_images_of_each_network():
    (alexnet,) = experiments.parts("3a", Options(images=IMAGENET))
    assert [r.data.classes for r in alexnet.requests] == [(i,) for i in (211, 212, 323, 105, 155, 159, 187)]
    assert {(r.data.n, r.data.split) for r in alexnet.requests} == {(450, "train")}
    assert {r.network.weights for r in alexnet.requests} == {Pretrained("IMAGENET1K_V1")}
    assert len(experiments.parts("3b", EVERY)) == 14 and len(experiments.parts("3a", EVERY)) == 4


def test_weights_of_the_paper_are_offered_for_each_of_its_networks():
    for network in experiments.NETWORKS:
        assert catalogue.offer(catalogue.lookup(network), experiments.WEIGHTS).file.startswith(network)


def test_figures_share_what_is_measured():
    single = {r for part in experiments.parts("8", Options(images=IMAGENET)) for r in part.requests}
    assert single == set(experiments.parts("3a", Options(images=IMAGENET))[0].requests)
    assert {part.requests for part in experiments.parts("5c", EVERY)[:2]} == {
        part.requests for part in experiments.parts("5c", EVERY)[2:]
    }


def test_a_folder_with_fewer_images_gives_its_first_classes_and_says_so():
    options = Options(images=FOLDER)
    (part,) = experiments.parts("3a", options)
    assert [r.data.classes for r in part.requests] == [(i,) for i in range(7)]
    assert {(r.data.n, r.data.split) for r in part.requests} == {(90, "all")}
    said = " ".join(needs.differs("3a", options))
    assert "90 images" in said and "not those of the paper" in said
    assert "not those of the paper" not in " ".join(needs.differs("3a", Options(images=IMAGENET)))
    assert experiments.parts("4", options)[0].requests[0].data.n == 800


def test_folders_named_by_wordnet_number_are_the_papers_categories_in_any_order():
    numbers = sorted(number for number, _ in experiments.CATEGORIES.values())
    images = dataclasses.replace(FOLDER, classes=("n00000001", *numbers))
    assert experiments.the_papers(images) and not experiments.the_papers(FOLDER)
    for name, label in experiments.categories(images).items():
        assert images.classes[label] == experiments.CATEGORIES[name][0]


def test_without_images_nothing_is_measured_and_the_page_says_what_to_do():
    assert experiments.parts("3a", Options()) == ()
    found = needs.needs("3a", Options(), (), NOTHING)
    assert not needs.ready(found) and "Data" in found[0].how


def test_training_is_measured_at_its_start_and_after_each_number_of_epochs():
    parts = experiments.parts("9a", Options(epochs=(0, 5)))
    assert [part.series for part in parts] == ["epoch 0", "epoch 5"]
    assert {part.series for part in parts} <= {one.name for one in FIGURES["9a"].series}
    first, later = (part.requests[0].network.weights for part in parts)
    assert isinstance(first, Untrained) and isinstance(later, Recipe) and later.epochs == 5
    assert [part.point for part in experiments.parts("9b", Options(epochs=(0, 5)))] == [("", 0), ("", 1955)]


# What is needed


def test_ticks_follow_what_is_there():
    for number in ("4", "6", "9a"):
        parts = experiments.parts(number, EVERY)
        assert all(need.met for need in needs.needs(number, EVERY, parts, ALL))
        absent = needs.needs(number, EVERY, parts, NOTHING)
        assert not all(need.met for need in absent)
        assert needs.ready(absent) == (number != "9a")  # weights can be got by Run, data sets are read first


def test_the_file_of_missing_weights_is_named():
    found = needs.needs("3a", EVERY, experiments.parts("3a", EVERY), NOTHING)
    assert any("alexnet-owt-7be5be79.pth" in need.what for need in found)


def test_work_counts_each_measurement_once():
    parts = experiments.parts("5c", EVERY)
    assert needs.work(parts, ALL).startswith("14 measurements, 6,300 images")
    assert needs.work((), ALL) == ""
    mnist = experiments.parts("6", Options())
    assert "training" not in needs.work(mnist, ALL) and "First 3 trainings" in needs.work(mnist, NOTHING)


def test_another_lambda_than_the_papers_is_said():
    assert "λ = 1000" in " ".join(needs.differs("6", Options(gradient=1000.0)))
    assert "in units of the brightest pixel" not in " ".join(needs.differs("6", Options(gradient=100.0)))


# What came out


def test_layers_stand_at_the_place_of_the_published_ones():
    part = Part("alexnet", (Request(),))
    found = reproduced(FIGURES["3a"], [part], [[(ALEXNET, _rows(ALEXNET, range(10, 17)))]])
    rows = found["alexnet"]
    assert [row.point.x for row in rows] == [0, 1, 2, 5, 7, 8, 9]
    assert [row.point.id for row in rows] == list(range(10, 17)) and {row.point.err for row in rows} == {0.5}
    assert rows[1].layer == "features.2" and rows[1].point.layer == "pool1"


def test_categories_are_drawn_as_their_mean_with_the_standard_deviation():
    part = Part("alexnet", (Request(), Request()))
    found = [(ALEXNET, _rows(ALEXNET, [ids] * 7)) for ids in (10.0, 14.0)]
    (first, *_) = reproduced(FIGURES["3a"], [part], [found])["alexnet"]
    assert (first.point.id, first.point.err, first.n, first.dropped) == (12, 2, 450, 90)


def test_a_layer_waits_until_all_categories_are_measured():
    part = Part("alexnet", (Request(), Request()))
    found = [(ALEXNET, _rows(ALEXNET, range(7))), (ALEXNET, _rows(ALEXNET, range(7))[:3])]
    assert len(reproduced(FIGURES["3a"], [part], [found])["alexnet"]) == 3
    assert reproduced(FIGURES["3a"], [part], [[((), ()), found[0]]])["alexnet"] == []


def test_a_layer_without_a_number_is_left_out():
    rows = (_row("input", None), *_rows(ALEXNET, range(7))[1:])
    found = reproduced(FIGURES["3a"], [Part("alexnet", (Request(),))], [[(ALEXNET, rows)]])
    assert [row.point.layer for row in found["alexnet"]][0] == "pool1"


def test_points_of_several_measurements_make_one_curve():
    parts = experiments.parts("5b", EVERY)
    found = [[(ALEXNET, (_row(part.layers[0], 18.0),))] for part in parts]
    curves = reproduced(FIGURES["5b"], parts, found)
    assert [row.point.x for row in curves["original"]] == list(experiments.SIZES)
    assert {row.point.id for row in curves["linearised"]} == {90.0}


def test_the_table_holds_published_and_own_points():
    part = Part("alexnet", (Request(),))
    curves = reproduced(FIGURES["3a"], [part], [[(ALEXNET, _rows(ALEXNET, range(10, 17)))]])
    lines = list(csv.DictReader(io.StringIO(to_csv(FIGURES["3a"], curves, 0.1))))
    assert tuple(lines[0]) == COLUMNS
    own = [line for line in lines if line["source"] == "here"]
    assert len(own) == 7 and len(lines) - 7 == sum(len(one.points) for one in FIGURES["3a"].series)
    assert (own[0]["n"], own[0]["discard"], own[0]["layer_here"]) == ("450", "0.1", "input")


# How it agrees


@pytest.mark.parametrize("number", list(FIGURES))
def test_a_curve_agrees_with_itself_entirely(number):
    for series in FIGURES[number].series:
        agrees = agreement.compare(series, series)
        assert agrees.rank == pytest.approx(1) and agrees.difference == agrees.bias == 0
        assert agrees.within in (None, agrees.points)
        assert agrees.peak[0].id == agrees.peak[1].id and agrees.last[0].id == agrees.last[1].id
        assert agreement.sentences(agrees).startswith("The same course")


def test_a_curve_and_its_reverse_do_not_agree():
    found = agreement.compare(_curve([7, 5, 3, 1]), _curve([1, 3, 5, 7]))
    assert found.rank == pytest.approx(-1) and found.difference > 1
    assert agreement.sentences(found).startswith("The opposite course")


def test_a_curve_of_half_the_values_has_the_same_course_and_other_values():
    found = agreement.compare(_curve([1, 4, 2]), _curve([2, 8, 4]))
    assert found.rank == pytest.approx(1) and found.difference == 0.5 and found.bias == -0.5
    text = agreement.sentences(found)
    assert "differ by 50% on average, nearly all lower here" in text and "Both peak at layer1: 8.0" in text


def test_peaks_at_other_layers_are_both_named():
    text = agreement.sentences(agreement.compare(_curve([1, 9, 8, 2]), _curve([1, 7, 9, 2])))
    assert "The peak is at layer2 in the paper (9.0), at layer1 here (9.0)" in text and "course" not in text


def test_a_hump_that_is_not_reproduced_is_said_whatever_the_rank_correlation():
    found = agreement.compare(_curve([9, 8, 7, 6, 1]), _curve([5, 6, 5.5, 4, 1]))
    text = agreement.sentences(found)
    assert found.rank > 0.6 and text.startswith("A similar order of the layers: rank correlation")
    assert "The hump is not reproduced: the peak is at layer1 in the paper (6.0), at the input here (9.0)." in text
    assert "not reproduced" not in agreement.sentences(agreement.compare(_curve([5, 6, 4]), _curve([6, 5, 4])))


def test_error_bars_decide_what_agrees_within_them():
    own, theirs = _curve([10, 11, 12], 0.5), _curve([10.9, 12.1, 12], 0.5)
    assert agreement.compare(own, theirs).within == 2
    assert agreement.compare(own, _curve([10, 11, 12])).within is None


def test_rank_correlation_is_spearmans():
    from scipy.stats import spearmanr

    random = np.random.default_rng(0)
    for _ in range(20):
        a, b = random.integers(0, 6, (2, 15))
        assert agreement.rank_correlation(a, b) == pytest.approx(spearmanr(a, b).statistic)
    assert agreement.rank_correlation(np.ones(4), np.arange(4)) is None


def test_a_level_curve_has_no_course():
    assert "level" in agreement.sentences(agreement.compare(_curve([3, 3, 3]), _curve([1, 2, 3])))


def test_too_few_common_points_are_not_compared():
    assert agreement.compare(_curve([1, 2, 3]), Series("x", (Point("elsewhere", 0, 1.0),))) is None
    assert agreement.compare(Series("x", ()), _curve([1, 2, 3])) is None


def test_points_between_the_published_ones_are_compared_with_the_line_between_them():
    published_line = Series("line", (Point("", 0, 10.0), Point("", 100, 20.0)))
    own = Series("own", (Point("", 50, 15.0), Point("", 75, 17.5), Point("", 500, 99.0)))
    found = agreement.compare(own, published_line)
    assert found.points == 2 and found.difference == 0


def test_networks_are_compared_by_name_and_by_what_their_id_says_about_their_error():
    published_points = FIGURES["4"].series[0]
    own = Series("own", tuple(Point(p.layer, p.x, 30 - p.id) for p in published_points.points[:6]))
    found = agreement.compare(own, published_points)
    assert found.points == 6 and found.rank == pytest.approx(-1)
    mine, theirs = found.trend
    assert mine == pytest.approx(-theirs) and theirs > 0
    assert "Rank correlation with the horizontal axis" in agreement.sentences(found)
