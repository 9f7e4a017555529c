"""What a figure draws as numbers: every point, every cell, nothing that is not there."""

import math

import numpy as np
import plotly.graph_objects as go

from idcore.figures.heat import heat_figure
from idcore.figures.values import COLUMNS, values


def test_each_point_of_a_curve_is_a_row_with_its_bars():
    curve = go.Scatter(x=[0.0, 0.5, 1.0], y=np.array([3.0, math.nan, 2.5]), name="<b>cnn</b>, trained",
                       text=["input", "d1", "a &amp; b"], error_y={"array": [0.1, 0.2, 0.3]})  # fmt: skip
    hidden = go.Scatter(x=[0], y=[9], visible="legendonly")
    rows = values(go.Figure([curve, hidden]))
    assert [tuple(row) for row in rows] == [COLUMNS] * 3
    assert tuple(rows[0].values()) == ("cnn, trained", 0.0, 3.0, None, 0.1, 0.1, "input")
    assert rows[1]["y"] is None and rows[2]["label"] == "a & b"


def test_a_cell_that_chance_could_give_is_one_row_and_each_says_which_layers_it_is_of():
    figure = heat_figure([[0.9, 0.05], [0.3, 0.8]], ["a", "b"], ["c", "d"], "CKA", lambda i, j: f"{i}{j}", chance=0.1)
    found = values(figure)
    assert [row["value"] for row in found] == [0.9, 0.05, 0.3, 0.8]
    assert [row["label"] for row in found] == [
        "a and c 00", "a and d 01 no more than chance", "b and c 10", "b and d 11",
    ]  # fmt: skip


def test_each_cell_of_a_matrix_is_a_row_and_a_cell_without_a_number_is_none():
    matrix = go.Heatmap(z=[[1.0, None], [math.nan, 0.25]], x=["a", "b"], y=["c", "d"])
    found = [(row["x"], row["y"], row["value"]) for row in values(go.Figure(matrix))]
    assert found == [("a", "c", 1.0), ("b", "d", 0.25)]
