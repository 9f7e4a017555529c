"""The table under the curves: where each network's ID peaks, where it ends, and how well the network does."""

from collections.abc import Mapping

import streamlit as st

from idcore import text
from idcore.estimators.summary import LayerSummary
from idcore.identity import identity
from idcore.record import Layer
from idcore.ui.compare.choosing import Member
from idcore.ui.kit import on_show, state, tables, words

COLUMNS = (
    *("Network", "Regime", "N", "Train accuracy", "Test accuracy", "Peak ID", "Peak at", "Peak depth"),
    *("Last hidden ID", "SE of last hidden ID", "Last hidden layer", "Final ID"),
)
_CURVE = "ID by layer"


def last_hidden(one: state.Measured) -> LayerSummary | None:
    """The row of the last checkpoint layer before the output, None where it is not shown, or has no ID yet."""
    before = [layer.name for layer in _in_order(one)[:-1] if layer.checkpoint]
    return _row(one, before[-1]) if before else None


def _in_order(one: state.Measured) -> list[Layer]:
    """All layers of the network, whichever are shown."""
    return sorted(one.run.layers if one.run else (), key=lambda layer: layer.order)


def _row(one: state.Measured, name: str) -> LayerSummary | None:
    return next((row for row in one.rows if row.layer == name and row.id is not None), None)


def lines(by_member: Mapping[Member, state.Measured]) -> list[dict[str, str | float | None]]:
    """A line a network, numbers as numbers, None where there is none yet."""
    return [_line(member, one) for member, one in by_member.items()]


def _line(member: Member, one: state.Measured) -> dict[str, str | float | None]:
    rows = [row for row in one.rows if row.id is not None]
    peak = max(rows, key=lambda row: row.id or 0.0, default=None)
    hidden = last_hidden(one)
    final = _row(one, every[-1].name) if (every := _in_order(one)) else None
    values = (
        *(member.name, member.request.network.told, member.request.data.n),
        *(_percent(one.run.train_accuracy if one.run else None), _percent(one.run.test_accuracy if one.run else None)),
        *((peak.id, peak.layer, peak.depth) if peak else (None, None, None)),
        *((hidden.id, hidden.id_err, hidden.layer) if hidden else (None, None, None)),
        final.id if final else None,
    )
    return dict(zip(COLUMNS, values, strict=True))


def draw(by_member: Mapping[Member, state.Measured]) -> None:
    """Sortable by a click on a column's head; each line has its curve, from the input to the output."""
    plain = st.column_config.NumberColumn
    curves = [[row.id for row in one.rows if row.id is not None] for one in by_member.values()]
    kept = [{**line, **identity(m.request)} for m, line in zip(by_member, lines(by_member), strict=True)]
    on_show.offer("Networks", kept)
    tables.draw(
        [{**line, _CURVE: curve} for line, curve in zip(lines(by_member), curves, strict=True)],
        column_order=[COLUMNS[0], _CURVE, *COLUMNS[1:]],
        placeholder="–",
        column_config={
            "Network": st.column_config.TextColumn(width="medium", pinned=True),
            "Train accuracy": plain(format="%.1f %%"),
            "Test accuracy": plain(format="%.1f %%"),
            "N": plain(format="localized"),
            **{name: plain(format="%.2f") for name in COLUMNS if name.endswith(("ID", "depth"))},
            "SE of last hidden ID": plain("± SE", format="± %.2f"),
            _CURVE: st.column_config.LineChartColumn(width="small", y_min=0, help="The ID from input to output."),
        },
    )


def to_csv(by_member: Mapping[Member, state.Measured]) -> str:
    """The table, one line a network, with what was shown to it."""
    rows = zip(by_member, lines(by_member), strict=True)
    return text.to_csv(
        (*COLUMNS, "Samples"), ((*line.values(), words.sample_words(member.request)) for member, line in rows)
    )


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
