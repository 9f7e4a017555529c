"""benchmarks/results/*.json -> docs/benchmarks.md and docs/benchmarks.svg."""

import json
import platform
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results"
DOCS = HERE.parent / "docs"


def save(name: str, result: Any) -> None:
    """Keep the result of one benchmark, with the machine it was measured on."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps({"machine": machine(), **result}, indent=1))


def machine() -> str:
    import torch

    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    return f"{model}, {torch.get_num_threads()} threads, torch {torch.__version__}, Python {platform.python_version()}"


def write() -> None:
    """docs/benchmarks.md and its figure from the results that are there."""
    results = {path.stem: json.loads(path.read_text()) for path in sorted(RESULTS.glob("*.json"))}
    sections = [_HEAD]
    for name, section in (
        ("layer", _layer),
        ("network", _network),
        ("growth", _growth),
        ("memory", _memory),
        ("coverage", _coverage),
        ("inside", _inside),
    ):
        if name in results:
            sections.append(f"{section(results[name])}\n\nMachine: {results[name]['machine']}.")
    (DOCS / "benchmarks.md").write_text("\n\n".join(sections) + "\n")
    if "growth" in results:
        _figure(results["growth"])


_HEAD = """# Benchmarks

Written by `make bench`. Libraries run side by side in one process, one after another in each round; seconds are medians
over the rounds, their number in brackets; two threads for all. Memory is the peak resident size above that before the
call (the points themselves not counted). The floor is one triangle of the Gram matrix, N^2 D flops, at the highest
float32 product rate seen in the same run. On a GPU: [gpu.md](gpu.md)."""


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _layer(result: dict) -> str:
    rows = result["speed"]
    ours = {(r["n"], r["d"]): r for r in rows if r["library"] == "Layerscope"}
    speed = [
        [
            f"{r['n']} x {r['d']}",
            r["library"],
            _seconds(r),
            f"{r['seconds'] / ours[r['n'], r['d']]['seconds']:.2f}",
            f"{r['seconds'] / r['floor']:.2f}",
            f"{r['peak'] / 1e6:.0f}",
            f"{r['id']:.4f}",
            f"{r['error']:+.1e}",
        ]
        for r in rows
    ]
    errors = [
        [r["kind"], r["library"], r["failure"] or f"{r['id']:.4f}", f"{r['reference']:.4f}", f"{r['error']:+.1e}"]
        for r in result["errors"]
    ]
    n, d = result["errors"][0]["n"], result["errors"][0]["d"]
    return (
        "## One layer: TwoNN\n\n"
        + _table(["N x D", "library", "seconds", "of ours", "of floor", "memory, MB", "ID", "error of ID"], speed)
        + "\n\nThe error is against float64 products of all pairs under the same library's convention (F = i/n or "
        + "(i-1)/n); they differ by up to 5e-12 from one call to the next, and so may the errors.\n\n"
        + f"## The same where unchecked products fail: N = {n}, D = {d}\n\n"
        + "Of the points with an offset some ratios are ties to their rounding; Layerscope leaves them out and "
        + "measures the others from there on (`estimators/ties.py`), the others take them as they are.\n\n"
        + _table(["points", "library", "ID", "brute force", "error of ID"], errors)
    )


def _seconds(row: dict) -> str:
    return row["failure"] or f"{row['seconds']:.3f} ({row['repeats']})"


def _network(result: dict) -> str:
    rows = [
        [r["network"], str(r["n"]), f"{r['forward']:.2f} ({r['repeats']})", f"{r['own']:.2f} ({r['batch']} samples)"]
        + [f"{r['profile']:.2f}", f"{r['profile'] / r['forward']:.2f}", f"{r['profile'] / r['own']:.2f}"]
        + [f"{(r['profile_peak'] - r['forward_peak']) / 1e6:.0f}", r["failure"]]
        for r in result["rows"]
    ]
    head = ["network", "N", "forward by 32, s", "forward by the batches of the profile, s", "profile, s"]
    head += ["of the first", "of the second", "memory above the first, MB", "note"]
    return (
        "## A whole profile against the bare forward pass\n\nAll checkpoint layers: neighbours (k = 64), TwoNN with "
        "bars, blocks, spectrum, five linearised draws. Budget 4 GiB. Batches of a profile are as large as the caches "
        "of a processor are quick with (`activations.batch`).\n\n" + _table(head, rows)
    )


def _growth(result: dict) -> str:
    rows = [
        [str(r["n"]), str(r["d"]), f"{r['neighbours']:.3f}", "-" if r["measure"] is None else f"{r['measure']:.3f}"]
        for r in result["by_n"] + result["by_d"]
    ]
    exponents = result["exponents"]
    return (
        "## Growth\n\n![time against N and D](benchmarks.svg)\n\n"
        f"Neighbours grow as N^{exponents['n']:.2f} and D^{exponents['d']:.2f} over the upper half of the range. "
        + _largest(result["largest"])
        + "\n\n"
        + _table(["N", "D", "neighbours (k = 2), s", "whole measurement (k = 64), s"], rows)
    )


def _largest(row: dict) -> str:
    took = row["failure"] or f"takes {row['seconds']:.0f} s and {row['peak'] / 1e6:.0f} MB above the points"
    return f"The whole measurement of {row['n']:,} points in {row['d']:,} units {took}."


def _memory(result: dict) -> str:
    rows = [
        [r["budget"], f"{r['above'] / 1e6:.0f}", f"{r['ratio']:.2f}", "yes" if r["kept"] else "no", str(r["passes"])]
        for r in result["rows"]
    ]
    head = [
        "budget",
        "peak above the forward pass, MB",
        "of the budget",
        "within 1.25 x + 256 MiB",
        "passes",
    ]
    return (
        f"## The memory budget: VGG-16, N = {result['n']}, {result['size']} x {result['size']}\n\n"
        + _table(head, rows)
        + f"\n\nThe bare forward pass with the same batches takes "
        f"{result['forward_peak'] / 1e6:.0f} MB. The IDs of the two differ by {result['difference']:.1e} at the most."
    )


def _coverage(result: dict) -> str:
    rows = [
        [r["cloud"], str(r["n"]), str(r["draws"]), f"{r['id']:.2f}", f"{r['spread']:.3f}"]
        + [f"{r['bar']:.3f} ({r['scatter'] / r['bar']:.0%})", f"{r['covered']:.1%}"]
        for r in result["rows"]
    ]
    head = ["cloud", "N", "draws", "mean ID", "its spread over draws", "mean bar (scatter)", "95 % interval covers"]
    return (
        "## Bars: how often the 95 % interval of TwoNN holds the mean over draws\n\nBars are one standard error by the "
        "jackknife over points and their neighbours, from the one draw alone; the interval has the quantile of t for "
        "their degrees of freedom. Images are dealt into hands that share none (`benchmarks/coverage.py` says how), as "
        "draws from one pool spread too little. 1000 draws know a coverage of 95 % to 0.7 %, 400 to 1.1 %; the "
        "1000 test images, of which there are two hands at a time, to about 2 %.\n\n" + _table(head, rows)
    )


def _inside(result: dict) -> str:
    rows = [
        [r["what"], f"{r['seconds']:.2f}", *("-" if r[name] is None else f"{r[name]:.2f}" for name in _BESIDE),
         "-" if not r["forward"] else f"{r['seconds'] / r['forward']:.1f}"]
        for r in result["rows"]
    ]  # fmt: skip
    return (
        "## Inside a layer\n\nSeconds of the processor, one thread, each measured once; `target` is what a first "
        "version took on such a machine. The forward pass is of the same network on the same images, without anything "
        "kept.\n\n" + _table(["what", "CPU s", "target", "forward pass", "of the forward pass"], rows)
    )


_BESIDE = ("target", "forward")


def _figure(result: dict) -> None:
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained", sharey=True)
    for axis, rows, against in zip(axes, (result["by_n"], result["by_d"]), ("n", "d"), strict=True):
        for name, marker in (("neighbours", "o"), ("measure", "s")):
            drawn = [r for r in rows if r[name] is not None]
            axis.loglog([r[against] for r in drawn], [r[name] for r in drawn], marker=marker, label=name)
        other = "d" if against == "n" else "n"
        axis.set(xlabel=against.upper(), ylabel="seconds", title=f"{other.upper()} = {rows[0][other]}")
        axis.legend(frameon=False)
    figure.savefig(DOCS / "benchmarks.svg", metadata={"Date": None})
