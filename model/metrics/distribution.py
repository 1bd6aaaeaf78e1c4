"""Two clouds of windows: how far apart they lie, and how far their own points lie from each other."""

from dataclasses import dataclass

import numpy as np

from model.metrics.body import F64

DIMENSIONS = 16
SPLITS = 20


@dataclass(frozen=True)
class Space:
    """Standardised principal directions of the recorded windows."""

    mean: F64  # [46]
    scale: F64  # [46]
    axes: F64  # [46, D]

    def __call__(self, features: F64) -> F64:
        """[n, 46] -> [n, D]."""
        return ((features - self.mean) / self.scale) @ self.axes


def fit(features: F64, dimensions: int = DIMENSIONS) -> Space:
    """The space of recorded windows [n, 46]."""
    mean, scale = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-6)
    _, _, rows = np.linalg.svd((features - mean) / scale, full_matrices=False)
    return Space(mean, scale, rows[:dimensions].T)


def frechet(a: F64, b: F64) -> float:
    """Frechet distance of two clouds [n, D], each taken for a Gaussian (Heusel et al. 2017)."""
    gap = a.mean(axis=0) - b.mean(axis=0)
    one, other = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = _square_root(one)
    shared = np.trace(_square_root(root @ other @ root))
    return float(gap @ gap + np.trace(one) + np.trace(other) - 2 * shared)


def against_floor(danced: F64, styles: list[str], recorded: F64, takes: list[str], asked: list[str]) -> F64:
    """[SPLITS, 2]: distance of the dancer, and of other recorded takes, from one random half of the recorded takes.

    danced [n, D] with the style of each; recorded [m, D] with the take and the style of each. Both sides have the same
    number of windows of each style, so that the second column is what the first would be for a perfect dancer.
    """
    rng = np.random.default_rng(0)
    names, sources, found = np.array(sorted(set(takes))), np.array(takes), []
    their, ours = np.array(asked), np.array(styles)
    for _ in range(SPLITS):
        half = rng.permutation(names)[: len(names) // 2]
        inside = np.isin(sources, half)
        drawn = [
            rng.choice(np.flatnonzero(ours == style), int((inside & (their == style)).sum()))
            for style in sorted(set(asked))
            if (ours == style).any()
        ]
        sample = danced[np.concatenate(drawn)]
        if len(sample) > 2 and (~inside).sum() > 2 and inside.sum() > 2:
            found.append((frechet(sample, recorded[~inside]), frechet(recorded[inside], recorded[~inside])))
    return np.array(found).reshape(-1, 2)


def between(points: F64, labels: list[str], rng_seed: int = 0, pairs: int = 4_000) -> float:
    """Mean distance of two points [n, D] with different labels, over so many pairs drawn at random."""
    rng, names = np.random.default_rng(rng_seed), np.array(labels)
    a, b = rng.integers(0, len(points), (2, pairs))
    other = names[a] != names[b]
    return float(np.linalg.norm(points[a[other]] - points[b[other]], axis=1).mean()) if other.any() else 0.0


def among(points: F64) -> float:
    """Mean distance of any two of the points [n, D]."""
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)
    return float(apart[np.triu_indices(len(points), 1)].mean()) if len(points) > 1 else 0.0


def _square_root(matrix: F64) -> F64:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
