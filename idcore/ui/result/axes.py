"""The controls of curves: their axes, the estimates, the published curve."""

import streamlit as st

from idcore.figures.curve import CURVES
from idcore.ui.kit import address
from idcore.ui.kit.parameters import Parameter, declare

X = declare("x", "the horizontal axis", options=("layer", "depth"))
SCALE = declare("scale", "the vertical axis", options=("linear", "log"))
SHOWN = declare("estimates", default=("TwoNN",), options=CURVES, several=True)
PUBLISHED = declare("published", default="false", options=("true", "false"))


def axes(vertical: Parameter, layers: bool = True) -> None:
    """The two controls of the axes. layers: whether there is a choice of the horizontal one; else it is the depth."""
    if layers:
        address.option("Horizontal axis", X, label_visibility="collapsed")
    address.option("Vertical axis", vertical, label_visibility="collapsed")


def estimates(options: tuple[str, ...], default: tuple[str, ...] = SHOWN.default, **more: str) -> list[str]:
    """Which estimates are drawn."""
    return address.several("Estimates", SHOWN, options, st.pills, default=default, selection_mode="multi", **more)


def published(help: str) -> bool:
    """The switch of the published curve."""
    return address.switch("published", PUBLISHED, help=help)
