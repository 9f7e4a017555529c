"""RSA across networks and recordings: which layers agree on which samples are far apart."""

from collections.abc import Mapping, Sequence

import streamlit as st

from idcore import text
from idcore.errors import PointsError
from idcore.estimators.between import ceiling
from idcore.estimators.null import threshold
from idcore.estimators.reliability import Reliability
from idcore.estimators.rsa import PERMUTATIONS, RSA, rsa_matrix, rsa_null
from idcore.figures.heat import heat_figure
from idcore.record import LayerGeometry
from idcore.results import reliable
from idcore.ui.kit import charts, query, state
from idcore.ui.kit.explain import how_to_read
from idcore.ui.result.depth import chance_words

_COLUMNS = ("first_result", "second_result", "first", "second", "rsa", "rsa_err", "rsa_null", "rsa_ceiling", "rsa_n",
            "rsa_pairs")  # fmt: skip
"""As of `layerscope compare`."""


def section(
    key: tuple[str, ...],
    sides: Sequence[Sequence[LayerGeometry]],
    beside: tuple[str, str],
    ceilings: Sequence[Mapping[str, Reliability]],
    notes: Sequence[str],
) -> None:
    """The matrix of the layers of the first against those of the second, the same samples in the same order. ceilings:
    by layer, of each side, where it is of repeats; notes: why there is none although there are repeats."""
    try:
        matrix, chance = _rsa(key, *sides)
    except PointsError as error:
        st.info(query.escaped(str(error)))
        return
    rows, columns = [one.layer.name for one in sides[0]], [one.layer.name for one in sides[1]]
    figure = heat_figure(
        [[cell.value for cell in row] for row in matrix], rows, columns, "RSA",
        lambda i, j: _cell(matrix[i][j], ceiling(ceilings[0].get(rows[i]), ceilings[1].get(columns[j]))),
        beside=beside, chance=chance,
    )  # fmt: skip
    last = matrix[-1][-1]
    charts.draw(figure, "across", alt=f"RSA between the layers of {beside[0]} and {beside[1]}; last layers: "
                f"{last.value:.2f} ± {last.error:.2f}")  # fmt: skip
    st.caption(f"{words(matrix, sides[0][0].n)} {chance_words(chance, PERMUTATIONS)}")
    said = [*_ceiling_words({**ceilings[0], **ceilings[1]}), *notes]
    if said:
        st.caption(query.escaped(" ".join(said)))
    st.download_button("Matrix, CSV", to_csv(matrix, (rows, columns), beside, ceilings, chance),
                       "layerscope-rsa.csv", "text/csv", on_click="ignore", icon=":material/table:")  # fmt: skip
    how_to_read("rsa")


def to_csv(
    matrix: Sequence[Sequence[RSA]],
    layers: tuple[Sequence[str], Sequence[str]],
    beside: tuple[str, str],
    ceilings: Sequence[Mapping[str, Reliability]],
    chance: float,
) -> str:
    """A line for each two layers."""
    lines = [
        (
            *beside,
            a,
            b,
            cell.value,
            cell.error,
            chance,
            ceiling(ceilings[0].get(a), ceilings[1].get(b)),
            cell.n,
            cell.pairs,
        )
        for a, row in zip(layers[0], matrix, strict=True)
        for b, cell in zip(layers[1], row, strict=True)
    ]
    return text.to_csv(_COLUMNS, lines)


def of_layers(measured: state.Measured) -> tuple[dict[str, Reliability], list[str]]:
    """(the reliability of each layer that is a mean of repeats; why others have none)."""
    names = [layer.name for layer in measured.layers]
    reliabilities = {name: reliable.read(state.store(), measured.request, name) for name in names}
    notes = [f"{name}: {why}" for name in names if (why := reliable.note(state.store(), measured.request, name))]
    return {name: one for name, one in reliabilities.items() if one is not None}, notes


def words(matrix: Sequence[Sequence[RSA]], n: int) -> str:
    """Over what it is, and how well it is known."""
    one, most = matrix[0][0], max(cell.error for row in matrix for cell in row)
    part = "" if one.n == n else f" of N = {n:,}, a fixed draw: all of them up to N = 512"
    return (
        f"Spearman's rank correlation of the Euclidean distances over {one.pairs:,} pairs of {one.n:,} samples{part}; "
        f"± {most:.3f} at most (one standard error, over the samples)."
    )


def _cell(cell: RSA, most: float | None) -> str:
    said = f"RSA {cell.value:.3f} ± {cell.error:.3f}"
    return said if most is None else f"{said}<br>noise ceiling {most:.3f}: {cell.value / most:.0%} of it"


def _ceiling_words(reliabilities: Mapping[str, Reliability]) -> list[str]:
    """What the ceilings are, and what they were taken from."""
    known = {name: one for name, one in reliabilities.items() if one.ceiling is not None}
    said = []
    if known:
        one = next(iter(known.values()))
        told = "; ".join(
            f"{name} {each.ceiling:.3f} (halves agree to {each.half:.3f} ± {each.spread:.3f}, {each.repeats} repeats, "
            f"{each.splits} split{'s' * (each.splits > 1)})"
            for name, each in known.items()
        )
        said.append(
            f"Noise ceiling, the root of the split-half reliability h corrected by Spearman-Brown, 2 h / (1 + h): "
            f"{told}; N = {one.n:,}."
        )
    said += [
        f"{name}: two halves of its repeats agree to {one.half:.3f}, no better than chance; it has no noise ceiling."
        for name, one in reliabilities.items()
        if one.ceiling is None
    ]
    return said


@st.cache_resource(max_entries=20, show_spinner="Comparing distances")
def _rsa(
    key: tuple[str, ...], _rows: Sequence[LayerGeometry], _columns: Sequence[LayerGeometry]
) -> tuple[list[list[RSA]], float]:
    return rsa_matrix(_rows, _columns), threshold(rsa_null(_rows, _columns))
