"""What Learn says: few words, and no number that is not one of the shipped results, computed here again."""

import re

import numpy as np
import pytest

from idcore import results
from idcore.data.perturb import luminance as light
from idcore.data.source import raw, select
from idcore.estimators import caveats
from idcore.estimators.overlap import label_overlap
from idcore.estimators.regression import spearman
from idcore.estimators.summary import summarise
from idcore.learn import shipped
from idcore.learn.measure import estimated, measure, nearest
from idcore.learn.notes import NOTES
from idcore.learn.quiz import items
from idcore.learn.shipped import EARLY, luminance, moment, network, scaled
from idcore.learn.texts import COUNT, steps
from idcore.spec import DataSpec
from idcore.store import gallery

NUMBER = re.compile(r"(?<![\w.-])\d+(?:,\d{3})*(?:\.\d+)?")
TITLES = [step.title for step in steps()]


@pytest.mark.parametrize("step", steps(), ids=TITLES)
def test_a_step_has_at_most_120_words_and_a_question_with_two_choices(step):
    assert len(" ".join((step.title, step.text, step.question, *step.choices)).split()) <= 120
    assert step.question.endswith(("?", "…")) and len(set(step.choices)) == 2 and step.right in (0, 1)


def test_the_right_choice_is_not_always_the_first():
    assert {step.right for step in steps()} == {item.right for item in items()} == {0, 1}
    assert len(items()) == 5


def test_there_are_twelve_steps_and_notes_for_each_that_fill_a_lecture():
    assert COUNT == len(steps()) == len(set(TITLES)) == len(NOTES) == 12
    assert sum(note.minutes for note in NOTES) == 45


def _ids(name: str) -> dict[str, float | None]:
    return {row.layer: row.id for row in network(name).rows}


def _allowed() -> dict[str, set[str]]:
    """By title, the numbers that its sentences may hold: settings of the measurement, and results."""
    lit, trained, untrained = (_ids(name) for name in ("lit", "trained", "untrained"))
    learned, random = (_ids(f"{regime} photographs") for regime in ("pretrained", "untrained"))
    near = {name: dict(zip(_ids(name), network(name).labels, strict=True)) for name in ("trained", "untrained")}
    rich, lazy = scaled()[0], scaled()[-1]
    input_row = network("trained").rows[0]
    known = [value for value in random.values() if value is not None]
    one = "{:.1f}".format
    return {
        "What is a dimension?": {"90"},
        "How TwoNN works": {"1", "10"},
        "A chain of clouds": {"1,000"},
        "The hump": {"1,000", "2019"},
        "Why it rises": {"1,000", "100", "3", one(luminance()[0.0].id), one(luminance()[1000.0].id),
                         *(one(lit[layer]) for layer in ("pool1", "conv2", "d1")), "3.2", "8.0", "7.4"},
        "Why it falls": {"30", *(f"{100 * near[name][layer]:.0f}" for name, layer in
                                 (("trained", "input"), ("trained", "d1"), ("untrained", "d1"))),
                         one(trained["input"]), one(trained["d1"]), one(untrained["d1"])},
        "Is it the architecture?": {f"{max(learned.values()):.0f}", f"{max(known):.0f}", one(random["pool"]),
                                    one(learned["pool"]), one(untrained["d1"]), one(trained["d1"])},
        "Is it the fitting?": {str(EARLY), *(one(network("shuffled").course[place].id) for place in (0, -1)),
                               one(moment("trained", EARLY).id), one(moment("shuffled", EARLY).id)},
        "Is it just PCA?": {str(input_row.pc_id), *(one(value) for row in (input_row, network("trained").row("d1"))
                                                    for value in (row.id, row.linearised_id))},
        "Lazy and rich": {"256", "1,000", f"{lazy.alpha:g}", f"{rich.alpha:g}", f"{100 * lazy.movement:.1f}",
                          f"{100 * rich.movement:.0f}", f"{100 * lazy.accuracy:.0f}", f"{100 * rich.accuracy:.0f}"},
        "What does it predict?": set(),
        "What you can now explain": set(),
    }  # fmt: skip


@pytest.mark.parametrize("step", steps(), ids=TITLES)
def test_every_number_of_a_sentence_is_one_of_the_shipped_results(step):
    said = set(NUMBER.findall(" ".join((step.text, step.question, *step.choices))))
    assert said <= _allowed()[step.title]


@pytest.mark.parametrize("regime", ["pretrained", "untrained"])
def test_what_is_told_of_the_photographs_is_what_their_records_say(regime):
    run = next(run for run in results.runs(gallery()) if run.request.network.regime == regime)
    found = network(f"{regime} photographs")
    assert tuple(layer.name for layer in found.layers) == tuple(run.checkpoints)
    for layer in ("input", "stage4", "pool"):
        row = summarise(results.layer(gallery(), run.request, layer))
        assert (found.row(layer).id, found.row(layer).pc_id) == pytest.approx((row.id, row.pc_id), rel=1e-9)


@pytest.mark.parametrize("gradient", [0.0, 100.0, 1000.0])
def test_the_input_by_lambda_is_what_plain_distances_give(gradient):
    images, _ = raw("mnist5k")
    ids = select(DataSpec())
    xi = light(len(images), gradient)
    x = images[ids, 0].reshape(len(ids), -1) + xi[ids, None]
    found = measure(x)
    assert found.fit.id == pytest.approx(luminance()[gradient].id, rel=2e-3)
    assert found.pc_id == luminance()[gradient].pc_id


def test_the_neighbours_of_the_input_share_a_class_as_often_as_is_told():
    images, labels = raw("mnist5k")
    ids = select(DataSpec())
    x = images[ids, 0].reshape(len(ids), -1).astype(np.float64)
    table = nearest(x, 30)
    assert label_overlap(table, labels[ids]) == pytest.approx(network("trained").labels[0], abs=1e-3)
    counts = np.bincount(labels[ids])
    assert network("trained").chance == pytest.approx(float((counts * (counts - 1)).sum()) / (1000 * 999))


@pytest.mark.parametrize("regime", ["trained", "untrained", "shuffled"])
def test_the_networks_of_the_start_page_are_those_of_the_steps(regime):
    shown = results.picture(gallery(), "digits")[regime]
    np.testing.assert_allclose(shown[:, 1], [row.id for row in network(regime).rows], rtol=1e-6)


@pytest.mark.parametrize("name", ["trained", "shuffled"])
def test_a_training_that_was_made_again_begins_untrained_and_ends_near_the_shipped_weights(name):
    found = network(name)
    first, last = found.course[0], found.course[-1]
    assert abs(last.id - found.last_hidden.id) < 2 * last.err
    assert first.epoch == 0 and first.id == pytest.approx(network("untrained").last_hidden.id, rel=1e-3)
    assert last.train_accuracy == found.train_accuracy == 1.0
    assert abs(last.test_accuracy - found.test_accuracy) < 0.02
    assert [one.epoch for one in found.course] == sorted({one.epoch for one in found.course})


def test_random_weights_stay_below_3_under_the_brightness_and_know_no_class():
    found = network("lit untrained")
    assert max(row.id for row in found.rows) < 3
    assert max(found.labels) < found.chance + 0.01


def test_early_in_the_training_the_shuffled_network_has_a_lower_id_at_the_accuracy_of_chance():
    early, last = moment("shuffled", EARLY), network("shuffled").course[-1]
    assert early.epoch == EARLY and early.id + 2 * early.err < last.id and abs(early.test_accuracy - 0.1) < 0.04


def test_more_shuffled_labels_leave_a_higher_id():
    found = [shipped.share(share) for share in shipped.SHARES]
    ids, right = [one.last_hidden.id for one in found], [one.test_accuracy for one in found]
    assert len(found) == 5 and ids == sorted(ids) and right == sorted(right, reverse=True)
    assert all(one.train_accuracy == 1.0 for one in found)


def test_rich_training_lowers_the_id_and_lazy_training_leaves_it():
    rows = scaled()
    assert [one.alpha for one in rows] == sorted(one.alpha for one in rows)
    assert rows[0].after + 2 * rows[0].after_err < rows[0].before
    assert abs(rows[-1].after - rows[-1].before) < 0.1
    assert rows[-1].movement < 0.01 < 0.5 < rows[0].movement and min(one.accuracy for one in rows) > 0.95


def test_twonn_reads_low_at_20_by_as_much_as_the_shared_sentence_says():
    off = [round(100 * (1 - estimated("cube", n, (20,))[0] / 20)) for n in (500, 1000, 2000)]
    assert f"{min(off)} to {max(off)}% low" in caveats.BOUND


def test_among_the_small_networks_the_order_tends_the_other_way_as_the_notes_say():
    found = [network(name) for name in ("trained", *(f"mlp {width}" for width in (16, 32, 64, 128, 256)))]
    errors, ids = [1 - one.test_accuracy for one in found], [one.last_hidden.id for one in found]
    assert spearman(np.array(errors), np.array(ids)).value < -0.5
    assert "the other way" in NOTES[10].show


def test_the_digits_in_each_layer_are_those_of_the_measurement_and_their_neighbours_the_nearest():
    chain = shipped.chain()
    images, labels = raw("mnist5k")
    np.testing.assert_array_equal(chain.ids, select(DataSpec()))
    np.testing.assert_array_equal(chain.labels, labels[chain.ids])
    x = images[chain.ids, 0].reshape(1000, -1).astype(np.float64)
    np.testing.assert_array_equal(chain.nearest["input"], nearest(x).indices[:, 0])
    names = [row.layer for row in network("trained").rows]
    for part in (chain.nearest, chain.pca, chain.umap):
        assert set(part) == set(names) and all(np.isfinite(values).all() for values in part.values())
    centred = x - x.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    ours, theirs = chain.pca["input"], centred @ axes[:, :-3:-1]
    signs = np.sign(np.sum(ours * theirs, axis=0))
    np.testing.assert_allclose(ours, signs * theirs, atol=2e-3 * np.abs(theirs).max())
