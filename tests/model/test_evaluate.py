"""The evaluation: files and baselines dance, heard and driven as on the stage, and stand beside recorded dances."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from audio import demo
from audio.beat import BEAT_NAMES
from audio.config import FRAME_RATE, RATE
from audio.features import FEATURE_NAMES
from export import torchscript
from export.build import manifest_of
from export.manifest import ControlSpec
from model import checkpoint
from model.baselines import loop
from model.checkpoint import ModelError
from model.datasets import synthetic
from model.evaluate import FAMILIES, evaluate, main
from model.evaluation import music, rhythm
from model.evaluation.dance import Dance, recorded, shown
from model.evaluation.performing import Dancer, open_dancer, perform
from model.evaluation.recital import Ears, Programme, recite
from model.evaluation.table import TRUTH, Cell, Row, verdict
from model.metrics import feet, spectra
from model.render import positions as decoded
from model.stepping import ages, drive
from realtime import dancers
from realtime.engines.open import open_engine
from realtime.loop import dance as stage_dance
from realtime.noise import Noise
from realtime.session import Session
from tests.model import toy_corpus
from tests.model.bodies import resting_on

SHIPPED = dancers.FOLDER / "first.onnx"
TAKES = synthetic.dances(seed=1, takes=6, seconds=16.0)


def trained(folder: Path) -> Path:
    """A checkpoint of random weights that hears what the stage hears, and its TorchScript twin."""
    torch.manual_seed(0)
    sizes = {"features": len(FEATURE_NAMES), "beat": len(BEAT_NAMES), "controls": 4, "width": 8, "heads": 2,
             "head_width": 4, "window": 4, "hidden": 6}  # fmt: skip
    net = checkpoint.build("dance_revolution", sizes)
    about = {
        "network": "dance_revolution",
        "config": dataclasses.asdict(net.config),
        "controls": [dataclasses.asdict(control) for control in toy_corpus.CONTROLS],
        "styles": ["sway"],
        "training_data": [],
        "step": 0,
        "metrics": {},
        "revision": "abc",
    }
    checkpoint.save_model(folder / "run", net, about)
    torchscript.write(net, manifest_of(net.eval(), about, "toy"), folder / "toy.pt")
    return folder / "run"


def statue() -> Dancer:
    """Stands where the first take begins, whatever is played."""
    pose = np.asarray(loop.build(TAKES).step([np.zeros((1, n), np.float32) for n in (68, 8, 6, 0, 1, 1)])[0])
    pose[:, :4] = [[pose[0, 0], 0.0, 0.0, 0.0]]
    return Dancer("statue", lambda given: [np.repeat(pose, len(given[0]), axis=0)], (), (), ("bounce",), 0, 2)


def test_it_dances_what_the_stage_dances() -> None:
    """The same song, seed and controls through the stage's own loop and engine, and through the evaluation's step."""
    samples = demo.song(3, seconds=12.0).samples
    session = Session(open_engine(SHIPPED, "onnx", "cpu"), RATE, seed=5)
    frames = list(stage_dance([samples], session))
    staged = np.stack([frame.pose[0] for frame in frames])
    dancer = open_dancer(SHIPPED)
    heard = music.hear(samples, dancer.lead_frames / FRAME_RATE)
    noise = Noise(1, dancer.noise_size)
    given = [
        heard.features[None],
        heard.beat[None],
        np.repeat(dancer.setting()[None, None], len(staged), axis=1),
        np.stack([noise.draw(5, frame) for frame in range(len(staged))], axis=1),
    ]
    np.testing.assert_allclose(drive(dancer.step, dancer.states, given)[0], staged, atol=2e-3)
    positions = np.stack([frame.positions[0] for frame in frames])
    np.testing.assert_allclose(shown([staged])[0], positions, atol=1e-5)


def test_rows_of_one_seed_differ_by_music_and_controls_alone() -> None:
    dancer = open_dancer(SHIPPED)
    heard = music.hear(demo.song(4, seconds=4.0).samples, 0.0)
    setting = dancer.setting("salsa")
    assert setting[[c.name for c in dancer.controls].index("style_salsa")] == 1.0
    short = heard.beginning(20)
    one, same, other, brief = perform(dancer, [heard, heard, heard, short], [setting] * 4, [0, 0, 1, 0], "test")
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0.05
    np.testing.assert_allclose(brief, one[:20], atol=1e-4)


def test_a_song_that_belongs_to_a_style_is_danced_in_it_alone() -> None:
    dancer = dataclasses.replace(statue(), styles=("bounce", "sway"))
    any_song = music.Song("any", demo.song(4, seconds=20.0).samples, np.arange(40) / 2, 4)
    songs = [any_song, any_song._replace(name="own", style="sway"), any_song._replace(name="unknown", style="polka")]
    recital = recite(dancer, Programme(songs, seeds=1, minutes=0.0), Ears())
    wanted = [(name, style) for name in ("any", "own", "unknown") for style in ("bounce", "sway")]
    wanted.remove(("own", "bounce"))
    assert [(dance.song, dance.style) for dance in recital.dances] == wanted
    assert recital.strange == []  # no other style has a song
    songs.append(any_song._replace(name="its", style="bounce"))
    strange = recite(dancer, Programme(songs, seeds=1, minutes=0.0), Ears()).strange
    assert [(dance.song, dance.style) for dance in strange] == [("own", "bounce"), ("its", "sway")]


def test_a_control_is_held_throughout_but_where_it_is_what_is_measured() -> None:
    told: list[float] = []

    def step(given: list[np.ndarray]) -> list[np.ndarray]:
        told.extend(np.unique(given[2][:, 0]).tolist())  # features, beat, controls: energy
        return stands.step(given)

    stands = statue()
    dancer = dataclasses.replace(stands, step=step, controls=(ControlSpec("energy", 0.0, 1.0, 0.5, ""),))
    song = music.Song("any", demo.song(4, seconds=20.0).samples, np.arange(40) / 2, 4)
    recite(dancer, Programme([song], seeds=1, controls={"energy": 0.3}, minutes=0.0), Ears())
    assert np.unique(np.round(told, 2)).tolist() == [0.0, 0.1, 0.25, 0.3, 0.5, 0.75, 0.9, 1.0]


def test_the_checkpoint_and_the_file_built_from_it_dance_alike(tmp_path: Path) -> None:
    run = trained(tmp_path)
    heard = [music.hear(demo.song(5, seconds=4.0).samples, 2 / FRAME_RATE)]
    one, other = (open_dancer(path) for path in (run, tmp_path / "toy.onnx"))
    a, b = (perform(d, heard, [d.setting("sway")], [0], "test")[0] for d in (one, other))
    np.testing.assert_allclose(a, b, atol=1e-4)


def test_dances_of_any_length_are_finished_side_by_side_as_alone() -> None:
    dancer = open_dancer(SHIPPED)
    heard = music.hear(demo.song(6, seconds=4.0).samples, 0.0)
    one, other = perform(dancer, [heard, heard.beginning(40)], [dancer.setting()] * 2, [0, 1], "test")
    for together, alone in zip(shown([one, other]), shown([one]) + shown([other]), strict=True):
        np.testing.assert_allclose(together, alone, atol=1e-6)


def test_the_shipped_dancer_slides_less_as_shown_than_as_it_comes_and_is_no_jerkier() -> None:
    dancer = open_dancer(SHIPPED)
    heard = music.hear(demo.song(7, seconds=48.0).samples, dancer.lead_frames / FRAME_RATE)
    poses = perform(dancer, [heard] * 3, [dancer.setting(style) for style in dancer.styles], [0] * 3, "test")
    raw, seen = [decoded(pose, FRAME_RATE) for pose in poses], shown(poses)
    slides = [np.mean([feet.skating(dance, FRAME_RATE) for dance in dances]) for dances in (raw, seen)]
    assert slides[1] < 0.6 * slides[0]
    jerk = [np.mean([spectra.jerk(dance, FRAME_RATE) for dance in dances]) for dances in (raw, seen)]
    assert jerk[1] < 1.1 * jerk[0]


def test_a_take_is_measured_at_the_dancers_rate_with_its_own_beats() -> None:
    dance = recorded(TAKES[0])
    assert TAKES[0].beats is not None
    assert dance.has_beats
    assert dance.is_steady
    assert dance.tempo == pytest.approx(float(TAKES[0].notes["bpm"]), rel=1e-3)
    assert dance.seconds == pytest.approx(16.0, abs=0.1)
    part = dance.part(4.0, 8.0)
    assert len(part.positions) == 120
    assert part.beats[0] == dance.beats[0] - 4.0
    assert [p.seconds for p in dance.parts(5.0)] == [5.0] * 3


def hearing(dancer_hears: bool) -> dict[str, Cell]:
    """The rows of a dancer whose feet rest on the beats of the song, or of some other song."""
    dances = []
    for number, bpm in enumerate((84.0, 97.0, 112.0, 129.0, 91.0, 104.0, 120.0, 138.0)):
        beats = np.arange(0.1, 26.0, 60.0 / bpm)
        danced = beats if dancer_hears else np.arange(0.3, 26.0, 60.0 / 75.0)
        dances.append(Dance(f"song {number}", "x", 0, 15.0, resting_on(danced), beats, 4))
    quiet = [dances[0]._replace(song="silence", positions=resting_on(np.arange(0.3, 26.0, 0.7)), beats=np.zeros(0))]
    return rhythm.column([d._replace(positions=np.concatenate([d.positions, d.positions[:75]])) for d in dances], quiet)


def test_who_rests_on_the_beats_wins_against_every_wrong_song_and_who_does_not_hear_wins_half() -> None:
    heard, deaf = hearing(True), hearing(False)
    assert heard["beats a wrong song, 8 s"].value > 0.95
    assert heard["beats a wrong song, 8 s"].p < 0.01
    assert heard["beats shifted beats, 8 s"].value > 0.9
    assert heard["rests on beats, net"].value > 0.6
    assert heard["beats itself in silence, 8 s"].value > 0.9
    assert deaf["beats a wrong song, 8 s"].value == pytest.approx(0.5, abs=0.2)
    assert abs(deaf["rests on beats, net"].value) < 0.1
    assert deaf["rests keep their place"].value < 0.05


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Cell]]:
    songs = music.read("demo", [], 20.0, 3)
    return evaluate([loop.build(TAKES), statue()], TAKES, Programme(songs, seeds=1, minutes=0.0)).columns


def test_a_loop_of_the_recording_is_as_large_on_the_beat_and_never_new(
    measured: dict[str, dict[str, Cell]],
) -> None:
    cells = measured["loop"]
    assert cells["speed, of recorded"].value == pytest.approx(1.0, abs=0.3)
    assert cells["beats a wrong song, 8 s"].value > 0.7
    assert cells["landings on beats, net"].value > 0.3
    assert cells["nearest clip"].value < 0.05
    assert cells["style accuracy"].value > 0.9
    assert "multimodality, of recorded" not in cells  # one seed


def test_a_statue_is_found_out(measured: dict[str, dict[str, Cell]]) -> None:
    cells = measured["statue"]
    assert cells["frozen"].value == 1.0
    assert cells["speed, of recorded"].value == 0.0
    assert cells["beats a wrong song, 8 s"].value == 0.5
    assert cells["rests on beats, net"].value == 0.0
    assert cells["FID over the floor"].value > 5.0


def test_the_recorded_stand_beside_themselves(measured: dict[str, dict[str, Cell]]) -> None:
    cells = measured[TRUTH]
    assert cells["speed, of recorded"].value == pytest.approx(1.0)
    assert cells["frozen"].value == 0.0
    assert cells["skating"].value < 0.02
    assert cells["landings on beats, net"].value > 0.4


def test_every_row_that_is_measured_is_one_of_the_table(measured: dict[str, dict[str, Cell]]) -> None:
    known = {row.name for rows in FAMILIES.values() for row in rows}
    for column in measured.values():
        assert set(column) <= known


def test_a_verdict_needs_a_number() -> None:
    row = Row("x", test=lambda own, truth: truth is not None and own.value >= truth.value)
    assert verdict(row, {"x": Cell(2.0)}, {"x": Cell(1.0)}) is True
    assert verdict(row, {"x": Cell(0.5)}, {"x": Cell(1.0)}) is False
    assert verdict(row, {"x": Cell(float("nan"))}, None) is None
    assert verdict(row, {}, None) is None


def test_the_report_is_a_table_numbers_and_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "--takes",
        "synthetic:x@bounce,two-step",
        "--dancer",
        "loop",
        "--songs",
        "2",
        "--seconds",
        "13",
        "--seeds",
        "1",
    ]
    assert main([*words, "--minutes", "0", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    numbers = json.loads((tmp_path / "report.json").read_text())["measures"]
    assert set(numbers["speed"]["dancers"]) == {TRUTH, "loop"}
    for name in numbers:
        assert f"\n{name}" in said
    page = (tmp_path / "report.html").read_text()
    for name in numbers:
        assert name in page.replace("&gt;", ">")
    assert "http" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    ).replace("https://matplotlib.org", ""), "it needs nothing from elsewhere"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "nobody dances: give --dancer"),
        (["--dancer", "loop"], "no recorded dances to stand beside"),
        (["--dancer", "none.onnx", "--takes", "synthetic:x"], "none.onnx is no checkpoint"),
        (["--dancer", "loop", "--takes", "nowhere:x"], "unknown data set 'nowhere'"),
        (["--dancer", "loop", "--takes", "synthetic:x", "--music", "none"], "none: no such folder"),
        (["--dancer", "loop", "--takes", "synthetic:x", "--music", "takes"], "none of the takes has its own song"),
        (["--dancer", "loop", "--takes", "synthetic:x", "--seconds", "3"], "--seconds must be 12 or more"),
        (["--dancer", "loop", "--takes", "synthetic:x", "--control", "tightness=1"], "nobody has it; there are"),
        (["--dancer", "toy.pt", "--takes", "synthetic:x"], "toy.pt cannot be read as a dancer"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("toy.pt").write_bytes(b"no archive")
    assert main(words) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert said in lines[0]


def test_a_dancer_for_another_ear_is_refused(tmp_path: Path) -> None:
    trained(tmp_path)
    told = manifest_of(*_old(tmp_path / "run"))
    torchscript.write(_old(tmp_path / "run")[0], told, tmp_path / "old.pt")
    with pytest.raises(ModelError, match="does not hear the features that this ear makes: train it again"):
        open_dancer(tmp_path / "old.onnx")


def _old(run: Path) -> tuple[object, dict[str, object], str, tuple[str, ...]]:
    network, about = checkpoint.load_network(run)
    return network, about, "old", tuple(f"old {name}" for name in FEATURE_NAMES)


def test_ages_count_back_from_the_newest_slot() -> None:
    assert ages(0, 3).tolist() == [-1, -1, -1]
    assert ages(2, 3).tolist() == [2, 1, -1]
    assert ages(5, 3).tolist() == [2, 1, 3]


def test_a_control_is_set_by_its_name() -> None:
    spec = tuple(ControlSpec(name, 0.0, 1.0, 0.5, "") for name in ("style_a", "style_b", "energy"))
    dancer = Dancer("x", lambda given: given, (), spec, ("a", "b"), 0, 2)
    assert dancer.setting("b", energy=0.2, unknown=3.0).tolist() == pytest.approx([0.0, 1.0, 0.2])
    assert dancer.setting(None).tolist() == [0.5, 0.5, 0.5]
    assert dancer.has("energy")
    assert not dancer.has("guidance")
