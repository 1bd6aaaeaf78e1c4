"""The keys of the window: what works is in the help, what is in the help works, and each says what it should."""

import pytest

pytest.importorskip("pygame")

import pygame

from realtime.view_keys import ROWS, movement
from tests.realtime.udp_ear import messages
from tests.realtime.view_rig import opened, press

NAMES = {
    "Esc": [pygame.K_ESCAPE], "Space": [pygame.K_SPACE], "Home": [pygame.K_HOME], "F1": [pygame.K_F1],
    "F11": [pygame.K_F11], "1 - 9": list(range(pygame.K_1, pygame.K_9 + 1)),
    "Arrows": [pygame.K_LEFT, pygame.K_RIGHT, pygame.K_UP, pygame.K_DOWN], "Shift < >": [pygame.K_LEFT, pygame.K_RIGHT],
}  # fmt: skip
KEYPAD = {  # the same keys elsewhere on the keyboard, and those that share a cap
    **{getattr(pygame, f"K_KP_{n}"): getattr(pygame, f"K_{n}") for n in range(10)},
    pygame.K_KP_PLUS: pygame.K_PLUS, pygame.K_KP_MINUS: pygame.K_MINUS, pygame.K_EQUALS: pygame.K_PLUS,
}  # fmt: skip
ALL = sorted({value for name, value in vars(pygame).items() if name.startswith("K_")})


@pytest.fixture
def window():
    with opened() as view:
        yield view


def named():
    """(key, shift) of everything that the help names."""
    found = set()
    for row in ROWS:
        parts = [row.name] if row.name in NAMES else row.name.split()
        for part in parts:
            keys = NAMES.get(part) or [pygame.key.key_code(part.lower())]
            found |= {(key, row.name.startswith("Shift")) for key in keys}
    return found


def state(view):
    """Everything that a key could change without telling the stage."""
    floor, camera = view.scene.floor, view.camera
    return (view.running, view._blackout, view.panel.on, view.panel.help, view.panel._note, floor.grid, camera._moving,
            view.window.fullscreen, view.words.frozen, view.words.lead_ms)  # fmt: skip


def acts(view, key, shift):
    """Whether a key does anything, pressed or held."""
    view.camera._moving, view.running = False, True
    before = state(view)
    press(view, key, pygame.KMOD_LSHIFT if shift else 0)
    said = view.stage.waiting()
    return bool(said) or state(view) != before or movement(lambda k: k == key, shift) != (0, 0, 0)


def test_the_help_lists_every_key_that_does_something_and_nothing_else(window, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    window.stream.styles = tuple(f"style {n}" for n in range(9))
    alone = {KEYPAD.get(key, key) for key in ALL if acts(window, key, False)}
    assert alone == {key for key, shift in named() if not shift}
    arrows = [pygame.K_LEFT, pygame.K_RIGHT, pygame.K_UP, pygame.K_DOWN]
    told = {key for key in arrows if press(window, key, pygame.KMOD_LSHIFT) or window.stage.waiting()}
    assert told == {key for key, shift in named() if shift}


def test_a_key_is_named_once_in_the_help():
    parts = [part for row in ROWS for part in ([row.name] if row.name in NAMES else row.name.split())]
    assert len(set(parts)) == len(parts)
    assert len({row.meaning for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize(
    ("key", "mod", "said"),
    [
        (pygame.K_SPACE, 0, ("/dance/freeze", [1])),
        (pygame.K_m, 0, ("/dance/freeze", [1])),
        (pygame.K_2, 0, ("/dance/set/style", ["waack", 1.0])),
        (pygame.K_KP_1, 0, ("/dance/set/style", ["house", 1.0])),
        (pygame.K_9, 0, None),
        (pygame.K_h, 0, None),
        (pygame.K_t, 0, ("/dance/tap", [])),
        (pygame.K_t, pygame.KMOD_LSHIFT, ("/dance/tap", [])),
        (pygame.K_0, 0, ("/dance/bpm", [0.0])),
        (pygame.K_COMMA, 0, ("/dance/half", [])),
        (pygame.K_PERIOD, 0, ("/dance/double", [])),
        (pygame.K_d, 0, ("/dance/downbeat", [])),
        (pygame.K_r, 0, ("/dance/reset", [])),
        (pygame.K_w, 0, ("/dance/record", [0])),
        (pygame.K_LEFT, pygame.KMOD_LSHIFT, ("/dance/nudge", [-10.0])),
        (pygame.K_RIGHT, pygame.KMOD_RSHIFT, ("/dance/nudge", [10.0])),
        (pygame.K_RIGHT, 0, None),
        (pygame.K_LEFTBRACKET, 0, ("/dance/lead", [-10.0])),
        (pygame.K_RIGHTBRACKET, 0, ("/dance/lead", [10.0])),
    ],
)
def test_keys_go_to_the_stage_as_control_messages(window, key, mod, said):
    window.stream.take("/dance/status", ["styles", "house", "waack"], 0.0)
    press(window, key, mod)
    assert [m for data in window.stage.waiting() for m in messages(data)] == ([said] if said else [])


def test_the_lead_goes_on_from_what_the_stage_says_it_has(window):
    window.words.take("/dance/status", ["lead", 35.0], 0.0)
    press(window, pygame.K_RIGHTBRACKET)
    press(window, pygame.K_RIGHTBRACKET)
    assert [messages(data)[0][1] for data in window.stage.waiting()] == [[45.0], [55.0]]


def test_w_begins_the_next_take_once_the_stage_has_said_that_one_has_ended(window):
    press(window, pygame.K_w)
    window.words.take("/dance/status", ["record", 0], 0.0)
    press(window, pygame.K_w)
    window.words.take("/dance/status", ["record", 2], 0.0)
    press(window, pygame.K_w)
    assert [messages(data)[0][1] for data in window.stage.waiting()] == [[0], [1], [0]]


def test_space_thaws_what_space_or_m_froze_and_m_always_holds(window):
    for key in (pygame.K_SPACE, pygame.K_SPACE, pygame.K_m, pygame.K_m, pygame.K_SPACE):
        press(window, key)
    assert [messages(data)[0][1] for data in window.stage.waiting()] == [[1], [0], [1], [1], [0]]


@pytest.mark.parametrize(
    ("keys", "shift", "moved"),
    [
        ([pygame.K_RIGHT], False, (1, 0, 0)),
        ([pygame.K_LEFT], False, (-1, 0, 0)),
        ([pygame.K_LEFT, pygame.K_RIGHT], False, (0, 0, 0)),
        ([pygame.K_RIGHT], True, (0, 0, 0)),
        ([pygame.K_UP, pygame.K_KP_PLUS], False, (0, 1, 1)),
        ([pygame.K_DOWN, pygame.K_MINUS], True, (0, -1, -1)),
    ],
)
def test_held_keys_walk_the_camera_round_and_with_shift_nudge_instead(keys, shift, moved):
    found = movement(lambda key: key in keys, shift)
    assert tuple((speed > 0) - (speed < 0) for speed in found) == moved
