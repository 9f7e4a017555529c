"""The tab of units: the table, one unit, its ideal input, and the detector curve along depth."""

import json
from dataclasses import replace

import numpy as np
import pytest

from idcore.results import columns, detected, filters, sought
from idcore.results.filters import Filters
from idcore.results.sought import Sought
from idcore.spec import ColumnJob, IdealJob, NetworkSpec, ProfileJob, Request, UnitsJob, Untrained
from idcore.ui.explore.sprite import beside, enlarged, sprite
from idcore.ui.result.map import blob, parts
from tests.tools.build_record import brute_geometry
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
    patches = np.zeros((3, 2, 3, 3, 1), np.uint8)
    patches[1, 1] = 200
    samples = np.array([[1, 2], [3, 4], [5, 6]])
    known = Filters("conv1", 3, weights, samples, samples.astype(np.float32), patches)
    filters.save(fake.store, request_of(fake), known)
    at = open_app(tab="units", filters="common")
    said = text_of(at)
    assert "3 filters; mid-grey is 0, white and black are plus and minus the largest weight of all" in said
    assert "beside it the 2 patches of N = 1,000 samples that excite it most" in said
    sheet = beside(weights, patches, True, slice(0, 3))
    assert sheet.shape[0] == 2 * 42 and (sheet[20, [20, sheet.shape[1] // 2 + 20], 0] == [159, 0]).all()
    assert sheet[20, sheet.shape[1] // 2 + 2 * 42 + 8 + 20, 0] == 200  # the second patch of the second filter
    filters.save(fake.store, request_of(fake), replace(known, samples=samples[:0], note="One patch is too large."))
    assert "What excites each most is not shown: One patch is too large." in text_of(open_app(tab="units"))


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


def test_the_sample_of_the_address_is_told_with_the_units_that_it_excites(fake):
    at = open_app(tab="units", layer="d1", look="17")
    found = detected.read(fake.store, request_of(fake), "d1")
    table = next(one.value for one in at.dataframe if "percentile" in one.value)
    there = found.excited[17][found.excited[17] >= 0]
    assert table["unit"].tolist() == there.tolist() and len(there) == 7  # one of the eight is dead
    assert np.allclose(table["percentile"], 100 * found.percentile[17, :7])
    assert "the 7 in which this sample stands highest among N = 60" in text_of(at)


def test_the_map_is_coloured_by_a_unit_once_its_values_are_there(fake):
    said = text_of(open_app(tab="map", layer="d1"))
    assert "The units of d1 have not been counted yet: the tab Units counts them." in said
    at = open_app(tab="units", layer="d1", unit="2")
    at.button(key="colour-by-unit").click().run()
    job = ColumnJob(request_of(fake), "d1", (2,))
    assert fake.submitted[-1] == job and not at.exception
    assert at.session_state["tab"] == "map" and at.query_params["colour"] == "unit"
    columns.save(fake.store, job.request, "d1", 2, np.linspace(-1, 2, 60))
    said = text_of(open_app(tab="map", layer="d1", unit="2", colour="unit"))
    assert "unit 2 of d1: from -1 to 2, median 0.5, on N = 60 samples." in said


def test_the_values_of_a_unit_are_numbers_of_its_layer_alone():
    records = [brute_geometry(np.random.default_rng(i).normal(size=(40, 5)), name) for i, name in enumerate("ab")]
    header, arrays = blob.unpack(parts.values(Request(), records, None, "b", ("unit 3 of b", np.arange(40.0))))
    about = next(one for one in header["values"] if one["name"] == "unit")
    codes, book = arrays[f"codes{about['array']}"], arrays[f"book{about['array']}"]
    assert not codes[0].any() and np.allclose(book[1][codes[1]], np.arange(40), atol=0.2)
    waiting = blob.unpack(parts.values(Request(), records, None, "b", ("unit 3 of b", np.full(40, np.nan))))
    assert "unit" in [one["name"] for one in waiting[0]["values"]]
