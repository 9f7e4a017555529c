def lines(dataset: Dataset) -> tuple[str, ...]:
    """The first few texts of a data set, a line each; none where it is not of texts, or is not here."""
    with contextlib.suppress(DataError):
        return _lines(str(state.store().root), dataset.name) if dataset.texts else ()
    return ()


@st.cache_resource(max_entries=64, show_spinner=False)
def _lines(root: str, name: str) -> tuple[str, ...]:
    found = opened(name, state.store())
    names = found.names[:_LINES] or [""] * _LINES
    return tuple(
        clean(f"{name}: {text}" if name else text, _WIDE)
        for name, text in zip(names, found.texts[:_LINES], strict=False)
    )
