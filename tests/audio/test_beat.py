"""The beat engine: in time, scored by mir_eval against beats that are known; a clock that never runs backward."""

import mir_eval
import numpy as np
import pytest

from audio import beat, features
from audio.config import FRAME, FRAME_RATE, RATE
from audio.demo_styles import STYLES
from model.beat_metrics import f_measure, octave_f_measure
from tests.audio.beat_scores import announced_beats, signed_error
from tests.audio.streams import DATA, F32, groove, music

STEADY = ("disco", "house", "techno", "rock", "reggaeton", "hiphop")  # the beat is played, not implied


def clock_of(samples: F32) -> list[beat.BeatState]:
    """The state after every frame."""
    heard, clock, states = features.init(), beat.init(), []
    for frame in samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME):
        now, heard = features.push(heard, frame)
        clock = beat.push(clock, now)
        states.append(clock)
    return states


@pytest.mark.parametrize("style", STEADY)
@pytest.mark.parametrize("ahead", [0.0, 0.15])
def test_a_plain_groove_is_kept_in_time_now_and_150_ms_ahead(style: str, ahead: float) -> None:
    song = groove(5, style)
    times, _, _ = announced_beats(song.samples, ahead)
    assert octave_f_measure(song.beats, times) >= 0.9
    assert abs(signed_error(song.beats, times)) <= 0.02


def test_the_styles_together_score_no_less_than_they_did() -> None:
    scores = []
    for seed, style in enumerate(STYLES, 1):
        song = groove(seed, style)
        scores.append(f_measure(song.beats, announced_beats(song.samples)[0]))
    assert np.mean(scores) >= 0.8
    assert np.median(scores) >= 0.95


def test_the_demo_song_is_on_the_beat_within_20_ms_after_five_seconds() -> None:
    song = groove(0)
    times, _, _ = announced_beats(song.samples, 0.15)
    assert f_measure(song.beats, times) >= 0.98
    late = times[times > 5.0]
    assert np.max([np.abs(song.beats - time).min() for time in late]) < 0.04
    assert np.median([np.abs(song.beats - time).min() for time in late]) < 0.02


def test_a_recording_is_kept_in_time() -> None:
    reference = np.loadtxt(DATA / "rhodes.beats")[:, 0]
    times, _, _ = announced_beats(music("rhodes.mp3"), 0.15)
    assert f_measure(reference, times) >= 0.9
    assert abs(signed_error(reference, times)) <= 0.025


def test_the_tempo_is_that_of_the_song() -> None:
    song = groove(0)
    states = clock_of(song.samples)[10 * FRAME_RATE :]
    assert np.median([60.0 / state.period for state in states]) == pytest.approx(song.bpm, rel=0.01)


@pytest.mark.parametrize("style", ["disco", "breakbeat", "swing"])
def test_the_clock_never_runs_backward(style: str) -> None:
    beats = [state.beats for state in clock_of(groove(3, style).samples)]
    assert (np.diff(beats) > 0.0).all()


def test_a_steady_lock_moves_at_the_tempo_without_jumps() -> None:
    states = clock_of(groove(0).samples)[8 * FRAME_RATE :]
    advance = np.diff([state.beats for state in states]) * FRAME_RATE * np.array([s.period for s in states[1:]])
    assert 0.6 < advance.min() <= advance.max() < 1.4


def test_a_prediction_holds_when_its_time_has_come() -> None:
    states = clock_of(groove(0).samples)[10 * FRAME_RATE :]
    ahead = 6
    error = [
        (beat.predict(now, ahead / FRAME_RATE).beat_phase - beat.predict(then, 0.0).beat_phase + 0.5) % 1.0 - 0.5
        for now, then in zip(states, states[ahead:], strict=False)
    ]
    assert np.abs(error).max() < 0.12
    assert np.median(np.abs(error)) < 0.02


def test_silence_is_no_music_and_gives_no_confidence_but_the_clock_goes_on() -> None:
    silence = np.zeros(6 * RATE, np.float32)
    states = clock_of(np.concatenate([groove(0).samples[: 12 * RATE], silence]))
    playing, after = beat.predict(states[11 * FRAME_RATE], 0.0), beat.predict(states[-1], 0.0)
    assert playing.music
    assert playing.confidence > 0.7
    assert not after.music
    assert after.confidence < 0.05
    assert after.bpm == pytest.approx(playing.bpm, rel=0.02)
    assert states[-1].beats - states[-FRAME_RATE].beats == pytest.approx(14 / FRAME_RATE / after.period, rel=0.02)


def test_noise_and_held_tones_are_not_called_a_beat() -> None:
    rng = np.random.default_rng(1)
    noise = (0.1 * rng.standard_normal(15 * RATE)).astype(np.float32)
    tone = (0.2 * np.sin(2 * np.pi * 220 * np.arange(15 * RATE) / RATE)).astype(np.float32)
    sure = np.mean([state.confidence for state in clock_of(groove(0).samples)[5 * FRAME_RATE :]])
    for sound in (noise, tone):
        unsure = np.mean([state.confidence for state in clock_of(sound)[5 * FRAME_RATE :]])
        assert unsure < 0.6 * sure


def test_another_song_is_followed_within_six_seconds() -> None:
    first, second = groove(0), groove(12, "techno")
    states = clock_of(np.concatenate([first.samples[: 15 * RATE], second.samples[: 20 * RATE]]))
    later = [60.0 / state.period for state in states[22 * FRAME_RATE :]]
    assert np.median(later) == pytest.approx(second.bpm, rel=0.015)


def test_the_vector_says_what_the_beat_says() -> None:
    state = clock_of(groove(0).samples[: 10 * RATE])[-1]
    now = beat.predict(state, 0.05)
    values = dict(zip(beat.BEAT_NAMES, beat.vector(now).tolist(), strict=True))
    assert np.arctan2(values["beat_sin"], values["beat_cos"]) / (2 * np.pi) % 1 == pytest.approx(
        now.beat_phase, abs=1e-5
    )
    assert np.arctan2(values["bar_sin"], values["bar_cos"]) / (2 * np.pi) % 1 == pytest.approx(now.bar_phase, abs=1e-5)
    assert 120.0 * 2.0 ** values["tempo"] == pytest.approx(now.bpm, rel=1e-5)
    assert values["time_to_beat"] == pytest.approx((1 - now.beat_phase) * now.period, abs=1e-5)
    assert values["confidence"] == pytest.approx(now.confidence, abs=1e-6)
    assert values["music"] == 1.0
    assert now.beat_in_bar == int(now.bar_phase * 4) + 1
    assert beat.vector(now).dtype == np.float32


def test_bad_sound_leaves_the_engine_finite() -> None:
    for sample in (np.nan, np.inf, 1.0, 1e30):
        state = clock_of(np.full(20 * FRAME, sample, np.float32))[-1]
        assert np.isfinite(state.belief).all()
        assert state.belief.sum() == pytest.approx(1.0, abs=1e-4)
        assert np.isfinite(beat.vector(beat.predict(state, 0.1))).all()


def test_the_score_is_that_of_mir_eval_and_the_off_beat_scores_nothing() -> None:
    grid = np.arange(100.0) * 0.5
    doubled = np.arange(199.0) * 0.25
    assert f_measure(grid, grid + 0.05) == mir_eval.beat.f_measure(grid[10:], grid[10:] + 0.05) == 1.0
    assert f_measure(grid, grid + 0.25) == 0.0
    assert octave_f_measure(grid, grid + 0.25) == 0.0
    assert octave_f_measure(grid, doubled) == 1.0
