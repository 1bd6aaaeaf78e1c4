"""Data sets as command lines name them, and folds of them."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.datasets import synthetic
from model.datasets.reading import folded, read_takes
from model.datasets.take import Take
from motion.skeleton import MotionError

ONE = synthetic.load(Path())[0]


def take(style: str, song: int, part: int, in_time: bool = True) -> Take:
    return replace(
        ONE, name=f"{style}{song}_{part}", style=style, audio=Path(f"{style}{song}.ogg"), in_time=in_time, split="test"
    )


@pytest.mark.parametrize(
    "spec", ["nowhere:x", "synthetic:@polka", "bvh_wav:no/such/folder", "synthetic:#3/2", "synthetic:#0/2"]
)
def test_a_data_set_that_cannot_be_read_is_refused_in_one_line(spec: str) -> None:
    with pytest.raises(MotionError) as refused:
        read_takes([spec])
    assert "\n" not in str(refused.value)


@given(st.dictionaries(st.sampled_from(["waltz", "rumba", "tango"]), st.integers(1, 9), min_size=1), st.integers(2, 5))
def test_every_song_is_held_out_in_one_fold_and_folds_share_each_style_evenly(
    songs: dict[str, int], folds: int
) -> None:
    takes = [take(style, song, part) for style, count in songs.items() for song in range(count) for part in (0, 1)]
    held_out = [[t for t in folded(takes, fold, folds) if t.split == "val"] for fold in range(1, folds + 1)]
    assert sorted(t.name for fold in held_out for t in fold) == sorted(t.name for t in takes)
    for fold in held_out:
        for style, number in songs.items():
            mine = [t.audio for t in fold if t.style == style]
            assert number // folds <= len(set(mine)) <= -(-number // folds)
            assert len(mine) == 2 * len(set(mine)), "both parts of a recording are in one fold"


def test_a_take_that_drifts_away_from_its_song_is_never_held_out() -> None:
    takes = [take("waltz", 0, 0, in_time=False), take("waltz", 1, 0), take("waltz", 2, 0)]
    assert [[t.split for t in folded(takes, fold, 2)] for fold in (1, 2)] == [
        ["train", "val", "train"],
        ["train", "train", "val"],
    ]


def test_a_fold_can_be_asked_for_with_or_without_styles() -> None:
    all_styles = read_takes(["synthetic:#1/2"])
    assert {t.split for t in all_styles} == {"train", "val"}
    style = all_styles[0].style
    assert [t.name for t in read_takes([f"synthetic:@{style}#1/2"])] == [t.name for t in all_styles if t.style == style]
