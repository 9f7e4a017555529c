"""Below the curve of Explore: one tab is drawn, the others cost nothing; above it, what the curve says."""

import json

import pytest

from idcore import results
from idcore.estimators.finding import finding, of_rows
from idcore.estimators.summary import summarise
from idcore.spec import USUAL, EmbedJob, Reading
from idcore.ui.explore import tabs
from idcore.ui.kit import parameters
from tests.tools.pages import NAMES, figures_of, open_app, text_of


def rows(fake, request, reading=USUAL):
    return [summarise(results.layer(fake.store, request, name), reading) for name in NAMES]


def traces(at):
    return [trace["name"] for trace in json.loads(figures_of(at)[0])["data"]]


OF_IMAGES = [tab for tab in tabs.TABS if not tab.texts]


@pytest.mark.parametrize("tab", OF_IMAGES, ids=lambda tab: tab.name)
def test_only_the_open_tab_is_drawn(fake, monkeypatch, tab):
    drawn = []
    counted = tuple(
        tabs.Tab(one.name, one.title, lambda reader, name=one.name: drawn.append(name), one.own) for one in tabs.TABS
    )
    monkeypatch.setattr(tabs, "TABS", counted)
    open_app(tab=tab.name)
    assert drawn == [tab.name]


@pytest.mark.parametrize(("old", "tab"), [({"map": "UMAP"}, "map"), ({"along": "CKA"}, "depth"), ({}, "layer"),
                                          ({"map": "PCA 3-D", "tab": "layer"}, "layer")])  # fmt: skip
def test_an_address_from_before_there_were_tabs_opens_what_it_names(fake, old, tab):
    at = open_app(**old)
    assert at.segmented_control(key="tab").value == tab and "In the address" not in text_of(at)


def test_a_choice_on_a_tab_outlives_a_look_at_another(fake):
    at = open_app(tab="map")
    at.segmented_control(key="map").set_value("PCA 3-D").run()
    at.segmented_control(key="tab").set_value("depth").run()
    at.segmented_control(key="tab").set_value("map").run()
    assert at.segmented_control(key="map").value == "PCA 3-D"


def test_a_closed_map_asks_for_no_umap(fake):
    at = open_app(tab="layer", map="UMAP")
    assert not any(isinstance(job, EmbedJob) for job in fake.submitted)
    at.segmented_control(key="tab").set_value("map").run()
    assert isinstance(fake.submitted[-1], EmbedJob)


@pytest.mark.parametrize("tab", [tab.name for tab in OF_IMAGES])
def test_the_discarded_fraction_counts_whichever_tab_is_open(fake, tab):
    at = open_app(tab=tab, discard="0.25")
    said = finding([of_rows(rows(fake, fake.submitted[0].request, Reading(0.25)))])
    assert said in text_of(at) and "largest 25% of μ discarded" in text_of(at)
    assert at.slider(key="discard").value == 0.25


def test_the_other_regimes_of_the_store_lie_behind_the_curve_and_none_is_computed_for_it(fake):
    assert traces(open_app()) == ["TwoNN ID"]
    untrained = open_app(regime="untrained")
    assert traces(untrained) == ["TwoNN ID", "trained"] and len(fake.submitted) == 2
    at = open_app()
    assert traces(at) == ["TwoNN ID", "untrained"] and len(fake.submitted) == 2
    own, other = (of_rows(rows(fake, job.request), job.request.network.regime) for job in fake.submitted)
    assert finding([own, other]) in text_of(at)


def test_while_it_is_measured_the_progress_stands_where_the_finding_will(fake):
    fake.steps = 2
    at = open_app()
    assert at.progress and "ID falls" not in text_of(at) and "ID stays" not in text_of(at)


def test_the_default_reading_is_twonn_alone_from_zero_and_more_is_a_click_away(fake):
    at = open_app()
    figure = json.loads(figures_of(at)[0])
    assert figure["layout"]["yaxis"]["range"][0] == 0 and "type" not in figure["layout"]["yaxis"]
    at.pills(key="estimates").set_value(["TwoNN", "PC-ID", "D"]).run()
    assert [name.split(",")[0] for name in traces(at)] == ["TwoNN ID", "PC-ID", "D"]


def test_every_tab_has_a_name_for_the_address_of_its_own():
    assert parameters.DECLARED["tab"].options == tuple(tab.name for tab in tabs.TABS)
    assert len({tab.name for tab in tabs.TABS}) == len({tab.title for tab in tabs.TABS}) == len(tabs.TABS)


def test_the_open_tab_outlives_a_rerun_that_lost_the_value_of_its_widget(fake):
    at = open_app(tab="map")
    at.session_state["tab"] = None
    assert at.run().segmented_control(key="tab").value == "map"


def test_nucleation_shows_the_peaks_of_every_layer_and_its_sliders_stand_in_the_address(fake):
    at = open_app(**{"tab": "nucleation", "peaks-k": "12"})
    drawn = [json.loads(figure) for figure in figures_of(at)]
    (by_layer,) = [figure for figure in drawn if figure["data"][0].get("name") == "peaks"]
    assert len(by_layer["data"][0]["y"]) == len(NAMES)
    assert "k = 12 neighbours in its TwoNN ID" in text_of(at) and "N = 60" in text_of(at)
    at.slider(key="peaks-d").set_value(3.0).run()
    assert "in 3 dimensions" in text_of(at)


def test_an_old_link_to_the_sliders_of_nucleation_opens_its_tab(fake):
    assert open_app(**{"peaks-z": "2.0"}).segmented_control(key="tab").value == "nucleation"


def test_second_opinions_are_computed_when_they_are_asked_for(fake):
    at = open_app(tab="layer")
    assert "None of them is the truth" not in text_of(at)
    at.toggle(key="opinions").set_value(True).run()
    assert not at.exception and "None of them is the truth" in text_of(at)


def test_information_imbalance_is_a_view_along_depth_and_says_its_error(fake):
    at = open_app(tab="depth", along="information")
    figure = json.loads(figures_of(at)[-2])  # the last one is the plane
    assert len(figure["data"][0]["z"]) == len(NAMES) and "one standard error" in text_of(at)


def test_the_scales_of_all_layers_are_a_view_along_depth_and_the_curve_follows_the_chosen_one(fake):
    at = open_app(tab="depth", along="scale", rank="8")
    assert "ID estimate at scale r₈ / r₄" in text_of(at) and "A plateau (within 5% over 3 scales or more)" in text_of(
        at
    )
    cells = next(one for one in map(json.loads, figures_of(at)) if one["data"][0]["type"] == "heatmap")
    assert len(cells["data"][0]["z"][0]) == len(NAMES)
    at.selectbox(key="rank").set_value("16").run()
    assert "ID estimate at scale r₁₆ / r₈" in text_of(at) and "16" in at.query_params["rank"]


def test_the_local_dimension_of_classes_is_a_view_along_depth_with_histograms_of_the_chosen_layer(fake):
    at = open_app(tab="depth", along="local", layer="conv1")
    assert "Levina–Bickel from k = 20 neighbours" in text_of(at) and "of N = 60 samples" in text_of(at)
    drawn = [json.loads(figure) for figure in figures_of(at)]
    (by_class,) = [one for one in drawn if one["data"][0].get("name") == "all samples, quartiles"]
    assert len(by_class["data"]) == 11 and len(by_class["data"][1]["x"]) == len(NAMES)


def test_the_overlap_with_the_output_is_told_from_chance(fake):
    at = open_app(tab="depth")
    assert "by chance in 5% of 200 permutations of the samples" in text_of(at)
