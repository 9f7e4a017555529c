"""The tab of units: the table, one unit, its ideal input, and the detector curve along depth."""

import json
from dataclasses import replace

import numpy as np
import pytest

from idcore.results import detected, filters, sought
from idcore.results.filters import Filters
from idcore.results.sought import Sought
from idcore.spec import IdealJob, NetworkSpec, ProfileJob, UnitsJob, Untrained
from idcore.ui.explore.sprite import enlarged, sprite
from tests.tools.pages import NAMES, figures_of, open_app, text_of


def request_of(fake):
    return fake.submitted[0].request


def test_the_units_of_all_layers_are_counted_when_the_tab_is_opened_and_not_before(fake):
    at = open_app()
    assert not any(isinstance(job, UnitsJob) for job in fake.submitted)
    at.segmented_control(key="tab").set_value("units").run()
    assert fake.submitted[-1] == UnitsJob(request_of(fake), NAMES)


def test_the_best_detector_comes_first_and_the_dead_last_each_with_chance_beside_it(fake):
    at = open_app(tab="units", layer="output")
    found = detected.read(fake.store, request_of(fake), "output")
    table = at.dataframe[0].value
    live = ~found.dead
    assert table["unit"].iloc[0] == np.flatnonzero(live)[found.auc[live, 0].argmax()]
    assert table["dead"].tolist() == [""] * 7 + ["dead"] and table["unit"].iloc[-1] == 3
    assert table["AUC"].iloc[0] == pytest.approx(found.auc[live, 0].max())
    said = text_of(at)
    assert "N = 60. A unit that knows nothing has an AUC of 0.5 ±" in said and "by chance" in said
    assert at.selectbox(key="unit").value == str(table["unit"].iloc[0])
    assert any("other classes" in figure for figure in figures_of(at))


def test_a_unit_stands_in_the_address_and_one_that_is_not_there_is_told(fake):
    at = open_app(tab="units", layer="d1", unit="3")
    assert at.selectbox(key="unit").value == "3" and "it detects nothing" in text_of(at)
    at = open_app(tab="units", layer="d1", unit="99")
    assert "In the address, the unit must be one of" in text_of(at) and "99" in text_of(at)


def test_an_ideal_input_is_sought_when_it_is_asked_for_and_shown_with_its_ratio(fake):
    at = open_app(tab="units", layer="d1", unit="2", natural="0")
    job = IdealJob(request_of(fake), "d1", (2,), 0.0)
    assert job not in fake.submitted
    at.button(key="seek").click().run()
    assert fake.submitted[-1] == job and any(button.key == "cancel-ideal" for button in at.button)
    sought.save(fake.store, job, 2, Sought(np.zeros((8, 8, 1), np.uint8), 6.0, 4.0))
    at.run()
    assert "It excites the unit to 6, 1.50 times the best of the samples (4)." in text_of(at)
    assert "Unconstrained: more than any sample" in text_of(at) and not at.exception


def test_the_filters_of_the_first_layer_are_one_picture_on_their_own_or_a_common_scale(fake):
    weights = np.stack([np.full((1, 3, 3), 0.5), np.full((1, 3, 3), -2.0), np.zeros((1, 3, 3))]).astype(np.float32)
    own, common = sprite(weights, False), sprite(weights, True)
    middle = own.shape[0] // 2
    assert [own[middle, own.shape[1] // 3 * i + middle, 0] for i in range(3)] == [255, 0, 128]
    assert [common[middle, own.shape[1] // 3 * i + middle, 0] for i in range(3)] == [159, 0, 128]
    assert enlarged(np.zeros((7, 7, 1), np.uint8), 28).shape == (28, 28, 3)
    open_app()
    filters.save(fake.store, request_of(fake), Filters("conv1", 3, weights))
    at = open_app(tab="units", filters="common")
    assert "3 filters; mid-grey is 0, white and black are plus and minus the largest weight of all" in text_of(at)


def test_the_detector_curve_is_drawn_along_depth_with_its_null(fake):
    at = open_app(tab="depth", along="detectors")
    assert isinstance(fake.submitted[-1], UnitsJob)
    curve = next(json.loads(figure) for figure in figures_of(at) if "labels permuted" in figure)
    assert [trace["name"] for trace in curve["data"]] == ["best unit of each class", "labels permuted"]
    other = replace(request_of(fake), network=NetworkSpec(weights=Untrained()))
    fake.submit(ProfileJob(other))
    fake.submit(UnitsJob(other, NAMES))
    at = open_app(tab="depth", along="detectors")
    curve = next(json.loads(figure) for figure in figures_of(at) if "labels permuted" in figure)
    assert [trace["name"] for trace in curve["data"]][2:] == ["untrained"] and "Thin: the network untrained" in text_of(
        at
    )
    assert "chosen on one half of N = " in text_of(at) and "permuted labels" in text_of(at)
