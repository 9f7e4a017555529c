"""A figure for print: SVG, PDF or PNG of an exact size, light, without what the screen alone needs.

Drawn by matplotlib from the same plotly figure that the pages show, so there is one description of each figure. No
browser, no network. Words are paths in SVG and embedded letters in PDF.
"""

import io
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idcore.errors import RequestError
from idcore.figures.printed import layout, marks, panels, traces, words
from idcore.spec import checks

FORMATS = {"svg": "image/svg+xml", "pdf": "application/pdf", "png": "image/png"}
"""By the ending of the file, what a browser calls it."""
SIZES, RESOLUTIONS = (30, 600), (50, 1200)
_PIXELS = 60_000_000
_ONE = threading.Lock()
"""matplotlib is not safe in threads, and its settings are those of the process."""
_SETTINGS: Any = {
    "svg.fonttype": "path",
    "svg.hashsalt": "layerscope",
    "pdf.fonttype": 42,
    "text.parse_math": False,
    "text.usetex": False,
    "axes.unicode_minus": True,
    "font.family": "DejaVu Sans",
    "axes.formatter.useoffset": False,
}


@dataclass(frozen=True)
class Paper:
    """width, height: in millimetres. dpi: pixels per inch, of a PNG and of clouds of very many points within the other
    formats. title: above the figure; caption: below it; "" for none. Raises RequestError."""

    width: float = 160
    height: float = 100
    dpi: int = 300
    title: str = ""
    caption: str = ""

    def __post_init__(self) -> None:
        for name in ("width", "height"):
            value = getattr(self, name)
            checks.is_a(f"The {name}", value, int, float)
            low, high = SIZES
            checks.check(
                low <= value <= high, f"The {name} of a figure must be from {low} to {high} mm, not {value:g}."
            )
        checks.is_a("The resolution", self.dpi, int)
        low, high = RESOLUTIONS
        checks.check(low <= self.dpi <= high, f"The resolution must be from {low} to {high} dpi, not {self.dpi}.")
        pixels = self.width * self.height * (self.dpi / 25.4) ** 2
        checks.check(
            pixels <= _PIXELS,
            f"{self.width:g} x {self.height:g} mm at {self.dpi} dpi are {pixels / 1e6:,.0f} million pixels; at most "
            f"{_PIXELS // 10**6} are drawn. Take a smaller figure or a lower resolution.",
        )


def printed(figure: Any, format: str = "svg", paper: Paper = Paper()) -> bytes:
    """The bytes of a file. figure: a `plotly.graph_objects.Figure` as the functions of `idcore.figures` make it.
    format: of `FORMATS`. The same figure gives the same bytes. Raises RequestError where it is too small for what it
    must hold, or has a part that is not known for print (a cloud in three dimensions)."""
    checks.one_of("The format of a figure", format, tuple(FORMATS))
    with _ONE, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # such a letter is a box, as anywhere
        import matplotlib
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        with matplotlib.rc_context(_SETTINGS):
            drawing = Figure((paper.width / 25.4, paper.height / 25.4), dpi=paper.dpi, facecolor="white")
            FigureCanvasAgg(drawing)
            _draw(drawing, figure, paper)
            file = io.BytesIO()
            about: dict[str, Any] = {"Title": paper.title or "Layerscope", "Creator": "Layerscope"}
            if format == "svg":
                about["Date"] = None
            elif format == "pdf":
                about |= {"CreationDate": None, "ModDate": None}
            else:
                about = {"Title": paper.title or "Layerscope", "Software": "Layerscope"}
            drawing.savefig(file, format=format, dpi=paper.dpi, metadata=about)
    return file.getvalue()


def save(figure: Any, path: str | Path, paper: Paper = Paper()) -> Path:
    """Write a figure to a file; its ending is the format. Raises RequestError."""
    path = Path(path)
    path.write_bytes(printed(figure, format_of(path), paper))
    return path


def save_figure(
    figure: Any,
    path: str | Path,
    *,
    width: float = 160,
    height: float = 100,
    dpi: int = 300,
    title: str = "",
    caption: str = "",
) -> Path:
    """Write a figure for print: SVG, PDF or PNG, as the ending of the path says; returns the path.

    figure: of `Profile.figure()`, or any other figure of Layerscope. width, height: in mm. dpi: pixels per inch of a
    PNG. title: above it. caption: below it. Light, letters as paths (SVG) or embedded (PDF); no browser is needed.
    Raises RequestError where the size is out of its limits or too small for what it must hold.

    >>> import idcore, torch, tempfile
    >>> network = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    >>> profile = idcore.profile(network, torch.randn(60, 6, generator=torch.Generator().manual_seed(0)))
    >>> path = idcore.save_figure(profile.figure(), tempfile.mkdtemp() + "/curve.pdf", title="Mine", width=90)
    >>> path.read_bytes()[:4]
    b'%PDF'
    """
    return save(figure, path, Paper(width, height, dpi, title, caption))


def format_of(path: Path) -> str:
    """The format that the ending of a file says. Raises RequestError."""
    format = path.suffix.removeprefix(".").lower()
    if format not in FORMATS:
        raise RequestError(f"A figure is written as {', '.join(f'.{one}' for one in FORMATS)}, not as {path.name!r}.")
    return format


def _draw(drawing: Any, figure: Any, paper: Paper) -> None:
    by_axes = panels.panels(drawing, figure)
    state: dict[str, Any] = {"barmode": figure.layout.barmode}
    legend: list[tuple[Any, str]] = []
    size = layout.text_size(paper)
    for trace in figure.data:
        if trace.visible in (False, "legendonly"):
            continue
        panel = by_axes[trace.xaxis or "x", trace.yaxis or "y"]
        handle = traces.draw(panel.axes, trace, *panel.places, state)
        if handle is not None:
            legend.append((handle, words.plain(trace.name)))
    legend += marks.shapes(figure, by_axes)
    for panel in by_axes.values():
        panels.scale(panel)
    marks.pictures(figure, by_axes)
    marks.words(figure, by_axes, size)
    shown = figure.layout.showlegend is not False
    layout.arrange(drawing, by_axes, legend if shown else [], state, paper, size)
