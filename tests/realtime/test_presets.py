"""Presets: what was set comes back as it was, from a file that people can edit, on any dancer."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.osc_message_builder import OscMessageBuilder

from realtime.controls import CommandQueue, Recall, SetControl, SetCrew, SetSeed, SetStyle
from realtime.crew import Plan
from realtime.frame import StageError
from realtime.loop import dance
from realtime.osc_control import ControlServer
from realtime.presets import Presets, commands, scene_of, to_toml
from realtime.session import Session
from tests.realtime.shows import music, new_session
from tests.realtime.udp_ear import Ear, messages


def presets(session: Session, file: Path) -> Presets:
    return Presets(file, session.controls, lambda: scene_of(session.moment.crew.plan, session.controls))


def frames(session: Session, count: int = 1) -> None:
    list(dance([music()[: count * 1600]], session))


def test_what_was_recorded_is_set_again_for_every_dancer_in_another_show(tmp_path: Path) -> None:
    session = new_session(dancers=3)
    for command in (SetControl("energy", 0.3), SetStyle("wild", 0.7, 1), SetControl("energy", 1.9, 2),
                    SetCrew("circle", 2.5, 0.5, 2)):  # fmt: skip
        session.commands.put(command)
    frames(session)
    presets(session, tmp_path / "p.toml").record("night 1")
    other = new_session(dancers=3)
    other.commands.put(presets(other, tmp_path / "p.toml").recall("night 1"))
    frames(other)
    np.testing.assert_array_equal(other.controls.values, session.controls.values)
    assert other.moment.crew.plan == session.moment.crew.plan == Plan("circle", 2.5, 0.5, 2)


VALUES = st.floats(-1e6, 1e6, allow_nan=False)
NAMES = st.from_regex(r"\A[A-Za-z0-9 _.-]{1,12}\Z")


@settings(max_examples=50, deadline=None)
@given(
    scenes=st.dictionaries(
        NAMES,
        st.fixed_dictionaries(
            {
                "formation": st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
                "canon": VALUES,
                "controls": st.dictionaries(NAMES, VALUES, max_size=3),
            }
        ),
        max_size=3,
    )
)
def test_any_scenes_survive_the_file(scenes: dict[str, dict[str, object]]) -> None:
    read = tomllib.loads(to_toml(scenes))
    for name, scene in scenes.items():
        assert {"controls": {}, **read[name]} == scene


def test_a_recorded_preset_replaces_the_one_of_its_name_and_leaves_the_others(tmp_path: Path) -> None:
    session = new_session()
    (tmp_path / "new").mkdir()
    kept = presets(session, tmp_path / "new" / "p.toml")
    kept.record("a")
    session.controls.set("energy", 0.25)
    kept.record("b")
    kept.record("a")
    read = tomllib.loads((tmp_path / "new" / "p.toml").read_text())
    assert [read[name]["controls"]["energy"] for name in ("a", "b")] == [0.25, 0.25]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["p.toml"]


def test_what_another_dancer_does_not_have_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(
        '[x]\nformation = "0,0;1,1"\n[x.controls]\nvolume = 1.0\nenergy = 0.5\n[x.dancer.7]\nstyle = "polka"\n'
    )
    recalled = presets(new_session(dancers=3), tmp_path / "p.toml").recall("x")
    assert recalled == Recall("x", (SetControl("energy", 0.5),))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1", "x should be a table"),
        ("[x", "is not TOML"),
        ('[x]\ncolour = "red"', "colour = 'red' is nothing that a preset holds"),
        ('[x]\nunison = "maybe"', "unison = 'maybe'"),
        ('[x.controls]\nenergy = "high"', r"\[controls\] should hold names and numbers"),
        ("[x.dancer.first]\nenergy = 1", r"\[dancer.first\] should be \[dancer.N\]"),
        ('[x.dancer.1]\nseed = "many"', "numbers, a style and a seed"),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_line_that_names_it(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises(StageError, match=words) as caught:
        presets(new_session(), tmp_path / "p.toml")
    assert "\n" not in str(caught.value)
    assert "p.toml" in str(caught.value)


def test_names_that_cannot_be_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    kept = presets(new_session(), tmp_path / "p.toml")
    for name in ("", 'a"b', "a\nb", "x" * 41):
        with pytest.raises(StageError, match="cannot be a preset's name"):
            kept.record(name)
    with pytest.raises(StageError, match="no preset is called 'verse': none was recorded yet"):
        kept.recall("verse")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StageError, match="cannot"):
        presets(new_session(), tmp_path / "taken" / "p.toml").record("a")


def test_a_dancer_of_a_config_file_has_a_style_a_seed_and_controls() -> None:
    table = {"controls": {"energy": 1}, "dancer": {"1": {"style": "wild", "seed": 5, "energy": 0.5}}}
    assert commands(table)[1:] == [
        SetControl("energy", 1.0),
        SetStyle("wild", 1.0, 1),
        SetSeed(5, 1),
        SetControl("energy", 0.5, 1),
    ]


def test_over_osc_a_preset_is_recorded_and_recalled_at_one_frame(tmp_path: Path) -> None:
    session = new_session(dancers=2)
    queue = CommandQueue(session.controls)
    with Ear() as surface, Ear() as free:
        port = free.port
        free.close()
        server = ControlServer(f"127.0.0.1:{port}", queue, session.controls, lambda asker: b"", print,
                               presets=presets(session, tmp_path / "p.toml"))  # fmt: skip

        def ask(address: str, *arguments: str) -> list[object]:
            builder = OscMessageBuilder(address)
            for argument in arguments:
                builder.add_arg(argument)
            surface.socket.sendto(builder.build().dgram, ("127.0.0.1", port))
            return messages(surface.datagram())[0][1]

        assert ask("/dance/preset", "record", "verse") == ["preset", "verse"]
        assert ask("/dance/preset/record", "chorus") == ["preset/record", "chorus"]
        assert ask("/dance/preset", "verse") == ["preset", "verse"]
        (recalled,) = queue.drain()
        assert isinstance(recalled, Recall)
        assert recalled.commands[0] == SetCrew("line", 1.4, 0.0, 0)
        assert ask("/dance/preset", "polka") == [
            "refused /dance/preset: no preset is called 'polka': there are verse, chorus"
        ]
        server.close()
