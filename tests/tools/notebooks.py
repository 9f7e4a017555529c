"""The notebooks of `examples/`, run as Jupyter runs them, but without it: their cells in order, one after the other.

    python -m tests.tools.notebooks [NAME ...]     writes their outputs again
    python -m tests.tools.notebooks --run FOLDER   runs them, and writes them into a folder

What a cell prints, and what its last line gives, are its outputs: text, the HTML that the object has for a notebook,
and a picture (`_repr_png_`; a figure as `idcore.save_figure` draws it, which any viewer shows). Work in an empty folder
with a store and a data root of its own, so that nothing of the person's is touched.
"""

import ast
import base64
import contextlib
import io
import json
import os
import re
import sys
import tempfile
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
LEARNED = "learned"
"""Tag of a cell whose numbers come from a training or from random weights: another processor gives others."""
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*\.?\d*(?:e[-+]?\d+)?")


def notebooks():
    return sorted(EXAMPLES.glob("*.ipynb"))


def code(notebook):
    """The cells that are run."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def run(notebook):
    """Run all cells and put their outputs in. Raises what a cell raises."""
    names = {"__name__": "__main__"}
    for number, cell in enumerate(code(notebook), start=1):
        cell["outputs"], cell["execution_count"] = _outputs("".join(cell["source"]), number, names), number
    return notebook


def printed(cell):
    """The text of the outputs of a cell."""
    found = []
    for output in cell["outputs"]:
        found.append("".join(output.get("text", ()) or output["data"]["text/plain"]))
    return "".join(found)


def parted(text):
    """(the words, the numbers), digests and the width of columns left out."""
    text = re.sub(r"[0-9a-f]{64}", "DIGEST", text)
    numbers = [float(one.replace(",", "")) for one in _NUMBER.findall(text)]
    return " ".join(_NUMBER.sub("#", text).split()), numbers


def _outputs(source, number, names):
    said, body = io.StringIO(), ast.parse(source).body
    last = ast.Expression(body.pop().value) if body and isinstance(body[-1], ast.Expr) else None
    if source.rstrip().endswith(";"):
        body, last = ast.parse(source).body, None
    with contextlib.redirect_stdout(said):
        exec(compile(ast.Module(body, []), f"<cell {number}>", "exec"), names)
        value = None if last is None else eval(compile(last, f"<cell {number}>", "eval"), names)
        shown = None if value is None else _shown(value)
    found = []
    if said.getvalue():
        found.append({"name": "stdout", "output_type": "stream", "text": _lines(said.getvalue())})
    if shown is not None:
        found.append({"data": shown, "execution_count": number, "metadata": {}, "output_type": "execute_result"})
    return found


def _shown(value):
    html, picture = getattr(value, "_repr_html_", None), getattr(value, "_repr_png_", None)
    found = {}
    if type(value).__module__.startswith("plotly"):
        from idcore.figures.printed import Paper
        from idcore.figures.printed import printed as drawn

        size = {"width": 150, "height": 95, "dpi": 110}
        return {"image/png": _base64(drawn(value, "png", Paper(**size))), "text/plain": ["A plotly figure"]}
    if picture is not None:
        found["image/png"] = _base64(picture())
    elif html is not None:
        found["text/html"] = _lines(html())
    return {**found, "text/plain": _lines(repr(value))}


def _base64(content):
    return base64.b64encode(content).decode()


def _lines(text):
    return text.splitlines(keepends=True)


def main(arguments):
    into = None
    if arguments[:1] == ["--run"]:
        into, arguments = Path(arguments[1]).resolve(), arguments[2:]
    for path in notebooks():
        if arguments and path.stem not in arguments:
            continue
        notebook = json.loads(path.read_text())
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            os.environ |= {f"LAYERSCOPE_{name.upper()}": f"{folder}/{name}" for name in ("cache", "data")}
            Path("data").mkdir()
            run(notebook)
        text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
        (path if into is None else into / path.name).write_text(text)
        print(f"{path.name}: {len(text) / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
