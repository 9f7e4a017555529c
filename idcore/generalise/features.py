"""Least squares on random features, without a ridge: double descent in closed form.

Belkin, Hsu, Ma, Mandal, "Reconciling modern machine-learning practice and the classical bias-variance trade-off", PNAS
116:15849 (2019). A hidden layer of P random units, relu(x W), is never trained; the output is the least-squares fit of
the labels, and of all fits that are equally good the one of least norm. At P = n it just fits every label.
"""

from dataclasses import replace

import torch
from torch import Tensor

from idcore.generalise.parts import fitted
from idcore.generalise.sets import CLASSES, Sets, dimension, one_hot
from idcore.results.generalised import Fit
from idcore.watch import UNWATCHED, Watch

_ROUNDING = 1e-13
"""Eigenvalues below this share of the largest are rounding: what lies there is left out of the fit."""


def random_features(drawn: Sets, count: int, seed: int, watch: Watch = UNWATCHED) -> Fit:
    """Fit each set on `count` features of its own. Raises Cancelled."""
    outputs, wrong = [], []
    for i, (x, labels) in enumerate(zip(drawn.x, drawn.labels, strict=True)):
        watch.check()
        weights = _weights(x.shape[1], count, seed, i)
        seen, new = (torch.relu(of @ weights).double() for of in (x, drawn.new))
        fit = least_norm(seen, one_hot(labels) - 1 / CLASSES)
        wrong.append((seen @ fit).argmax(1) != labels)
        outputs.append(new @ fit + 1 / CLASSES)
    id, err = dimension(torch.relu(drawn.new @ _weights(drawn.new.shape[1], count, seed, 0)))
    return replace(fitted(count, torch.stack(outputs), drawn.true, torch.stack(wrong)), id=id, id_err=err)


def least_norm(features: Tensor, targets: Tensor) -> Tensor:
    """The w (p, c) of least norm among those that minimise |features w - targets|; features (n, p), targets (n, c),
    float64. From the smaller of the two Gram matrices."""
    n, p = features.shape
    if p <= n:
        return _inverse(features.T @ features, features.T @ targets)
    return features.T @ _inverse(features @ features.T, targets)


def _inverse(gram: Tensor, of: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(gram)
    kept = values > _ROUNDING * values[-1].clamp_min(torch.finfo(values.dtype).tiny)
    scales = torch.where(kept, 1 / values.where(kept, torch.ones_like(values)), torch.zeros_like(values))
    inverse: Tensor = vectors @ (scales[:, None] * (vectors.T @ of))
    return inverse


def _weights(inputs: int, count: int, seed: int, stream: int) -> Tensor:
    random = torch.Generator().manual_seed(seed * 1000 + stream)
    return torch.randn(inputs, count, generator=random).mul_((2 / inputs) ** 0.5)
