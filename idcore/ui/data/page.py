"""Data: what is here, and what a person brings along."""

import streamlit as st

from idcore.settings import settings
from idcore.ui.data import uploads
from idcore.ui.kit import address, datasets, export, on_show, passages, query, reading, tables, thumbnails
from idcore.ui.kit.parameters import declare

BRING = declare("bring", options=tuple(uploads.KINDS))


def main() -> None:
    query.show_notices()
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.title("Data", width="content")
        export.on_show_alone()
    with st.container(border=True):
        _bring()
    _uploads()
    with st.container(border=True):
        _here()


def _bring() -> None:
    st.subheader("Bring your own")
    uploads.upload(address.option("What", BRING, label_visibility="collapsed"))


def _uploads() -> None:
    """Those that were read, each with its way to Explore."""
    kept = uploads.kept()
    if not kept:
        return
    with st.container(border=True):
        st.subheader("Uploads" if any(one.is_shared for one in kept) else "Your uploads")
        for one in kept:
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                with st.container(gap=None):
                    st.text(one.name)
                    whose = "" if not one.is_shared else "shared with everybody · "
                    for line in one.lines:
                        st.text(line)
                    st.caption(query.escaped(whose + one.summary), help=query.escaped("\n\n".join(one.notes)) or None)
                with st.container(horizontal=True, width="content"):
                    uploads.explore(one.address, f"explore-{one.digest}-{one.what}")
                    if one.is_mine:
                        st.button("Delete", key=f"delete-{one.digest}-{one.what}", icon=":material/delete:",
                                  type="tertiary", on_click=uploads.delete, args=(one,))  # fmt: skip


def _here() -> None:
    st.subheader("Data sets")
    st.caption(query.escaped(f"Files and folders of images and texts are looked for under {settings().data}."))
    rows = datasets.table()
    seen = thumbnails.strips()
    pictures = {row.name: seen[row.name] for row in rows if row.name in seen}
    on_show.offer("Data sets", [{"data": row.name, **row.columns} for row in rows])
    event = tables.draw(
        [({"Measured": pictures.get(row.name, "")} if pictures else {}) | row.columns for row in rows],
        height="content", key="sets", on_select="rerun", selection_mode="single-row",
        column_config={"Samples": st.column_config.NumberColumn(format="localized"),
                       "Measured": st.column_config.ImageColumn(width=170, help="Six samples.")},
    )  # fmt: skip
    chosen = event["selection"]["rows"]
    if not chosen or chosen[0] >= len(rows):
        st.caption("Choose a row to explore or to fetch it.")
        return
    name = rows[chosen[0]].name
    known = datasets.describe(name)
    for line in passages.lines(known) if known else ():
        st.text(line)
    if datasets.present(name):
        opened = datasets.opened_on(known) if known else {}
        uploads.explore({"data": name, **opened}, "explore-set", primary=True)
    else:
        reading.fetch(name)
