"""Who follows whom in a crew: unison that is exact, a canon that stays on the beat, changes that are eased."""

import numpy as np
import pytest

from audio.config import FRAME_RATE
from motion import pose, rotation
from motion.kinematics import forward
from motion.skeleton import BONES, HUMANOID
from realtime import crew, formation
from realtime.crew import Bodies, Plan


def swaying(beats: float, dancers: int) -> Bodies:
    """Dancer 0 does something that only the beat decides; the others something else, each its own."""
    phase = 2 * np.pi * (beats + 0.37 * np.arange(dancers) ** 2)
    turns = np.zeros((dancers, len(BONES), 3))
    turns[:, BONES.index("leftUpperArm"), 2] = 0.4 * np.sin(phase)
    turns[:, BONES.index("rightLowerLeg"), 0] = 0.3 + 0.2 * np.cos(phase)
    turns[:, 0, 1] = 0.3 * np.sin(phase / 2)
    root = np.stack([0.1 * np.sin(phase), 0.95 + 0.05 * np.cos(phase), 0.1 * np.cos(phase / 2)], axis=1)
    contacts = 0.5 + 0.5 * np.sin(phase[:, None] + np.arange(4))
    return Bodies(root, rotation.from_axis_angle(turns), contacts)


def played(
    plans: dict[int, Plan], bpm: np.ndarray, dancers: int = 4, leap: tuple[int, float] = (-1, 0.0)
) -> tuple[list[Bodies], list[Bodies], np.ndarray]:
    """What each frame's dancers did alone, what the crew showed (from their places), and the beat they danced to.

    plans: by frame. leap: at that frame the beat that the crew is told goes on by so much at once.
    """
    state = crew.begin(plans.get(0, Plan()), dancers)
    alone, shown, beats = [], [], 0.0
    beat = np.zeros(len(bpm))
    for k, tempo in enumerate(bpm):
        beats += tempo / 60 / FRAME_RATE
        beat[k] = beats
        state = state._replace(plan=plans.get(k, state.plan))
        alone.append(swaying(beats, dancers))
        bodies, state = crew.step(state, (beats + leap[1] * (k >= leap[0] >= 0)) % 1.0, 60 / tempo, alone[-1])
        root = bodies.root.copy()
        root[:, ::2] -= formation.now(state.glide)
        shown.append(bodies._replace(root=root))
    return alone, shown, beat


def assert_alike(one: Bodies, other: Bodies, atol: float = 1e-9) -> None:
    np.testing.assert_allclose(one.root, other.root, atol=atol)
    np.testing.assert_allclose(np.abs((one.local * other.local).sum(axis=-1)), 1.0, atol=atol)
    np.testing.assert_allclose(one.contacts, other.contacts, atol=atol)


def of(bodies: Bodies, n: int) -> Bodies:
    return Bodies(*(part[n : n + 1] for part in bodies))


STEADY = np.full(220, 150.0)  # six frames a beat


def test_without_canon_and_unison_each_one_is_shown_as_it_dances() -> None:
    alone, shown, _ = played({}, STEADY)
    for one, other in zip(alone, shown, strict=True):
        assert_alike(one, other)


def test_in_unison_all_do_what_the_first_one_does_each_from_its_own_place() -> None:
    alone, shown, _ = played({0: Plan(unison=1)}, STEADY)
    for k in range(crew.FADE_FRAMES + 1, len(STEADY)):
        for n in range(4):
            assert_alike(of(shown[k], n), of(alone[k], 0))


def test_mirrored_neighbours_are_the_mirror_image_as_the_pose_vector_has_it() -> None:
    alone, shown, _ = played({0: Plan(unison=2)}, STEADY)
    vectors = pose.encode(
        np.array([bodies.root[0] for bodies in alone]), np.array([bodies.local[0] for bodies in alone]),
        np.array([bodies.contacts[0] for bodies in alone]), FRAME_RATE,
    )  # fmt: skip
    place = pose.init(1, -alone[0].root[0, 0], alone[0].root[0, 2], -rotation.yaw(alone[0].local[0, 0]))
    for k, vector in enumerate(pose.mirror(vectors)):
        *mirrored, place = pose.decode(vector[None], place, FRAME_RATE)
        if k > crew.FADE_FRAMES:
            for n, expected in ((1, Bodies(*mirrored)), (2, of(alone[k], 0)), (3, Bodies(*mirrored))):
                assert_alike(of(shown[k], n), expected, 1e-4)


@pytest.mark.parametrize("behind", [0.5, 2.0])
def test_in_a_canon_each_one_does_what_the_one_before_did_so_many_beats_ago(behind: float) -> None:
    alone, shown, _ = played({0: Plan(canon=behind)}, STEADY)
    late = round(behind * 6)
    for k in range(3 * late + crew.FADE_FRAMES + 8, len(STEADY)):
        for n in range(4):
            assert_alike(of(shown[k], n), of(alone[k - n * late], 0), 1e-6)


def test_a_canon_stays_on_the_beat_where_the_tempo_drifts_and_a_delay_in_seconds_would_not() -> None:
    bpm = np.linspace(90, 140, 400)
    alone, shown, beats = played({0: Plan(canon=2.0)}, bpm)
    off, delayed = [], []
    for k in range(200, 400):
        for n in range(1, 4):
            meant = swaying(beats[k] - 2.0 * n, 1)
            off.append(np.abs(shown[k].root[n] - meant.root[0]).max())
            lag = round(2.0 * n * 60 / bpm[k] * FRAME_RATE)
            delayed.append(np.abs(alone[k - lag].root[0] - meant.root[0]).max())
    assert max(off) < 0.02  # metres, of a sway of 0.2: what lies between two frames
    assert max(delayed) > 0.08


def steps(shown: list[Bodies]) -> np.ndarray:
    """How far each dancer's farthest joint goes in each frame, [T - 1, N] metres."""
    points = np.array([forward(HUMANOID, bodies.root, bodies.local)[0] for bodies in shown])
    return np.linalg.norm(np.diff(points, axis=0), axis=-1).max(axis=-1)


@pytest.mark.parametrize("jump", [0.2, 0.5, 0.9])
def test_where_the_beat_leaps_the_followers_do_not_and_are_on_it_again_soon(jump: float) -> None:
    _, quiet, _ = played({0: Plan(canon=1.0)}, STEADY)
    alone, leapt, _ = played({0: Plan(canon=1.0)}, STEADY, leap=(120, jump))
    assert steps(leapt)[100:].max() < 1.1 / (1 - crew.MOST_SLEW) * steps(quiet)[100:].max()
    late = 6  # frames in a beat: what was danced before the leap and after it is a beat old again
    for k in range(160, len(STEADY)):
        assert_alike(of(leapt[k], 1), of(alone[k - late], 0), 1e-6)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_where_the_tempo_is_counted_otherwise_what_was_danced_is_not_played_at_another_speed(factor: float) -> None:
    bpm = np.concatenate([np.full(200, 100.0), np.full(200, 100.0 * factor)])
    _, shown, _ = played({0: Plan(canon=1.0)}, bpm)
    moved = steps(shown)
    assert moved[195:240, 1:].max() < 1.5 * moved[100:400, 0].max()


CHANGES = [
    (Plan(), Plan(unison=1)),
    (Plan(), Plan(canon=1.0)),
    (Plan(canon=1.0), Plan(canon=2.0, unison=2)),
    (Plan(unison=2), Plan()),
    (Plan(canon=2.0), Plan(unison=1)),
]


@pytest.mark.parametrize(("one", "other"), CHANGES)
@pytest.mark.parametrize("again", [120, 127])
def test_a_change_of_roles_is_eased_even_within_another_one(one: Plan, other: Plan, again: int) -> None:
    _, shown, _ = played({0: one, 120: other, again + 1: one}, STEADY)
    _, before, _ = played({0: one}, STEADY)
    usual = steps(before)[100:].max()
    assert steps(shown)[115:180].max() < usual + 0.12  # metres a frame: a second's ease of what lies between


def test_who_leaves_is_where_it_would_be_had_it_never_followed() -> None:
    alone, shown, _ = played({0: Plan(), 40: Plan(unison=1), 140: Plan()}, STEADY)
    assert_alike(of(shown[139], 2), of(alone[139], 0))
    for k in range(140 + crew.FADE_FRAMES, len(STEADY)):
        assert_alike(shown[k], alone[k])


def test_nobody_follows_what_has_not_been_danced_yet() -> None:
    alone, shown, _ = played({0: Plan(canon=4.0)}, STEADY)
    for k in range(20):
        assert_alike(shown[k], alone[k])
    for k in range(20, 4 * 3 * 6 - 2):
        assert_alike(of(shown[k], 3), of(alone[k], 3))


def test_a_canon_of_a_crowd_begins_again_after_sixty_four_beats() -> None:
    alone, shown, _ = played({0: Plan(canon=16.0)}, np.full(500, 150.0), dancers=6)
    for k in range(450, 500):
        assert_alike(of(shown[k], 4), of(alone[k], 0))
        assert_alike(of(shown[k], 5), of(shown[k], 1), 1e-6)


def test_a_crowd_remembers_no_more_than_it_ever_needs() -> None:
    state = crew.begin(Plan(canon=16.0), 3)
    for k in range(1200):
        _, state = crew.step(state, k / 16.0 % 1.0, 16 / FRAME_RATE, swaying(k / 16, 3))
    assert len(state.past.beats) == crew.PAST_FRAMES == len(state.past.bodies.root)
    assert crew.LONGEST_BEATS * 60 / 55 * FRAME_RATE < crew.PAST_FRAMES
