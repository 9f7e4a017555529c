"""Bias and variance of what was learned from several sets of samples.

Yang, Yu, You, Steinhardt, Ma, "Rethinking bias-variance trade-off for generalization of neural networks", ICML 2020:
with the outputs of networks that learned from disjoint sets, the variance is estimated without bias, and what it leaves
of the error is the squared bias. The estimate of the latter may come out below zero where the variance is large.
"""

from torch import Tensor

from idcore.generalise.sets import one_hot
from idcore.results.generalised import Fit


def fitted(size: int, outputs: Tensor, true: Tensor, wrong: Tensor) -> Fit:
    """What became of one size, without an ID. outputs: (s, m, 10), what the network of each of s >= 2 sets says of m
    new samples. true: (m,) int64, their labels. wrong: (s, n) bool, whether a learned label is not given back."""
    outputs = outputs.double()
    s, m, _ = outputs.shape
    errors = (outputs.argmax(-1) != true).double().mean(1)  # (s,)
    total = ((outputs - one_hot(true)) ** 2).sum(-1).mean(0)  # (m,)
    variance = ((outputs - outputs.mean(0)) ** 2).sum(-1).sum(0) / (s - 1)  # (m,)
    bias2 = total - variance
    return Fit(
        size=size,
        train_error=float(wrong.double().mean()),
        test_error=float(errors.mean()),
        test_error_err=float(errors.std() / s**0.5),
        brier=float(total.mean()),
        bias2=float(bias2.mean()),
        bias2_err=float(bias2.std() / m**0.5),
        variance=float(variance.mean()),
        variance_err=float(variance.std() / m**0.5),
        id=None,
        id_err=None,
    )
