"""Dances without music get songs on their own beats; what training eats is what the stage would hear."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from audio import beat, demo
from audio.config import FRAME_RATE
from export.manifest import ControlSpec
from model import motion_beats, pairing
from model.corpus import Corpus
from model.datasets import synthetic
from model.datasets.take import Take
from motion import kinematics, pose
from motion.skeleton import HUMANOID, MotionError

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return pairing.prepare(["synthetic:"], seed=3, lead_frames=2, songs=1)


def dances() -> list[Take]:
    return synthetic.dances(seed=0, takes=4, seconds=20.0)


def test_a_take_that_drifts_away_from_its_song_is_not_learned_from_and_gives_no_style(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, *rest = dances()
    drifting = dataclasses.replace(first, style="tango", in_time=False)
    monkeypatch.setattr(synthetic, "load", lambda path: [drifting, *rest])
    made = pairing.prepare(["synthetic:"], songs=1)
    assert {s.name for s in made.sequences} == {take.name for take in rest}
    assert "tango" not in made.styles
    monkeypatch.setattr(synthetic, "load", lambda path: [drifting])
    with pytest.raises(MotionError, match="in time with its song"):
        pairing.prepare(["synthetic:"], songs=1)


def test_every_sequence_is_aligned_finite_and_in_range(corpus: Corpus) -> None:
    for s in corpus.sequences:
        assert len(s.features) == len(s.beat) == len(s.controls) == len(s.pose) >= 4 * FRAME_RATE
        assert all(np.isfinite(x).all() for x in (s.features, s.beat, s.controls, s.pose))
        assert ((s.controls >= 0) & (s.controls <= 1)).all()


def test_the_style_of_a_sequence_is_its_control(corpus: Corpus) -> None:
    for s in corpus.sequences:
        assert (s.controls[:, corpus.styles.index(s.style)] == 1).all()
        assert s.controls[0, : len(corpus.styles)].sum() == 1


def test_the_default_style_is_one_of_the_styles_and_the_only_one(corpus: Corpus) -> None:
    defaults = [control.default for control in corpus.controls if control.name.startswith("style_")]
    assert sorted(defaults)[-2:] == [0.0, 1.0]


def test_feet_rest_on_the_beat_that_the_network_is_told(corpus: Corpus) -> None:
    """The pose is for lead_frames later, and so is the beat: rests of the limbs gather at phase zero."""
    gathered = []
    for s in corpus.sequences:
        place, positions = pose.init(1), []
        for vector in s.pose:
            root, local, _, place = pose.decode(vector[None], place, FRAME_RATE)
            positions.append(kinematics.forward(HUMANOID, root, local)[0][0])
        moved = motion_beats.signals(np.stack(positions), FRAME_RATE)
        speed = (moved.feet + moved.hands)[:: motion_beats.RATE // FRAME_RATE]
        rest = np.maximum(0.0, 1.0 - speed / np.convolve(speed, np.ones(FRAME_RATE) / FRAME_RATE, mode="same"))
        phase = np.arctan2(s.beat[: len(rest), 1], s.beat[: len(rest), 0])
        gathered.append(np.abs((rest * np.exp(1j * phase)).sum()) / rest.sum())
    assert np.median(gathered) > 0.2


def test_the_pulse_of_a_dance_on_known_beats_is_found() -> None:
    for take in dances():
        positions, _ = kinematics.forward(HUMANOID, take.root, take.rotations)
        found = motion_beats.estimate(positions, take.fps)
        assert take.beats is not None
        ratio = np.median(np.diff(take.beats)) / np.median(np.diff(found))
        # a dance may be counted at half or double time
        assert min(abs(np.log2(ratio) - octave) for octave in (-1, 0, 1)) < 0.06


def test_a_still_or_short_take_has_no_pulse() -> None:
    still = np.zeros((600, 22, 3))
    assert motion_beats.estimate(still, 60.0).size == 0
    assert motion_beats.estimate(still[:100], 60.0).size == 0


def test_a_take_with_its_own_song_is_heard_by_the_stage_s_ear(tmp_path: Path) -> None:
    import soundfile

    take = next(t for t in dances() if t.beats is not None)
    assert take.beats is not None
    places = np.arange(len(take.beats)) % 4 + 1
    samples = demo.render(take.beats + 1.0, places, seed=5)
    soundfile.write(tmp_path / "song.wav", samples, 24_000, subtype="FLOAT")
    own = dataclasses.replace(take, audio=tmp_path / "song.wav", audio_offset=1.0)
    (sequence,) = pairing._sequences(own, np.random.default_rng(0), 2, 1)
    heard, pulses = pairing.hear(iter([samples]), 24_000)
    first = 12  # the first frame whose pose, two frames ahead, lies inside the take: (12 + 1 + 2) / 15 s = 1 s
    assert np.array_equal(sequence.features[0], heard[first].values)
    assert np.array_equal(sequence.beat[0], beat.vector(beat.predict(pulses[first], 2 / FRAME_RATE)))


def test_the_same_seed_prepares_the_same_corpus(corpus: Corpus, tmp_path: Path) -> None:
    corpus.save(tmp_path / "corpus.npz")
    again = Corpus.load(tmp_path / "corpus.npz")
    fresh = pairing.prepare(["synthetic:"], seed=3, lead_frames=2, songs=1)
    for other in (again, fresh):
        assert (other.styles, other.controls, other.training_data) == (
            corpus.styles,
            corpus.controls,
            corpus.training_data,
        )
        for a, b in zip(corpus.sequences, other.sequences, strict=True):
            assert np.array_equal(a.features, b.features)
            assert np.array_equal(a.pose, b.pose)


def test_a_bone_that_was_not_recorded_counts_little_but_is_not_left_to_chance() -> None:
    take = dances()[0]
    mask = take.mask.copy()
    mask[HUMANOID.index("head")] = False
    (sequence,) = pairing._sequences(dataclasses.replace(take, mask=mask, split="val"), np.random.default_rng(0), 2, 1)
    by_bone = sequence.weight[pose.ROTATIONS].reshape(22, 6)
    assert (by_bone[mask] == 1).all()
    assert ((by_bone[~mask] > 0) & (by_bone[~mask] < 0.5)).all()


@pytest.mark.skipif(not SHARED.exists(), reason="the captured dances lie in ../shared/data")
@pytest.mark.xfail(strict=True, reason="a known miss: the grid that feet, hands and bounce lock to best is at 0.60 s")
def test_a_captured_dance_keeps_its_tempo_hint() -> None:
    from model.datasets import g1_moves

    take = next(t for t in g1_moves.load(SHARED / "free_mocap") if "StepTouch" in t.name)
    positions, _ = kinematics.forward(HUMANOID, take.root, take.rotations)
    found = np.median(np.diff(motion_beats.estimate(positions, take.fps)))
    assert abs(60 / found - 60 / 0.65) < 3


def test_a_network_s_own_controls_join_the_corpus_at_their_defaults(corpus: Corpus) -> None:
    more = ControlSpec("guidance", 0.0, 4.0, 1.5, "how much")
    wider = corpus.with_controls((more,))
    assert wider.controls == (*corpus.controls, more)
    for old, new in zip(corpus.sequences, wider.sequences, strict=True):
        np.testing.assert_array_equal(new.controls[:, :-1], old.controls)
        assert set(new.controls[:, -1]) == {1.5}
        assert new.controls.dtype == old.controls.dtype
    assert corpus.with_controls(()) is corpus
