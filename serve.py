"""The dashboard as `layerscope run` starts it: app.py, drawn at first sight, its files compressed, what the first visit
needs loaded ahead of it, `GET /metrics`.

All below the prefix, where there is one."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from idcore.ui.ahead import ahead
from idcore.ui.compressed import Compressed
from idcore.ui.first_sight import FirstSight


def _metrics(request: Request) -> PlainTextResponse:
    from idcore.ui.kit import state  # what a page keeps needs a server that runs
    from idcore.ui.system import metrics

    return PlainTextResponse(metrics.text(state.jobs(), state.store()), media_type=metrics.FORMAT)


prefix = st.get_option("server.baseUrlPath").strip("/")
around = {
    "routes": [Route(f"/{prefix}/metrics".replace("//", "/"), _metrics)],
    "lifespan": ahead,
    "middleware": [Middleware(FirstSight, prefix=prefix), Middleware(Compressed)],
}
app = st.App(Path(__file__).parent / "app.py", **around)
