"""Dancers that nobody trained, under the same contract: what a trained one must beat. One line each."""

BASELINES = {
    "loop": "model.baselines.loop:build",
    "matching": "model.baselines.matching:build",
}
