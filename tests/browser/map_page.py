"""A page with one map of made-up samples, for test_map.py: `?n=...&layers=...&deep&twice&bare`.

Sample i has a place and a thumbnail that only i has, so that a test knows what it must see.
"""

import numpy as np
import streamlit as st

from idcore.figures.theme import class_styles
from idcore.ui.result.map import blob, map_view

query = st.query_params
N, LAYERS = int(query.get("n", 400)), int(query.get("layers", 3))
CLASSES = ["<b>zero</b>", "one", "two", "three"]


def _open(layer: str) -> None:
    st.session_state["opened"] = layer


def layer_positions(layer: int, dims: int) -> np.ndarray:
    """A lattice whose columns are classes; each layer turns it by a quarter."""
    side = int(np.ceil(np.sqrt(N)))
    place = np.arange(N)
    lattice = np.stack([place % side, place // side, (place * 7) % side], axis=1)[:, :dims].astype(float)
    lattice[:, :2] -= lattice[:, :2].mean(axis=0)
    c, s = np.cos(layer * np.pi / 2), np.sin(layer * np.pi / 2)
    lattice[:, :2] = lattice[:, :2] @ np.array([[c, s], [-s, c]])
    return lattice


@st.cache_data
def parts(n: int, layers: int, deep: bool) -> tuple[bytes, bytes, bytes, bytes]:
    places = np.arange(n)
    side = int(np.ceil(np.sqrt(n)))
    labels = places % side * 4 // side
    samples = blob.samples(
        labels, CLASSES, class_styles(4), ids=1000 + places, predictions=np.where(places % 10, labels, 3)
    )
    maps = {
        name: [
            blob.MapLayer(f"layer{i}", layer_positions(i, d), f"Layer {i}", 0.9, 0.5, 0.25 if i else None, units=4096)
            for i in range(layers)
        ]
        for name, d in (("UMAP", 2), ("PCA 3-D", 3))[: 1 + deep]
    }
    numbers = np.tile(places / n, (layers, 1)) + np.arange(layers)[:, None]
    names, words = [f"layer{i}" for i in range(layers)], {"local ID": "A number, in units."}
    values = blob.values(names, {"local ID": numbers}, words)
    colours = np.stack([places % 8 * 36, places // 8 % 8 * 36, places // 64 % 8 * 36], axis=1).astype(np.uint8)
    images = blob.images(np.broadcast_to(colours[:, None, None], (n, 28, 28, 3)))
    return samples, blob.maps(maps), values, images


samples, maps, values, images = parts(N, LAYERS, "deep" in query)
show = st.toggle("Show", value=True, key="show")
if show:
    pictures = None if "bare" in query else images
    parts_shown = {"values": values, "images": pictures, "layer": query.get("layer", "layer0"), "group": "pair"}
    found = map_view(samples, maps, key="test-map", on_open=_open, **parts_shown)
    if "twice" in query:
        map_view(samples, maps, key="other-map", layer="layer0", group="pair")
    st.text(f"opened {st.session_state.get('opened')}")
    st.text(f"layer {found.layer}, sample {found.sample}, {len(found.selection)} selected")
    st.text("places " + " ".join(map(str, found.selection[:50])))
st.text(f"payload {len(samples)} {len(maps)} {len(values)} {len(images)}")
