"""What the ear is trained on: answers that lie exactly at the beats, and streams that go on from chunk to chunk."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from audio.activation import FASTEST_BIN, SHOWN_AFTER_HOPS, SLOWEST_BIN, TEMPO_BINS
from audio.config import FRAME_RATE, HOP_RATE, AudioError
from model.ear import parts, streams
from model.ear.network import EarNetwork
from model.ear.parts import Heard
from model.ear.streams import Pace, Streams, answers, drawn_pace, played
from tests.model.toy_ear import toy_corpus

FRAMES = 20 * FRAME_RATE


def example(beats: list[float], positions: list[int] | None = None, frames: int = FRAMES) -> Heard:
    """Music throughout; in each frame another of the 40 bands sounds, so that it can be told which frame it is."""
    log_mel = np.zeros((frames, 4, 40), np.float16)
    log_mel[np.arange(frames), :, np.arange(frames) % 40] = 1.0
    places = np.array(positions or np.arange(len(beats)) % 4 + 1, np.int64)
    return Heard(log_mel, np.array(beats, float), places, np.ones(frames, bool), "song")


@given(st.lists(st.floats(0.25, 1.1), min_size=2, max_size=16), st.floats(0.1, 1.0))
def test_each_beat_is_shown_where_the_hop_ends_two_hops_after_it_and_nowhere_else(
    gaps: list[float], first: float
) -> None:
    beats = first + np.concatenate([[0.0], np.cumsum(gaps)])
    told = answers(example(beats.tolist()))
    ends = (np.arange(4 * FRAMES) + 1) / HOP_RATE
    away = np.abs(ends[:, None] - SHOWN_AFTER_HOPS / HOP_RATE - beats) * HOP_RATE  # hops
    np.testing.assert_allclose(told.beat.ravel(), np.maximum(0.0, 1.0 - away.min(axis=1) / 1.5), atol=1e-6)
    np.testing.assert_allclose(told.downbeat.ravel(), np.maximum(0.0, 1.0 - away[:, ::4].min(axis=1) / 1.5), atol=1e-6)


@given(st.floats(52.0, 215.0), st.floats(0.8, 1.2))
def test_the_tempo_is_that_of_the_interval_that_a_frame_lies_in(bpm: float, change: float) -> None:
    periods = [60.0 / bpm] * 8 + [60.0 / float(np.clip(bpm * change, 52.0, 215.0))] * 8
    beats = 0.5 + np.concatenate([[0.0], np.cumsum(periods)])
    told = answers(example(beats.tolist())).tempo
    heard = SLOWEST_BIN * (FASTEST_BIN / SLOWEST_BIN) ** (told / (TEMPO_BINS - 1))
    for number, (start, end) in enumerate(pairwise(beats)):
        inside = np.arange(np.ceil(start * FRAME_RATE), np.floor(end * FRAME_RATE) - 1, dtype=int)
        inside = inside[inside < FRAMES]
        np.testing.assert_allclose(heard[inside], 60.0 / periods[number], rtol=1e-6)
    assert (told[int((beats[-1] + 2.1) * FRAME_RATE) :] == -1.0).all()


def test_where_there_is_no_music_there_is_no_beat_and_no_tempo() -> None:
    heard = example(np.arange(0.5, 19.0, 0.5).tolist())
    heard.music[8 * FRAME_RATE : 12 * FRAME_RATE] = False
    told = answers(heard)
    assert told.beat[8 * FRAME_RATE + 2 : 12 * FRAME_RATE].max() == 0.0
    assert (told.tempo[8 * FRAME_RATE : 12 * FRAME_RATE] == -1.0).all()
    assert told.beat[: 8 * FRAME_RATE].max() > 0.6
    nothing = answers(example([]))
    assert nothing.beat.max() == 0.0
    assert (nothing.tempo == -1.0).all()


def bands(log_mel: torch.Tensor) -> np.ndarray:
    """Which band sounds, of the first stream's frames."""
    return log_mel[0].numpy()[::4].argmax(axis=1)


def test_a_stream_goes_on_from_chunk_to_chunk_until_its_example_is_over() -> None:
    heard = example(np.arange(0.4, 19.9, 0.5).tolist())
    drawn_from = Streams([heard], batch=1, frames=25, seed=3)
    start, told = drawn_from.places[0], answers(heard)
    for number in range((FRAMES - start) // 25):
        chunk = drawn_from.draw()
        here = slice(start + 25 * number, start + 25 * (number + 1))
        np.testing.assert_array_equal(bands(chunk.log_mel), np.arange(FRAMES)[here] % 40)
        np.testing.assert_array_equal(chunk.beat[0], told.beat[here])
        np.testing.assert_array_equal(chunk.downbeat[0], told.downbeat[here])


def test_where_an_example_ends_another_begins_and_its_answers_with_it() -> None:
    slow, fast = (
        example(np.arange(0.4, 4.6, 0.8).tolist(), None, 70),
        example(np.arange(0.2, 4.6, 0.3).tolist(), None, 70),
    )
    drawn_from = Streams([slow, fast], batch=4, frames=200, seed=2)
    chunk = drawn_from.draw()
    tempi = chunk.tempo[..., :TEMPO_BINS].argmax(-1)
    assert all(len(set(row.tolist()) - {0}) >= 2 for row in tempi), "each stream has met both"
    steps = np.diff(bands(chunk.log_mel)) % 40
    assert 1 <= (steps != 1).sum() <= 6
    np.testing.assert_allclose(chunk.tempo.sum(-1), 1.0, atol=1e-5)


@given(st.floats(0.89, 1.12))
def test_a_song_played_faster_has_the_same_beats_sooner_and_answers_to_match(speed: float) -> None:
    heard = example(np.arange(0.5, 19.0, 0.5).tolist())
    heard.music[15 * FRAME_RATE :] = False
    song = played(heard, Pace(speed), 0.0)
    assert len(song.log_mel) == int(FRAMES / speed)
    sounds = song.log_mel[:, 3].argmax(axis=1)  # which band sounds tells which frame of the song it is
    there = (np.arange(len(sounds)) + 1) * speed - 0.25  # frames: where the last of a frame's four hops begins
    ahead = (sounds - there + 20) % 40 - 20
    assert -1.13 < ahead.min() <= ahead.max() < 0.13  # half a hop to each side
    hops = song.answers.beat.ravel()
    for beat in np.arange(0.5, 14.5, 0.5) / speed:
        shown = round(beat * HOP_RATE + SHOWN_AFTER_HOPS - 1)
        assert hops[shown] > 0.6
    assert hops[int(15.2 / speed * HOP_RATE) :].max() == 0.0


@given(st.floats(0.86, 1.16), st.integers(8, 28), st.floats(0.7, 1.4))
def test_where_the_tempo_jumps_sound_and_answers_jump_with_it(speed: float, number: int, after: float) -> None:
    beats = np.arange(0.5, 19.0, 0.5)
    turn = beats[number]
    song = played(example(beats.tolist()), Pace(speed, turn, after), 0.0)
    there = np.append(beats[: number + 1] / speed, turn / speed + (beats[number + 1 :] - turn) / (speed * after))
    assert len(song.log_mel) == int((turn / speed + (20.0 - turn) / (speed * after)) * FRAME_RATE)
    hops = song.answers.beat.ravel()
    for now, before in zip(there, beats, strict=True):
        shown = round(now * HOP_RATE + SHOWN_AFTER_HOPS - 1)
        assert hops[shown] > 0.6
        sounding = song.log_mel[int(now * FRAME_RATE), 3].argmax()
        assert abs((sounding - before * FRAME_RATE + 20) % 40 - 20) < 2.0
    assert (hops > 0.6).sum() <= 2 * len(beats)


@given(st.integers(0, 2**32 - 1), st.floats(0.29, 1.08))
def test_a_drawn_tempo_stays_within_what_can_be_danced(seed: int, gap: float) -> None:
    heard = example(np.arange(0.3, 19.5, gap).tolist())
    pace = drawn_pace(heard, np.random.default_rng(seed))
    assert 0.86 <= pace.speed <= 1.16
    if pace.after != 1.0:
        assert pace.turn in heard.beats
        assert 0.05 < abs(np.log(pace.after)) < 0.41
        assert 45.0 < 60.0 / gap * pace.speed * pace.after < 250.0


def test_a_song_moved_up_by_a_band_sounds_there_and_keeps_its_beats() -> None:
    heard = example(np.arange(0.5, 19.0, 0.5).tolist())
    song = played(heard, Pace(1.0), 1.0)
    np.testing.assert_array_equal(song.log_mel[..., 1:], heard.log_mel[..., :-1])
    np.testing.assert_array_equal(song.answers.beat, answers(heard).beat)


def test_streams_are_the_same_for_a_seed_and_others_for_another() -> None:
    corpus = [example(np.arange(0.4, 19.9, gap).tolist()) for gap in (0.5, 0.7)]
    one, same, other = (Streams(corpus, 3, 60, seed, varied=0.5) for seed in (7, 7, 8))
    for _ in range(8):
        drawn = one.draw()
        for a, b in zip(drawn, same.draw(), strict=True):
            assert torch.equal(a, b)
        assert not torch.equal(drawn.log_mel, other.draw().log_mel)
        assert drawn.log_mel.shape == (3, 240, 40)
        assert torch.isfinite(drawn.log_mel).all()


def test_a_stream_forgets_now_and_then() -> None:
    drawn_from = Streams([example([1.0, 1.5, 2.0])], batch=50, frames=2, seed=0)
    forgotten = torch.stack([drawn_from.draw().forget for _ in range(40)])
    assert set(forgotten.unique().tolist()) == {0.0, 1.0}
    assert 0.04 < forgotten.mean() < 0.14


def test_in_a_training_a_stream_is_cut_over_to_the_middle_of_another_song_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each frame sounds in the band after the last one's: where it does not, another song has begun."""
    monkeypatch.setattr(streams, "LOUDEST_FLOOR", 0.0)
    corpus = [example([1.0, 1.5, 2.0], frames=4_000)]
    whole, varied = (Streams(corpus, batch=20, frames=2, seed=4, varied=part) for part in (0.0, 1e-9))
    assert not torch.stack([whole.draw().cut for _ in range(40)]).any()
    drawn = [varied.draw() for _ in range(40)]
    bands = torch.cat([chunk.log_mel[:, ::4].argmax(dim=2) for chunk in drawn], dim=1)
    follows = (bands[:, 1:] == (bands[:, :-1] + 1) % 40)[:, 1::2]
    told = torch.stack([chunk.cut == 1.0 for chunk in drawn[1:]], dim=1)
    assert 0.15 < told.float().mean() < 0.25
    assert follows[~told].all()
    assert follows[told].float().mean() < 0.1, "but for the few that go to where they would have been"


def test_the_network_hears_two_chunks_as_one() -> None:
    torch.manual_seed(0)
    network, log_mel = EarNetwork().eval(), torch.rand(2, 4 * 30, 40)
    before, state = network.first_state(2)
    with torch.no_grad():
        whole, _ = network(log_mel, before, state)
        first, state = network(log_mel[:, :48], before, state)
        rest, _ = network(log_mel[:, 48:], log_mel[:, 48 - before.shape[1] : 48], state)
    for one, a, b in zip(whole, first, rest, strict=True):
        torch.testing.assert_close(torch.cat([a, b], dim=1), one, atol=1e-5, rtol=1e-5)


def test_a_corpus_comes_back_from_its_files_and_a_broken_part_is_named(tmp_path: Path) -> None:
    made = toy_corpus(tmp_path)
    for one, other in zip(made, parts.read(tmp_path), strict=True):
        assert one.kind == other.kind
        for name in ("log_mel", "beats", "positions", "music"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    whole = next(tmp_path.glob("part_*.npz")).read_bytes()
    (tmp_path / "part_9.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(AudioError, match=r"part_9\.npz is no part of a corpus"):
        parts.read(tmp_path)
