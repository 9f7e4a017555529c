"""Experiments on generalisation: written and read here alone. No torch."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from idcore import spec
from idcore.results.lessons import Scaled
from idcore.spec import GeneraliseJob
from idcore.store import Store

TEST = 1000
"""Digits of the test set that all are judged on."""


@dataclass(frozen=True)
class Fit:
    """What became of one number of features, or one width, on `spec.DISJOINT` sets of digits.

    size: features or hidden units. train_error: share of the learned labels that are not given back, mean over the
    sets; test_error: of the true labels of new digits, test_error_err: standard error of that mean over the sets.
    brier: mean squared distance of the output to the true label as one of ten; it is bias2 + variance, variance of the
    output over the sets. bias2_err, variance_err: standard error over the new digits. id, id_err: TwoNN of the features
    or the hidden layer on the new digits and its standard error (means over the sets, where each has its own); None
    where there is none.
    """

    size: int
    train_error: float
    test_error: float
    test_error_err: float
    brier: float
    bias2: float
    bias2_err: float
    variance: float
    variance_err: float
    id: float | None
    id_err: float | None


Row = Fit | Scaled


def key(job: GeneraliseJob) -> str:
    """Key of all rows of an experiment."""
    return spec.key("generalise", job)


def read(store: Store, job: GeneraliseJob) -> tuple[Row, ...]:
    """The rows that are there so far, sizes rising."""
    meta = store.meta(key(job))
    if meta is None:
        return ()
    kind: type[Row] = Scaled if job.experiment == "lazy" else Fit
    return tuple(kind(**row) for row in meta["rows"])


def save(store: Store, job: GeneraliseJob, rows: Sequence[Row]) -> None:
    """Keep them."""
    meta = {"kind": "generalise", "request": spec.to_json(job), "rows": [dataclasses.asdict(row) for row in rows]}
    store.put(key(job), {}, meta)


def complete(store: Store, job: GeneraliseJob) -> bool:
    """Whether all sizes have been tried."""
    return len(read(store, job)) == len(job.tried)


def size(row: Row) -> float:
    """The size that a row is about."""
    return row.alpha if isinstance(row, Scaled) else row.size


def table(job: GeneraliseJob, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows as they leave the project, with what they were made with."""
    about: dict[str, Any] = {
        "experiment": job.experiment,
        "n": job.n,
        "n_test": TEST,
        "noise": job.noise,
        "seed": job.seed,
    }
    if job.experiment == "lazy":
        return [{**about, **dataclasses.asdict(row)} for row in rows]
    name = {"features": "features", "widths": "width"}[job.experiment]
    about |= {"sets": spec.DISJOINT, **({"loss": job.loss} if job.experiment == "widths" else {})}
    dicts = [dataclasses.asdict(row) for row in rows]
    return [{**about, name: row.pop("size"), **row} for row in dicts]


def seconds(job: GeneraliseJob) -> float:
    """About how long an experiment takes on one core that does nothing else, from the counts of its products."""
    n = job.n
    if job.experiment == "lazy":
        return (3 + 5 * n / 1000) * len(job.tried)
    if job.experiment == "features":
        return spec.DISJOINT * sum(
            5e-10 * min(p, n) ** 3 + n * p * (3136 / 6e10 + 2 * min(p, n) / 3e10) for p in job.tried
        )
    return n / 1000 * sum(16 + 0.12 * width for width in job.tried)
