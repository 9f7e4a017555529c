"""Every way to get a TwoNN ID from points, under one signature: float32 array (n, d) -> (id, convention).

convention: "i/n" or "(i-1)/n", the empirical distribution that the library fits (the reference follows it).
"""

import contextlib
import io
import sys
import types
import warnings
from collections.abc import Callable

import numpy as np
import torch

THREADS = 2


def layerscope(x: np.ndarray) -> float:
    from idcore.estimators.twonn import from_neighbours
    from idcore.geometry.neighbours import neighbours

    return from_neighbours(neighbours(x, 2), 0.1).id


def torchid(x: np.ndarray) -> float:
    import idcore.torchvision_seam  # noqa: F401, I001  it imports torchvision, which a torch for the CPU refuses
    from torchid.estimators import TwoNN

    return float(TwoNN(discard_fraction=0.1).fit(torch.from_numpy(x)).dimension_)


def fastwonn(x: np.ndarray) -> float:
    # torchsort serves the differentiable fit only, which is not used here
    sys.modules.setdefault("torchsort", types.SimpleNamespace(soft_sort=None))  # type: ignore[arg-type]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from fastwonn import twonn_id

        return float(twonn_id(torch.from_numpy(x), 0.9, impl="faisscpu"))


def scikit_dimension(x: np.ndarray) -> float:
    from skdim.id import TwoNN

    return float(TwoNN(discard_fraction=0.1).fit(x).dimension_)


def dadapy(x: np.ndarray) -> float:
    from dadapy import Data

    with contextlib.redirect_stdout(io.StringIO()):
        data = Data(x, maxk=2, n_jobs=THREADS)
        data.compute_distances(maxk=2)
        return float(data.compute_id_2NN(mu_fraction=0.9)[0])


def scikit_learn(x: np.ndarray) -> float:
    from sklearn.neighbors import NearestNeighbors

    from idcore.estimators.twonn import fit

    r = NearestNeighbors(n_neighbors=2, algorithm="brute", n_jobs=THREADS).fit(x).kneighbors()[0].astype(np.float64)
    return fit(r[:, 0], r[:, 1], 0.1).id


PEERS: dict[str, tuple[Callable[[np.ndarray], float], str]] = {
    "Layerscope": (layerscope, "i/n"),
    "torchid": (torchid, "(i-1)/n"),
    "fastwonn (faiss)": (fastwonn, "i/n"),
    "scikit-dimension": (scikit_dimension, "i/n"),
    "DADApy": (dadapy, "i/n"),
    "scikit-learn": (scikit_learn, "i/n"),
}


def reference(x: np.ndarray, convention: str, discard: float = 0.1) -> float:
    """TwoNN ID from float64 brute force: differences of every pair, a block of rows at a time."""
    n, d = x.shape
    y = torch.from_numpy(x).double()
    nearest = []
    for row in range(n):
        squares = torch.zeros(n, dtype=torch.float64)
        for start in range(0, d, 65536):
            part = y[:, start : start + 65536]
            squares += (part - part[row]).square_().sum(1)
        squares[row] = torch.inf
        nearest.append(torch.topk(squares, 2, largest=False).values)
    return _fit(torch.stack(nearest).sqrt().numpy(), convention, discard)


def fast_reference(x: np.ndarray, convention: str, discard: float = 0.1) -> float:
    """The same from centred float64 products, for plain data where differences of every pair would take hours: the
    error of a distance is about 1e-13 relative there."""
    y = torch.from_numpy(x).double()
    y -= y.mean(0)
    squares = y.square().sum(1)
    nearest = []
    for start in range(0, len(y), 1000):
        block = squares[start : start + 1000, None] + squares - 2 * (y[start : start + 1000] @ y.T)
        block[torch.arange(len(block)), torch.arange(start, start + len(block))] = torch.inf
        nearest.append(torch.topk(block, 2, largest=False).values)
    return _fit(torch.cat(nearest).sqrt().numpy(), convention, discard)


def _fit(r: np.ndarray, convention: str, discard: float) -> float:
    mu = np.sort(r[:, 1] / r[:, 0])
    n = len(mu)
    kept = int(n * (1 - discard))
    rank = np.arange(kept) + (1 if convention == "i/n" else 0)
    x, y = np.log(mu[:kept]), -np.log1p(-rank / n)
    return float((x @ y) / (x @ x))
