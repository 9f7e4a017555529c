"""Figures of a training: what they show at each epoch."""

import json

import pytest

from idcore.estimators.summary import LayerSummary
from idcore.figures.epochs import (
    Course,
    against_figure,
    epochs,
    heat_figure,
    hidden_figure,
    learning_figure,
    shown,
)
from idcore.figures.player import curves_figure
from idcore.record import Layer

LAYERS = [Layer(name, i, i / 3, "ReLU", (8,), 8, True) for i, name in enumerate(("input", "d1", "d2", "output"))]


def row(layer, id):
    return LayerSummary(layer.name, layer.order, layer.depth, 8, 100, id, 0.2, 3, 4.0, 10, "" if id else "Constant.")


def course(name, regime, measured, ended=True):
    rows = {epoch: [row(layer, 10 + epoch - layer.order) for layer in LAYERS] for epoch in measured}
    history = [
        {"epoch": epoch, "loss": 1 / epoch, "train_accuracy": 1 - 0.5**epoch, "test_accuracy": 0.9 - 0.5**epoch}
        for epoch in range(1, measured[-1] + 1)
    ]
    return Course(name, regime, LAYERS, rows, history, ended)


TRUE = course("true labels", "trained", (0, 1, 2, 4))
SHUFFLED = course("shuffled labels", "shuffled", (0, 1, 2, 5, 6))
FIGURES = {
    "curves": curves_figure,
    "accuracy": lambda courses: learning_figure(courses, "accuracy"),
    "loss": lambda courses: learning_figure(courses, "loss"),
    "heat": lambda courses: heat_figure(courses[0]),
    "hidden": hidden_figure,
    "against": against_figure,
}


def test_trainings_share_their_epochs_and_one_that_ended_keeps_its_last():
    assert epochs([TRUE, SHUFFLED]) == (0, 1, 2, 4, 5, 6)
    assert [shown(TRUE, epoch) for epoch in (0, 1, 3, 4, 6)] == [0, 1, 2, 4, 4] and shown(SHUFFLED, 4) == 2


def test_the_slider_has_a_frame_for_each_epoch_and_begins_at_the_latest():
    figure = curves_figure([TRUE, SHUFFLED])
    names = [frame.name for frame in figure.frames]
    assert names == ["0", "1", "2", "4", "5", "6"] == [step.label for step in figure.layout.sliders[0].steps]
    assert figure.layout.sliders[0].active == 5
    assert [list(trace.y) for trace in figure.data[2:]] == [[14, 13, 12, 11], [16, 15, 14, 13]]
    for frame in figure.frames:
        assert frame.traces == (2, 3) and len(frame.data) == 2
    assert list(figure.frames[2].data[0].y) == [12, 11, 10, 9] == list(figure.frames[2].data[1].y)


def test_each_epoch_says_how_well_the_networks_do_and_where_one_has_ended():
    figure = curves_figure([TRUE, SHUFFLED])
    first, last = (figure.frames[i].layout.annotations[0].text for i in (0, -1))
    assert "Epoch 0" in first and first.count("before training") == 3
    assert "true labels: train 93.8%, test 83.8%, ended at 4" in last and "shuffled labels: train 98.4%" in last


def test_the_axis_holds_every_curve_so_that_it_stands_still_while_the_epochs_pass():
    figure = curves_figure([SHUFFLED])
    assert figure.layout.yaxis.range[0] == 0 and figure.layout.yaxis.range[1] > 16.2


def test_the_curves_of_accuracy_are_complete_and_say_their_epoch():
    figure = learning_figure([TRUE, SHUFFLED], "accuracy")
    assert [trace.name for trace in figure.data] == [
        "train, true labels", "test, true labels", "train, shuffled labels", "test, shuffled labels",
    ]  # fmt: skip
    assert list(figure.data[2].customdata) == [1, 2, 3, 4, 5, 6] and figure.data[0].line.dash == "solid"


def test_the_heat_map_has_a_line_for_each_epoch_and_a_column_for_each_layer():
    (heat,) = heat_figure(TRUE).data
    assert list(heat.y) == ["0", "1", "2", "4"] and list(heat.x) == ["input", "d1", "d2", "output"]
    assert [list(line) for line in heat.z][1] == [11, 10, 9, 8] and "± 0.20" in heat.hovertext[0][0]


def test_the_last_hidden_layer_is_the_one_before_the_output():
    assert list(hidden_figure([TRUE]).data[0].y) == [8, 9, 10, 12]
    path = against_figure([TRUE]).data[0]
    assert list(path.x) == [0.4, 0.65, pytest.approx(0.8375)] and list(path.y) == [9, 10, 12]
    assert list(path.text) == ["1", "", "4"]


@pytest.mark.parametrize("name", FIGURES)
def test_a_training_that_has_only_begun_a_layer_without_a_number_and_stray_names_can_be_drawn(name):
    strange = [Layer("<b>%{x}", 0, 0.0, "ReLU", (8,), 8, True), LAYERS[1], LAYERS[3]]
    begun = Course("true labels", "trained", strange, {}, ())
    measured = Course("true labels", "trained", strange, {0: [row(one, None if i else 3) for i, one in
                                                              enumerate(strange)]}, ())  # fmt: skip
    for found in (begun, measured):
        text = json.dumps(FIGURES[name]([found]).to_plotly_json(), default=list)
        assert "<b>%{x}" not in text and "NaN" not in text
