"""What the numbers of an experiment say, whatever it is."""

from collections.abc import Callable, Sequence

from idcore.results.generalised import Fit, Row
from idcore.results.lessons import Scaled
from idcore.spec import GeneraliseJob

TITLES = {
    "features": "Errors, bias and variance, and the ID of random features by their number",
    "widths": "Errors, bias and variance, and the ID of the hidden layer by its width",
    "lazy": "Movement of the weights, what stays, ID and error by the scale of the output",
}
_CLEAR = 2.0  # standard errors
_MANY = 50
"""Fewer features have fewer dimensions than the digits."""


def threshold(n: int, inputs: int = 784, classes: int = 10) -> float:
    """The width at which a network of one hidden layer has a weight for each of n labels of so many classes."""
    return (n * classes - classes) / (inputs + 1 + classes)


def said(job: GeneraliseJob, rows: Sequence[Row]) -> str:
    """In a few sentences."""
    scaled = [row for row in rows if isinstance(row, Scaled)]
    fits = [row for row in rows if isinstance(row, Fit)]
    if len(rows) < len(job.tried):
        return "Not all sizes are there yet: what they say together stands here then."
    if len(rows) < 3:
        return "Fewer than three sizes say nothing about a course."
    if scaled:
        return _lazy(scaled)
    return _features(job, fits) if job.experiment == "features" else _widths(job, fits)


def peak(rows: Sequence[Fit], value: Callable[[Fit], float], error: Callable[[Fit], float]) -> Fit | None:
    """The row of the largest value, where it stands above both ends by more than two standard errors; else None."""
    top = max(rows, key=value)
    clear = (
        value(top) - value(end) > _CLEAR * (error(top) ** 2 + error(end) ** 2) ** 0.5 for end in (rows[0], rows[-1])
    )
    return top if top not in (rows[0], rows[-1]) and all(clear) else None


def _features(job: GeneraliseJob, rows: Sequence[Fit]) -> str:
    top, last = max(rows, key=lambda row: row.test_error), rows[-1]
    if peak(rows, lambda row: row.test_error, lambda row: row.test_error_err) is None:
        return f"The test error has no peak within these sizes: {_percent(top)} at P = {top.size:,} is the highest."
    least = min((row for row in rows if row.size < top.size), key=lambda row: row.test_error)
    above = last.test_error - least.test_error > _CLEAR * (last.test_error_err**2 + least.test_error_err**2) ** 0.5
    verdict = "more than before the peak" if above else "no more than before it: far too many do no harm"
    wild = max(rows, key=lambda row: row.variance)
    return (
        f"The test error is {_percent(least)} at P = {least.size:,}, highest at P = {top.size:,} ({_percent(top)}), "
        f"and {_percent(last)} at P = {last.size:,}, {verdict}. The variance is {wild.variance:,.0f} at "
        f"P = {wild.size:,} and {last.variance:.2f} at P = {last.size:,}. {_ids(rows)}"
    )


def _widths(job: GeneraliseJob, rows: Sequence[Fit]) -> str:
    error = peak(rows, lambda row: row.test_error, lambda row: row.test_error_err)
    variance = peak(rows, lambda row: row.variance, lambda row: row.variance_err)
    first, last = rows[0], rows[-1]
    words = (
        f"The test error has a peak, {_percent(error)} at H = {error.size:,}. "
        if error
        else f"The test error has no peak: it goes from {_percent(first)} at H = {first.size:,} to {_percent(last)} at "
        f"H = {last.size:,}. "
    )
    words += (
        f"The variance has one: {first.variance:.3f} at H = {first.size:,}, {variance.variance:.3f} at H = "
        f"{variance.size:,}, {last.variance:.3f} at H = {last.size:,}. "
        if variance
        else f"Nor does the variance rise and fall: {first.variance:.3f} at H = {first.size:,}, {last.variance:.3f} at "
        f"H = {last.size:,}. "
    )
    return f"With {job.loss} loss: {words}{_hidden(rows)}"


def _ids(rows: Sequence[Fit]) -> str:
    """Whether the dimension of the features takes part in it."""
    known = [row for row in rows if row.id is not None and row.size >= _MANY]
    if len(known) < 2:
        return ""
    low, high = min(row.id or 0.0 for row in known), max(row.id or 0.0 for row in known)
    err = max(row.id_err or 0.0 for row in known)
    told = (
        f"The ID of the features lies between {low:.1f} and {high:.1f} (± {err:.1f} each) from P = {known[0].size:,} on"
    )
    flat = high - low < 2 * _CLEAR * err
    return f"{told}: the peak is one of variance, not of dimension." if flat else f"{told}: it moves with their number."


def _hidden(rows: Sequence[Fit]) -> str:
    """What the ID of the hidden layer does while the width grows."""
    known = [row for row in rows if row.id is not None]
    if len(known) < 3:
        return ""
    first, last = known[0], known[-1]
    top = peak(known, lambda row: row.id or 0.0, lambda row: row.id_err or 0.0)
    told = "without a peak" if top is None else f"with a peak of {top.id:.1f} at H = {top.size:,}"
    return (
        f"The ID of the hidden layer goes from {first.id:.1f} ± {first.id_err:.1f} at H = {first.size:,} to "
        f"{last.id:.1f} ± {last.id_err:.1f} at H = {last.size:,}, {told}."
    )


def _lazy(rows: Sequence[Scaled]) -> str:
    rich, lazy = rows[0], rows[-1]
    falls = rich.before - rich.after > _CLEAR * rich.after_err
    stays = abs(lazy.before - lazy.after) < lazy.after_err
    verdict = (
        "Rich training lowers the ID, lazy training leaves it where it was."
        if falls and stays
        else "The two IDs are not told apart by more than their errors."
        if not falls
        else "Both move the ID."
    )
    tests = [row.test_error for row in (rich, lazy)]
    errors = f" Test error {tests[0]:.1%} and {tests[1]:.1%}." if tests[0] is not None and tests[1] is not None else ""
    return (
        f"With α = {rich.alpha:g} the weights move by {rich.movement:.0%} of their size, and the hidden ID goes from "
        f"{rich.before:.1f} to {rich.after:.1f} ± {rich.after_err:.1f}; with α = {lazy.alpha:g} they move by "
        f"{lazy.movement:.2%}, and it is {lazy.after:.1f} ± {lazy.after_err:.1f}. {verdict}{errors} One "
        "network and one data set: that it is so here does not say that it is so for others."
    )


def _percent(row: Fit) -> str:
    return f"{row.test_error:.1%} ± {row.test_error_err:.1%}"
