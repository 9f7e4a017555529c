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


def threshold(n: int, inputs: int = 784, classes: int = 10) -> float:
    """The width at which a network of one hidden layer has a weight for each of n labels of so many classes."""
    return (n * classes - classes) / (inputs + 1 + classes)


def said(job: GeneraliseJob, rows: Sequence[Row]) -> str:
    """In a few sentences."""
    scaled = [row for row in rows if isinstance(row, Scaled)]
    fits = [row for row in rows if isinstance(row, Fit)]
    if min(len(scaled) + len(fits), len(job.tried)) < 3:
        return "Too few sizes are there yet to say anything."
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
    before = [row for row in rows if row.size < job.n]
    top, last = (
        max((row for row in rows if row.size >= 0.5 * job.n), key=lambda row: row.test_error, default=rows[-1]),
        rows[-1],
    )
    least = min(before or rows, key=lambda row: row.test_error)
    found = (
        f"The test error is least before the peak at P = {least.size:,} ({_percent(least)}), highest at P = "
        f"{top.size:,} ({_percent(top)}), and {_percent(last)} at P = {last.size:,}: more features than samples do no "
        "harm, exactly as many do. "
        if top.test_error > max(least.test_error, last.test_error)
        else f"The test error has no peak here: {_percent(top)} at P = {top.size:,}, {_percent(last)} at "
        f"P = {last.size:,}. "
    )
    wild = max(rows, key=lambda row: row.variance)
    return (
        f"{found}At P = {wild.size:,} the variance is {wild.variance:,.3g}, at P = {last.size:,} {last.variance:.2g}. "
        f"{_ids(rows, 'features')}"
    )


def _widths(job: GeneraliseJob, rows: Sequence[Fit]) -> str:
    error = peak(rows, lambda row: row.test_error, lambda row: row.test_error_err)
    variance = peak(rows, lambda row: row.variance, lambda row: row.variance_err)
    first, last = rows[0], rows[-1]
    found = (
        f"The test error has a peak, {_percent(error)} at H = {error.size:,}. "
        if error
        else f"The test error has no peak: it goes from {_percent(first)} at H = {first.size:,} to {_percent(last)} at "
        f"H = {last.size:,}. "
    )
    found += (
        f"The variance has one: {first.variance:.3f} at H = {first.size:,}, {variance.variance:.3f} at H = "
        f"{variance.size:,}, {last.variance:.3f} at H = {last.size:,}. "
        if variance
        else f"Nor does the variance rise and fall: {first.variance:.3f} at H = {first.size:,}, {last.variance:.3f} at "
        f"H = {last.size:,}. "
    )
    return f"With {job.loss} loss: {found}{_ids(rows, 'hidden layer')}"


def _ids(rows: Sequence[Fit], what: str) -> str:
    """Whether the dimension takes part in it."""
    known = [row for row in rows if row.id is not None and row.size >= 30]
    if len(known) < 2:
        return ""
    low, high = min(row.id or 0.0 for row in known), max(row.id or 0.0 for row in known)
    err = max(row.id_err or 0.0 for row in known)
    told = f"The ID of the {what} lies between {low:.1f} and {high:.1f} (± {err:.1f}) from {known[0].size:,} on"
    flat = high - low < 4 * err
    return f"{told}: where the error peaks is variance, not dimension." if flat else f"{told}: it moves with the size."


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
