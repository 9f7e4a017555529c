"""The controls of curves: their axes, the estimates, the published curve."""

import streamlit as st

from idcore.figures.curve import CURVES, ESTIMATES
from idcore.ui.kit import address
from idcore.ui.kit.parameters import Parameter, declare

X = declare("x", "the horizontal axis", options=("layer", "depth"))
SCALE = declare("scale", "the vertical axis", options=("linear", "log"))
SHOWN = declare("estimates", default=ESTIMATES, options=CURVES, several=True)
PUBLISHED = declare("published", default="false", options=("true", "false"))


def axes(vertical: Parameter) -> None:
    """The two controls of the axes."""
    address.option("Horizontal axis", X, label_visibility="collapsed")
    address.option("Vertical axis", vertical, label_visibility="collapsed")


def estimates(options: tuple[str, ...], **more: str) -> list[str]:
    """Which estimates are drawn."""
    return address.several("Estimates", SHOWN, options, st.pills, selection_mode="multi", **more)


def published(help: str) -> bool:
    """The switch of the published curve."""
    return address.switch("published", PUBLISHED, help=help)
