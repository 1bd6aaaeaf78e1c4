"""A corpus of a few short examples, quick to sequence and to train on."""

from pathlib import Path

from model.ear.corpus import hear
from model.ear.parts import Heard, write_part

SEEDS, SECONDS = (3, 4, 5), 8.0


def toy_corpus(folder: Path) -> list[Heard]:
    """Write it; what it holds."""
    folder.mkdir(parents=True, exist_ok=True)
    examples = [hear(seed, SECONDS) for seed in SEEDS]
    write_part(folder / "part_0_000000.npz", examples)
    return examples
