"""Clouds of points whose dimension is known."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

MOST_DIMENSIONS = 50
LENGTH, WIDTH = 30.0, 15.0
"""Of the sheet that is curled, in its own units."""


@dataclass(frozen=True)
class Shape:
    """A family of clouds. title: as a reader calls it. dimension: the true one, 0 where the reader chooses it.
    make: (random, n, parameter) -> points (n, D) and a number for each point, (n,), that runs along the shape. The
    parameter is the dimension, or how far the sheet is curled; other shapes ignore it."""

    title: str
    dimension: int
    make: Callable[[np.random.Generator, int, float], tuple[np.ndarray, np.ndarray]]


def cloud(
    name: str, n: int, parameter: float = 1.0, noise: float = 0.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """(points (n, D) float64, colours (n,) float64) of a shape of `SHAPES`.

    parameter: as in `Shape.make`. noise: standard deviation of Gaussian noise in each of the D directions, as a share
    of the size of the cloud, the root of its mean squared distance from its centre. The points of a seed are the same
    for every noise and curl."""
    points, colours = SHAPES[name].make(np.random.default_rng([seed, 0]), n, parameter)
    size = np.sqrt(points.var(axis=0).sum())
    return points + noise * size * np.random.default_rng([seed, 1]).normal(size=points.shape), colours


def true_dimension(name: str, parameter: float) -> int:
    """The dimension of a shape without noise."""
    return SHAPES[name].dimension or int(parameter)


def _line(random: np.random.Generator, n: int, _: float) -> tuple[np.ndarray, np.ndarray]:
    t = random.random(n)
    return t[:, None] * np.array([[2.0, 1.0, 0.5]]), t


def _sheet(random: np.random.Generator, n: int, curl: float) -> tuple[np.ndarray, np.ndarray]:
    """A sheet bent along its length, and nowhere stretched: the angle of its tangent grows as the root of the length,
    as on a spiral whose turns keep a distance, and integrating the unit tangent gives the curve."""
    u = random.random((n, 2))
    s = np.linspace(0, 1, 2001)
    angle = curl * 4 * np.pi * np.sqrt(s + 0.06)
    tangents = np.stack([np.cos(angle), np.sin(angle)])
    middles = (tangents[:, 1:] + tangents[:, :-1]) / 2 * (s[1] - s[0])
    curve = LENGTH * np.concatenate([np.zeros((2, 1)), np.cumsum(middles, axis=1)], axis=1)
    x, z = (np.interp(u[:, 0], s, part) for part in curve)
    return np.stack([x, WIDTH * u[:, 1], z], axis=1), u[:, 0]


def _sphere(random: np.random.Generator, n: int, _: float) -> tuple[np.ndarray, np.ndarray]:
    x = random.normal(size=(n, 3))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return x, x[:, 2]


def _torus(random: np.random.Generator, n: int, _: float) -> tuple[np.ndarray, np.ndarray]:
    u, t = random.random((n, 2)).T, np.linspace(0, 2 * np.pi, 1001)
    around = 2 * np.pi * u[0]
    tube = np.interp(u[1], (t + 0.4 * np.sin(t)) / (2 * np.pi), t)  # even in area: more of it on the outer side
    radius = 1 + 0.4 * np.cos(tube)
    return np.stack([radius * np.cos(around), radius * np.sin(around), 0.4 * np.sin(tube)], axis=1), u[0]


def _moebius(random: np.random.Generator, n: int, _: float) -> tuple[np.ndarray, np.ndarray]:
    u = random.random((n, 2))
    around, across = 2 * np.pi * u[:, 0], 0.8 * (u[:, 1] - 0.5)
    radius = 1 + across * np.cos(around / 2)
    points = np.stack([radius * np.cos(around), radius * np.sin(around), across * np.sin(around / 2)], axis=1)
    return points, u[:, 0]


def _helix(random: np.random.Generator, n: int, _: float) -> tuple[np.ndarray, np.ndarray]:
    t = random.random(n)
    return np.stack([np.cos(8 * np.pi * t), np.sin(8 * np.pi * t), 4 * t], axis=1), t


def _tangle(random: np.random.Generator, n: int, _: float) -> tuple[np.ndarray, np.ndarray]:
    """A closed curve that turns 1, 2, ... 25 times in 25 planes of a space of 50 dimensions."""
    t = random.random(n)
    angle = 2 * np.pi * t[:, None] * np.arange(1, 26)
    return np.concatenate([np.cos(angle), np.sin(angle)], axis=1), t


def _cube(random: np.random.Generator, n: int, d: float) -> tuple[np.ndarray, np.ndarray]:
    x = random.random((n, int(d)))
    return x, x[:, 0]


def _gaussian(random: np.random.Generator, n: int, d: float) -> tuple[np.ndarray, np.ndarray]:
    x = random.normal(size=(n, int(d)))
    return x, x[:, 0]


SHAPES = {
    "sheet": Shape("Sheet to curl", 2, _sheet),
    "line": Shape("Line", 1, _line),
    "plane": Shape("Plane", 2, lambda random, n, _: _sheet(random, n, 0.0)),
    "swiss-roll": Shape("Swiss roll", 2, lambda random, n, _: _sheet(random, n, 1.0)),
    "sphere": Shape("Sphere", 2, _sphere),
    "torus": Shape("Torus", 2, _torus),
    "moebius": Shape("Möbius strip", 2, _moebius),
    "helix": Shape("Helix", 1, _helix),
    "tangle": Shape("Curve in 50-D", 1, _tangle),
    "cube": Shape("Hypercube", 0, _cube),
    "gaussian": Shape("Gaussian", 0, _gaussian),
}
