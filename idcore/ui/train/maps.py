"""The map of the last hidden layer, epoch by epoch."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from idcore.estimators.maps import pca_maps, quality
from idcore.figures import epochs, theme
from idcore.record import LayerGeometry
from idcore.results import dynamics
from idcore.results.dynamics import Dynamics
from idcore.ui.kit import state
from idcore.ui.result.map import blob, map_view
from idcore.ui.result.map.blob import MapLayer
from idcore.ui.train import course
from idcore.ui.train.course import Stand


def section(stands: Sequence[Stand], first: int | None) -> list[str]:
    """A map for each training; they share epoch, hover and selection. first: the epoch that is shown to begin with,
    None for the last. Returns their keys."""
    known = epochs.epochs([one.course for one in stands])
    drawn = []
    for column, one in zip(st.columns(len(stands), gap="medium"), stands, strict=True):
        assert one.dynamics is not None
        if not one.dynamics.rows:
            continue
        with column, st.container(border=True, height="stretch"):
            name = one.dynamics.last_hidden
            st.subheader(f"Map of {name}, {course.name(one.job)}")
            content = _maps(dynamics.key(one.job), tuple(sorted(one.dynamics.rows)), known, one.dynamics)
            if content is None:
                st.caption("No map: the layer has no numbers, or the store has let go of its records.")
                continue
            key = f"map-{one.regime}"
            map_view(
                _samples(one.dynamics),
                content,
                key=key,
                layer=_name(known[-1] if first is None else first),
                group="train",
            )
            drawn.append(key)
            st.caption(
                f"Leading principal components of {name} on N = {len(one.dynamics.labels):,} test images, turned onto "
                "those of the measured epoch before. Each epoch is drawn at its own scale."
            )
    return drawn


def _samples(kept: Dynamics) -> bytes:
    names = list(kept.class_names)
    return blob.samples(kept.labels, names, theme.class_styles(len(names)), ids=kept.ids)


def _name(epoch: int) -> str:
    return f"epoch {epoch}"


@st.cache_resource(max_entries=24, show_spinner=False)
def _maps(key: str, measured: tuple[int, ...], known: tuple[int, ...], _kept: Dynamics) -> bytes | None:
    """One map for each of the known epochs; after its last a training stays where it is."""
    layers: dict[int, MapLayer] = {}
    records = {epoch: dynamics.layer(state.store(), _kept.job, epoch, _kept.last_hidden) for epoch in measured}
    there: dict[int, LayerGeometry] = {epoch: record for epoch, record in records.items() if record is not None}
    for (epoch, record), positions in zip(there.items(), pca_maps(there.values()), strict=True):
        trust, kept = quality(record, positions)
        title = f"{_kept.last_hidden} after epoch {epoch}"
        layers[epoch] = MapLayer(_name(epoch), positions, title, trust, kept, note=record.note)
    shown = [replace(layers[max(past)], name=_name(epoch))
             for epoch in known if (past := [other for other in layers if other <= epoch])]  # fmt: skip
    return blob.maps({"PCA": shown}) if any(len(one.positions) for one in shown) else None
