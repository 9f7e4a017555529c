"""The dialog that makes a figure for print: of the figures on show, with a caption that says what they are of."""

from tests.tools.pages import open_app


def test_the_figures_of_a_page_are_offered_for_print_with_what_they_are_of(fake):
    at = open_app(regime="untrained")
    at.button(key="print").click().run()
    assert not at.exception
    offered = at.selectbox(key="print-figure").options
    assert {"Intrinsic dimension by layer", "Map of input"} & set(offered), offered
    assert not at.warning  # the preview was drawn
    caption = at.text_area(key="print-caption").value
    assert "untrained" in caption and "N = " in caption and "TwoNN" in caption
