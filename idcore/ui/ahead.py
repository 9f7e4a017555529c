"""What the first visitor would otherwise wait for, done as soon as the server is there: workers, pages, a figure."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from idcore.errors import LayerscopeError
from idcore.ui import first_sight


@contextlib.asynccontextmanager
async def ahead(_: Any) -> AsyncIterator[None]:
    """Around the life of a server: in a thread beside it, which ends before the server does."""
    task = asyncio.create_task(asyncio.to_thread(get_ready))
    yield
    await task


def get_ready() -> None:
    """The workers first, since they load for themselves; then all pages, and what draws their figures. Where the app
    was started with a setting that cannot be, its pages say so."""
    from idcore.ui.kit import state

    with contextlib.suppress(LayerscopeError):
        state.jobs()
        from idcore.figures.curve import id_curve
        from idcore.figures.drawing import drawing
        from idcore.ui import app  # noqa: F401
        from idcore.ui.start import figure

        first_sight.drawn()
        run, rows = figure.shown()["pretrained"]
        drawing(id_curve(rows, run.layers, run.request.network.regime))
