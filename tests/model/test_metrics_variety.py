"""Measures of distributions, style, novelty, pairing and control, on clouds and dances whose answer is known."""

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

from model.evaluation import variety
from model.evaluation.truth import Cloud, Truth
from model.metrics import distribution, novelty, pairing, response, statistics, style, windows
from tests.model.bodies import FPS, HANDS, SECONDS, lively, still

RNG = np.random.default_rng(0)


def test_the_frechet_distance_is_that_of_the_textbook() -> None:
    a, b = RNG.normal(size=(500, 6)), RNG.normal(size=(400, 6)) @ RNG.normal(size=(6, 6)) + 0.5
    one, other = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    gap = a.mean(axis=0) - b.mean(axis=0)
    expected = gap @ gap + np.trace(one + other - 2 * scipy.linalg.sqrtm(one @ other).real)
    assert distribution.frechet(a, b) == pytest.approx(float(expected), rel=1e-6)
    assert distribution.frechet(a, a) == pytest.approx(0.0, abs=1e-6)
    assert distribution.frechet(a, a + np.array([3.0, 0, 0, 0, 0, 0])) == pytest.approx(9.0, rel=1e-6)


def clouds(shift: float) -> np.ndarray:
    """Distances of a cloud that is moved by `shift`, and of the recorded ones: 20 takes in two styles."""
    takes = [f"take {i // 20}" for i in range(400)]
    asked = ["calm" if i < 200 else "wild" for i in range(400)]
    recorded = RNG.normal(size=(400, 4)) + 2.0 * (np.array(asked) == "wild")[:, None]
    styles = ["calm"] * 100 + ["wild"] * 700
    danced = RNG.normal(size=(800, 4)) + 2.0 * (np.array(styles) == "wild")[:, None]
    danced[:, 0] += shift
    return distribution.against_floor(danced, styles, recorded, takes, asked)


def test_a_perfect_dancer_lies_at_the_floor_whatever_the_mix_of_its_styles() -> None:
    own, floor = clouds(0.0).T
    assert abs(float((own - floor).mean())) < 0.15
    own, floor = clouds(2.0).T
    assert float((own - floor).mean()) == pytest.approx(4.0, abs=0.6)


def test_the_space_keeps_what_varies() -> None:
    features = RNG.normal(size=(300, 20)) * np.linspace(1, 50, 20) + 7.0
    space = distribution.fit(features, 20)
    whole = ((features - features.mean(axis=0)) / features.std(axis=0)) ** 2
    np.testing.assert_allclose((space(features) ** 2).sum(axis=1), whole.sum(axis=1), rtol=1e-9)


def test_distances_between_and_among_points_are_means_of_pairs() -> None:
    points = np.array([[0.0], [3.0], [4.0]])
    assert distribution.among(points) == pytest.approx((3 + 4 + 1) / 3)
    assert distribution.among(points[:1]) == 0.0
    assert distribution.between(points, ["a", "b", "b"]) == pytest.approx(3.5, abs=0.05)
    assert distribution.between(points, ["a", "a", "a"]) == 0.0


def test_a_replayed_clip_is_found_wherever_it_is_danced_and_a_new_one_is_as_far_as_it_is_moved() -> None:
    dance = lively(60.0)
    recorded = novelty.clips(dance, 60.0, 0.2)
    assert novelty.nearest(novelty.clips(dance, 60.0, 2.0), recorded).max() < 1e-3
    other = dance.copy()
    other[:, HANDS[0], 1] += 0.5  # one of 22 joints
    far = novelty.nearest(novelty.clips(other, 60.0, 2.0), recorded)
    assert far.max() <= 0.5 / np.sqrt(22) + 1e-3
    assert far.min() > 0.8 * 0.5 / np.sqrt(22)
    last = np.zeros((len(far), len(recorded)), bool)
    last[:, -1] = True
    apart = np.linalg.norm(novelty.clips(dance, 60.0, 2.0) - recorded[-1], axis=-1)
    alone = novelty.nearest(novelty.clips(dance, 60.0, 2.0), recorded, last)
    np.testing.assert_allclose(alone, np.sqrt((apart**2).mean(axis=(1, 2))), atol=1e-3)


def test_every_window_has_its_named_numbers_and_its_middle() -> None:
    found = windows.features(lively(), FPS, 4.0, 2.0)
    assert found.shape == (8, len(windows.NAMES))
    assert len(set(windows.NAMES)) == len(windows.NAMES)
    np.testing.assert_allclose(windows.middles(int(SECONDS * FPS), FPS, 4.0, 2.0), np.arange(8) * 2.0 + 2.0)
    assert len(windows.features(still()[:20], FPS)) == 0
    hips = windows.features(still(), FPS)[:, windows.NAMES.index("height of hips")]
    np.testing.assert_allclose(hips, 0.95)


def test_a_judge_tells_styles_apart_on_takes_it_never_saw_and_noise_at_chance() -> None:
    labels, takes = ["a", "b", "b"] * 60, [f"take {i // 6}" for i in range(180)]
    told = RNG.normal(size=(180, 5)) + 4.0 * (np.array(labels) == "b")[:, None]
    assert style.held_out(told, labels, takes).mean() > 0.97
    judge = style.teach(told, labels)
    assert judge.right(told, labels).mean() > 0.97
    np.testing.assert_allclose(judge.chances(told).sum(axis=1), 1.0)
    noise = RNG.normal(size=(180, 5))
    right = style.held_out(noise, labels, takes)
    balanced = np.mean([right[np.array(labels) == name].mean() for name in "ab"])
    assert balanced == pytest.approx(0.5, abs=0.12)


def test_the_mean_is_one_of_songs_and_its_bounds_hold_the_truth() -> None:
    groups = ["one"] * 9 + ["two"]
    assert statistics.mean_of([1.0] * 9 + [3.0], groups).value == 2.0
    held = 0
    for trial in range(100):
        rng = np.random.default_rng(trial)
        songs = np.repeat(rng.normal(size=25), 4) + 0.1 * rng.normal(size=100)
        found = statistics.mean_of(songs, [str(i // 4) for i in range(100)])
        held += found.low <= 0.0 <= found.high
    assert held >= 88


def test_signs_of_whole_songs_are_what_chance_is_measured_by() -> None:
    songs = [str(i // 10) for i in range(120)]
    assert statistics.above_zero(np.ones(120), songs) < 0.002
    few = [str(i // 60) for i in range(120)]  # two songs prove nothing, however long they are
    assert statistics.above_zero(np.ones(120), few) > 0.2
    mixed = np.repeat([1.0, -1.0] * 6, 10)
    assert statistics.above_zero(mixed, songs) > 0.3


def test_a_deaf_dancer_wins_half_and_a_hearing_one_all() -> None:
    songs = [str(i // 5) for i in range(100)]
    right = RNG.random(100)
    assert pairing.compare(right, right, songs).win.value == 0.5
    heard = pairing.compare(right + 1.0, right, songs)
    assert heard.win.value == 1.0
    assert heard.margin.value == pytest.approx(1.0)
    assert heard.p < 0.001
    assert pairing.song_wins(right + 1.0, right, songs) == 1.0


@given(st.floats(60, 200), st.sampled_from([0.5, 1.0, 2.0]), st.floats(-0.06, 0.06))
def test_the_same_tempo_its_half_and_its_double_are_no_wrong_music(bpm: float, times: float, off: float) -> None:
    assert not pairing.clear_of(bpm, bpm * times * (1 + off))
    assert pairing.clear_of(bpm, bpm * 1.2)
    assert pairing.clear_of(bpm, bpm * 0.8)


def test_obedience_is_the_order_that_was_asked_for() -> None:
    asked = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    assert response.rank_correlation(asked, asked**3) == pytest.approx(1.0)
    assert response.rank_correlation(asked, -asked) == pytest.approx(-1.0)
    assert response.rank_correlation(asked, np.ones(5)) == 0.0


def test_a_change_has_shown_once_it_stays_for_a_second() -> None:
    shown = np.zeros(60, bool)
    shown[5:9] = True  # a flicker
    shown[30:] = True
    assert response.settled(shown, 15.0) == pytest.approx(2.0)
    assert response.settled(np.zeros(60, bool), 15.0) == np.inf


def test_a_style_danced_to_one_song_alone_says_nothing_about_diversity_between_songs() -> None:
    def windows(songs: str, styles: str) -> Cloud:
        points = np.random.default_rng(5).normal(size=(len(songs), 3))
        return Cloud(points, list(songs), list(styles), [0] * len(songs), list(range(len(songs))))

    recorded = windows("aabbccdd" * 8, "wwwwrrrr" * 8)
    truth = cast(Truth, SimpleNamespace(space=lambda features: features, cloud=recorded))
    waltzes = variety._diversity(windows("xxyy" * 8, "wwww" * 8), truth)["diversity, of recorded"].value
    assert waltzes == pytest.approx(1.0, abs=0.2)
    with_a_rumba = windows("xxyyz" * 8, "wwwwr" * 8)
    assert variety._diversity(with_a_rumba, truth)["diversity, of recorded"].value > 0.8
    assert "diversity, of recorded" not in variety._diversity(windows("z" * 8, "r" * 8), truth)
