"""A crew: places that do not overlap, glides without a jump, unison that is exact, a canon that stays on the beat."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio import demo
from audio.config import FRAME_RATE
from motion import pose, rotation
from motion.kinematics import forward
from motion.skeleton import BONES, HUMANOID
from realtime import crew, dancers, formation
from realtime.controls import Freeze, Reset, ScaleTempo, SetCrew, SetSeed, SetTempo
from realtime.crew import Bodies, Plan
from realtime.engines.open import open_engine
from realtime.frame import F32, StageError, StageFrame
from realtime.loop import dance
from realtime.session import Session
from tests.realtime.shows import cut, everything, music, new_session, toy_engine

PLANS = st.builds(Plan, st.sampled_from(formation.NAMES), st.floats(0.6, 10.0))


def distances(places: np.ndarray) -> np.ndarray:
    """All pairs' distances [pairs] of places [N, 2]."""
    pairs = itertools.combinations(range(len(places)), 2)
    return np.array([np.linalg.norm(places[a] - places[b]) for a, b in pairs] or [np.inf])


# formations


@given(text=st.text(max_size=40) | st.from_regex(r"\A[-0-9.,; e]{0,40}\Z"), dancers=st.integers(1, 4))
@settings(max_examples=150, deadline=None)
def test_any_text_is_a_formation_or_refused_in_one_line(text: str, dancers: int) -> None:
    try:
        found = formation.places(text, dancers)
    except StageError as refused:
        line = str(refused)
    else:
        line = ""
    assert len(line.splitlines()) == bool(line)
    if not line:
        assert found.shape == (dancers, 2)
        assert np.isfinite(found).all()
        assert distances(found).min() >= formation.CLOSEST


@given(plan=PLANS, dancers=st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_in_a_formation_with_a_name_neighbours_stand_the_spacing_apart_and_all_around_the_middle(
    plan: Plan, dancers: int
) -> None:
    found = formation.places(plan.formation, dancers, plan.spacing)
    assert distances(found).min() >= plan.spacing * 0.999
    if dancers > 1:
        assert distances(found).min() == pytest.approx(plan.spacing)
        assert abs(found[:, 0].min() + found[:, 0].max()) < plan.spacing * 1.01


def test_a_line_stands_side_by_side_a_circle_round_a_grid_in_rows() -> None:
    np.testing.assert_allclose(formation.places("line", 3, 1.0), [[-1, 0], [0, 0], [1, 0]])
    np.testing.assert_allclose(formation.places("grid", 4, 2.0), [[-1, 1], [1, 1], [-1, -1], [1, -1]])
    circle = formation.places("circle", 6, 1.0)
    np.testing.assert_allclose(np.linalg.norm(circle, axis=1), 1.0)
    np.testing.assert_allclose(circle[0], [0, 1], atol=1e-12)  # dancer 0 nearest to who looks


def test_places_by_hand_are_taken_as_they_are_and_more_of_them_wait() -> None:
    np.testing.assert_array_equal(formation.places(" 0,0; 1.5,-2 ;3,1;", 2), [[0, 0], [1.5, -2]])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ring", "no formation is 'ring': use line, circle, grid"),
        ("", "no formation is ''"),
        ("1,2;3", "no formation is '1,2;3'"),
        ("nan,0;1,1", "no formation"),
        ("1,2", "1 places for 2 dancers"),
        ("0,0;0.1,0.2", "dancers 0 and 1 are less than 0.5 m apart"),
        ("0,0;0,1000", "stay within 100 m"),
    ],
)
def test_a_formation_that_cannot_be_meant_is_refused_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(StageError, match=words):
        formation.places(text, 2)


def glided(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The whole way [T, N, 2], the start and a second at the end included."""
    glide = formation.begin(formation.rest(start), end, FRAME_RATE)
    way = [formation.now(glide)]
    for _ in range(glide.frames + FRAME_RATE):
        glide = formation.move(glide)
        way.append(formation.now(glide))
    return np.array(way)


@given(one=PLANS, other=PLANS, dancers=st.integers(1, 20))
@settings(max_examples=30, deadline=None)
def test_a_glide_leads_from_place_to_place_without_a_jump(one: Plan, other: Plan, dancers: int) -> None:
    start, end = (formation.places(plan.formation, dancers, plan.spacing) for plan in (one, other))
    way = glided(start, end)
    np.testing.assert_allclose(way[0], start, atol=1e-9)
    np.testing.assert_array_equal(way[-1], end)
    speed = np.linalg.norm(np.diff(way, axis=0), axis=-1) * FRAME_RATE
    assert speed.max() < 4.0 * formation.GLIDE_SPEED
    assert speed[0].max() < 0.5
    assert speed[-FRAME_RATE - 1].max() < 0.5
    assert np.abs(np.diff(speed, axis=0)).max() * FRAME_RATE < 8.0  # m/s2


@pytest.mark.parametrize("dancers", range(2, 13))
def test_on_the_way_from_one_formation_to_another_nobody_walks_through_anybody(dancers: int) -> None:
    for one, other in itertools.permutations(formation.NAMES, 2):
        way = glided(formation.places(one, dancers), formation.places(other, dancers))
        assert min(distances(places).min() for places in way) > 0.45, (one, other)


def test_two_who_change_places_go_around_each_other() -> None:
    way = glided(formation.places("-1,0;1,0", 2), formation.places("1,0;-1,0", 2))
    assert min(distances(places).min() for places in way) > 0.6


@given(after=st.integers(0, 40))
@settings(max_examples=20, deadline=None)
def test_a_formation_called_while_they_walk_to_another_bends_the_way_and_breaks_nothing(after: int) -> None:
    glide = formation.begin(formation.rest(formation.places("line", 5)), formation.places("circle", 5), FRAME_RATE)
    way = []
    for k in range(after + 60):
        glide = formation.move(glide)
        if k == after:
            glide = formation.begin(glide, formation.places("grid", 5), FRAME_RATE)
        way.append(formation.now(glide))
    velocity = np.diff(np.array(way), axis=0) * FRAME_RATE
    assert np.linalg.norm(velocity, axis=-1).max() < 4.0
    assert np.linalg.norm(np.diff(velocity, axis=0), axis=-1).max() < 0.6  # m/s from frame to frame
    np.testing.assert_array_equal(way[-1], formation.places("grid", 5))


# who follows whom


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


# in a show


HAND = {
    4: [SetCrew(formation="circle")],
    12: [SetCrew(unison=2)],
    20: [SetCrew(formation="0,0;1,1;2,0", spacing=2.0), SetSeed(9, 1)],
    27: [SetCrew(canon=0.5), SetTempo(150.0)],
    34: [ScaleTempo(0.5)],
    42: [SetCrew(unison=0, canon=0.0)],
    46: [SetSeed(4)],
}


def sound() -> F32:
    """Four seconds."""
    return music()[: 60 * 1600]


def show(session: Session, samples: F32, hand=HAND, sizes: tuple[int, ...] = (1600,)) -> list[StageFrame]:
    """The frames of the sound, each with the commands that the hand puts just before it."""
    frames: list[StageFrame] = []
    stream = dance(_asked(session, cut(samples, list(sizes)), hand), session)
    frames.extend(stream)
    return frames


def _asked(session: Session, blocks: list[F32], hand) -> "itertools.chain":
    """Blocks cut so that each frame's commands are put at that frame, however the sound is cut."""
    for block in blocks:
        while len(block):
            frame, within = divmod(session.moment.heard, 1600)
            if within == 0:
                for command in hand.get(frame, []):
                    session.commands.put(command)
            part = min(1600 - within, len(block))
            yield block[:part]
            block = block[part:]


@given(sizes=st.lists(st.integers(50, 5000), min_size=1, max_size=4))
@settings(max_examples=3, deadline=None)
def test_the_cutting_into_blocks_changes_no_bit_of_a_crew(sizes: list[int]) -> None:
    whole = everything(show(new_session(dancers=3), sound()))
    np.testing.assert_array_equal(everything(show(new_session(dancers=3), sound(), sizes=tuple(sizes))), whole)


@pytest.mark.parametrize("at", [8, 30, 44])
def test_a_crew_that_is_saved_and_restored_goes_on_bit_for_bit(at: int) -> None:
    whole = everything(show(new_session(dancers=3), sound()))
    session = new_session(dancers=3)
    show(session, sound()[: at * 1600])
    saved = session.save()
    show(session, sound()[at * 1600 : (at + 9) * 1600], {})
    other = new_session(dancers=3)
    for restored in (session, other):
        restored.restore(saved)
        np.testing.assert_array_equal(everything(show(restored, sound()[at * 1600 :])), whole[at:])


def test_unison_is_seen_in_every_number_of_the_frame() -> None:
    frame = show(new_session(dancers=3), sound(), {0: [SetCrew(unison=1)]})[-1]
    home = formation.places("line", 3)
    for n in (1, 2):
        np.testing.assert_allclose(frame.rotations[n], frame.rotations[0], atol=1e-6)
        np.testing.assert_allclose(
            frame.positions[n] - frame.positions[0], [[home[n, 0] - home[0, 0], 0, 0]] * 22, atol=1e-5
        )
        np.testing.assert_array_equal(frame.contacts[n], frame.contacts[0])


def test_following_changes_nothing_of_what_each_one_dances() -> None:
    own = show(new_session(dancers=3), sound(), {})
    led = show(new_session(dancers=3), sound(), {10: [SetCrew(unison=2, canon=1.0)]})
    np.testing.assert_array_equal([frame.pose for frame in led], [frame.pose for frame in own])


def test_a_dancer_with_its_own_seed_dances_what_a_lone_dancer_of_that_seed_does() -> None:
    alone = show(new_session(seed=7), sound(), {})
    beside = show(new_session(dancers=3, seed=1), sound(), {0: [SetSeed(7, 2)]})
    np.testing.assert_allclose([f.pose[2] for f in beside], [f.pose[0] for f in alone], atol=1e-5)
    again = show(new_session(dancers=3, seed=1), sound(), {0: [SetSeed(7, 2), SetSeed(1)]})
    np.testing.assert_array_equal(everything(again), everything(show(new_session(dancers=3, seed=1), sound(), {})))


def test_a_frozen_crew_holds_poses_and_places() -> None:
    hand = {0: [SetCrew(canon=0.5)], 20: [SetCrew(formation="circle")], 30: [Freeze(True)], 45: [Freeze(False)]}
    frames = show(new_session(dancers=3), sound(), hand)
    for frame in frames[30:45]:
        np.testing.assert_array_equal(frame.root_position, frames[30].root_position)
        np.testing.assert_array_equal(frame.rotations, frames[30].rotations)
    np.testing.assert_allclose(frames[30].root_position, frames[29].root_position, atol=1e-6)
    assert (frames[46].root_position != frames[45].root_position).any()


def test_a_reset_puts_everybody_into_the_place_of_the_formation_that_rules() -> None:
    frames = show(new_session(dancers=3), sound(), {5: [SetCrew(formation="circle")], 20: [Reset()]})
    home = formation.places("circle", 3)
    np.testing.assert_allclose(frames[20].root_position[:, ::2], home, atol=0.1)


def test_a_show_begins_in_the_formation_it_was_given() -> None:
    session = Session(toy_engine(), dancers=4, plan=Plan("grid", 2.0))
    first = next(dance([sound()[:1600]], session))
    np.testing.assert_allclose(first.root_position[:, ::2], formation.places("grid", 4, 2.0), atol=0.1)
    with pytest.raises(StageError, match="no formation"):
        Session(toy_engine(), dancers=4, plan=Plan("ring"))


def test_the_shipped_dancer_in_a_canon_repeats_itself_one_place_further_one_beat_later() -> None:
    samples = demo.song(3, seconds=9.0).samples
    session = Session(
        open_engine(dancers.find(None), "onnx", "cpu"), dancers=3, seed=1, bpm=150.0, plan=Plan(canon=1.0)
    )
    frames = list(dance([samples[: 9 * 24_000]], session))
    home = formation.places("line", 3)
    local = np.array([frame.positions for frame in frames])
    local[..., 0] -= home[:, 0, None]
    local[..., 2] -= home[:, 1, None]
    beats = np.unwrap([frame.report.beat_phase for frame in frames], period=1.0)
    for k in range(75, len(frames)):
        for n in (1, 2):
            then = np.interp(beats[k] - 1.0 * n, beats, np.arange(len(beats)))
            before, after = local[int(then), 0], local[int(then) + 1, 0]
            meant = before + (then - int(then)) * (after - before)
            assert np.linalg.norm(local[k, n] - meant, axis=-1).max() < 0.03
