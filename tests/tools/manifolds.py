"""Clouds of points whose dimension is known, (n, D) float64."""

import numpy as np


def cube(n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((n, d))


def gaussian(n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d))


def sphere(n: int, d: int, seed: int = 0) -> np.ndarray:
    x = gaussian(n, d + 1, seed)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def swiss_roll(n: int, seed: int = 0) -> np.ndarray:
    u = cube(n, 2, seed)
    t = 1.5 * np.pi * (1 + 2 * u[:, 0])
    return np.stack([t * np.cos(t), 21 * u[:, 1], t * np.sin(t)], axis=1)


def line(n: int, seed: int = 0) -> np.ndarray:
    return cube(n, 1, seed) @ np.array([[1.0, -2.0, 0.5]]) + 3.0


def rotation(d: int, seed: int = 0) -> np.ndarray:
    return np.linalg.qr(gaussian(d, d, seed))[0]
