"""The page Generalise, driven without a browser: what ships is there at once, the rest is asked for by a button."""

from idcore.jobs.status import job_key
from idcore.results import generalised
from idcore.results.generalised import Fit
from idcore.spec import GeneraliseJob, ProfileJob
from idcore.ui.generalise import remember, seen
from tests.tools.pages import figures_of, open_app, text_of


def test_double_descent_is_there_at_once_with_its_peak_its_n_and_its_errors(fake):
    at = open_app("generalise")
    assert fake.submitted == [] and len(figures_of(at)) == 1
    said = text_of(at)
    assert "highest at P = 1,000 (88" in said and "variance, not of dimension" in said
    assert "n = 1,000 digits, 20% of their labels permuted, seed 0" in said and "N = 1,000 test digits" in said


def test_other_settings_wait_for_the_button_and_what_is_there_is_drawn_while_the_rest_comes(fake):
    at = open_app("generalise", experiment="widths", digits="100", permuted="40", loss="cross entropy", seed="3")
    job = GeneraliseJob("widths", 100, 0.4, 3, "cross entropy")
    assert fake.submitted == [] and not figures_of(at) and "of one core, all 11 sizes together" in text_of(at)
    at.button(key="run-experiment").click().run()
    assert fake.submitted == [job] and not at.exception
    rows = [Fit(2, 0.5, 0.6, 0.01, 0.8, 0.6, 0.01, 0.2, 0.01, None, None)]
    generalised.save(fake.store, job, rows)
    at.run()
    assert len(figures_of(at)) == 1 and "1 of 11 sizes" in text_of(at) and "Not all sizes are there" in text_of(at)
    at.button(key="cancel-generalise").click().run()
    assert fake.states[job_key(job)].state == "cancelled" and "Cancelled" in text_of(at) or "cancelled" in text_of(at)


def test_lazy_and_rich_is_one_picture_and_a_wrong_address_is_told(fake):
    at = open_app("generalise", experiment="lazy", digits="77")
    assert len(figures_of(at)) == 1 and "Rich training lowers the ID" in text_of(at)
    assert "the number of digits must be one of 100, 250, 500, 1000, not “77”" in text_of(at)


def test_the_maps_begin_with_the_networks_that_ship_and_a_button_trains_the_others(fake):
    at = open_app("generalise", experiment="remember")
    assert len(figures_of(at)) == 2 and "5 of 25 networks are measured. The other 20" in text_of(at)
    at.button(key="run-remember").click().run()
    assert len(fake.submitted) == 20 and all(isinstance(job, ProfileJob) for job in fake.submitted)
    assert remember.cell(0.5, 64) is not None and remember.cell(0.0, 64).test_accuracy > 0.9
    assert "At width 256 and 100% noise" in text_of(at) and not at.exception


def test_the_line_of_as_many_weights_as_labels_lies_where_the_count_says():
    h = seen.threshold(1000)
    assert 784 * h + h + 10 * h + 10 == 10_000 and 12 < h < 13
