"""A judge of style: logistic regression on windows, taught on recorded takes and tested on takes it has not seen."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from model.metrics.body import F64

SECONDS, HOP = 2.0, 1.0  # of the windows it sees
FOLDS = 5
DECAY = 1e-2
STEPS = 60


@dataclass(frozen=True)
class Judge:
    """Knows the styles in order; weights of standardised features."""

    styles: tuple[str, ...]
    mean: F64
    scale: F64
    weight: F64  # [features, S]
    bias: F64  # [S]

    def chances(self, features: F64) -> F64:
        """[n, S] how likely each window [n, features] is of each style."""
        logits = ((features - self.mean) / self.scale) @ self.weight + self.bias
        likely = np.exp(logits - logits.max(axis=1, keepdims=True))
        return likely / likely.sum(axis=1, keepdims=True)

    def right(self, features: F64, asked: list[str]) -> NDArray[np.bool_]:
        """[n] whether the likeliest style of each window is the one that was asked for."""
        return self.chances(features).argmax(axis=1) == [self.styles.index(style) for style in asked]


def teach(features: F64, labels: list[str]) -> Judge:
    """A judge from recorded windows [n, features]; rare styles count as much as common ones."""
    styles = tuple(sorted(set(labels)))
    mean, scale = features.mean(axis=0), np.maximum(features.std(axis=0), 1e-6)
    seen = torch.from_numpy((features - mean) / scale)
    truth = torch.tensor([styles.index(label) for label in labels])
    share = torch.bincount(truth, minlength=len(styles)).double()
    weight = torch.zeros(seen.shape[1], len(styles), dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(len(styles), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        fit = torch.nn.functional.cross_entropy(seen @ weight + bias, truth, weight=share.sum() / share)
        loss = fit + DECAY * (weight**2).sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return Judge(styles, mean, scale, weight.detach().numpy(), bias.detach().numpy())


def held_out(features: F64, labels: list[str], takes: list[str]) -> NDArray[np.bool_]:
    """[n] whether each recorded window is told right by a judge that never saw its take: the ceiling of a dancer."""
    names = sorted(set(takes))
    fold = {name: number % FOLDS for number, name in enumerate(np.random.default_rng(0).permutation(names))}
    folds, right = np.array([fold[take] for take in takes]), np.zeros(len(features), bool)
    for number in range(FOLDS):
        tested = folds == number
        known = [label for label, out in zip(labels, tested, strict=True) if not out]
        judge = teach(features[~tested], known) if known else None
        if judge is None or not tested.any():
            continue
        asked = [label for label, out in zip(labels, tested, strict=True) if out]
        seen = np.array([label in judge.styles for label in asked])
        place = np.flatnonzero(tested)
        right[place[seen]] = judge.right(
            features[place[seen]], [label for label, there in zip(asked, seen, strict=True) if there]
        )
    return right
