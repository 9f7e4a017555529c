"""The form that makes a figure for print: of the figures on show, with a caption that says what they are of."""

from tests.tools.pages import open_app, with_export


def test_the_figures_of_a_page_are_made_for_print_with_what_they_are_of(fake):
    at = with_export(open_app(regime="untrained"))
    assert "Intrinsic dimension by layer" in at.selectbox(key="print-figure").options
    caption = at.text_area(key="print-caption").value
    assert "untrained" in caption and "N = " in caption and "TwoNN" in caption
    at.button(key="print").click().run()
    assert not at.exception and not at.warning
    (_, (file, preview)) = at.session_state["figure that was made for print"]
    assert file.startswith(b"<?xml") and preview.startswith(b"\x89PNG")


def test_with_another_layer_the_curve_and_the_figures_of_that_layer_are_offered(fake):
    at = with_export(open_app(regime="untrained", layer="d1"))
    assert "Neighbour ratios of d1" in at.selectbox(key="print-figure").options
    at.segmented_control(key="layer").set_value("conv1").run()
    offered = at.selectbox(key="print-figure").options
    assert {"Intrinsic dimension by layer", "Neighbour ratios of conv1", "Spectrum of conv1"} <= set(offered)
    assert not any("d1" in one for one in offered)
