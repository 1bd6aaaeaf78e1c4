"""The dancer in a terminal: rendered to a string and read back."""

import dataclasses
import io
import re

import numpy as np
import pytest

from motion.skeleton import BONES
from realtime.frame import StageError
from realtime.sinks.terminal import TerminalSink, draw, status
from tests.realtime.swing import FPS, frame, options

STYLES = ((2, "house"), (3, "waack"))


class Terminal(io.StringIO):
    """A terminal that remembers what was written to it."""

    def isatty(self):
        return True


def dots(lines):
    """Dots [4 * rows, 2 * columns] of braille text, by the Unicode standard's numbering of the dots."""
    shown = np.zeros((4 * len(lines), 2 * max(map(len, lines))), bool)
    order = [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1), (3, 0), (3, 1)]
    for row, line in enumerate(lines):
        for column, sign in enumerate(line):
            code = 0 if sign == " " else ord(sign) - 0x2800
            for bit, (down, right) in enumerate(order):
                shown[4 * row + down, 2 * column + right] = code >> bit & 1
    return shown


def extent(shown):
    rows, columns = np.nonzero(shown)
    return rows.min(), rows.max(), columns.min(), columns.max()


@pytest.mark.parametrize(("columns", "rows", "dancers"), [(79, 22, 1), (79, 22, 4), (200, 58, 2), (20, 6, 1)])
def test_the_whole_figure_fits_the_terminal_in_lines_of_its_width(columns, rows, dancers):
    lines = draw(frame(5, dancers).positions, columns, rows, colour=False)
    assert [len(line) for line in lines] == [columns] * rows
    top, bottom, left, right = extent(dots(lines))
    assert 0 < top < bottom <= 4 * rows - 1
    assert 0 <= left < right <= 2 * columns - 1
    assert bottom >= 4 * rows - 6


def test_the_figure_is_as_tall_as_it_is_wide_in_a_t_pose_up_to_a_hands_length():
    from motion.kinematics import forward
    from motion.skeleton import HUMANOID

    rest = np.tile(np.array([0, 0, 0, 1.0]), (1, 22, 1))
    positions, _ = forward(HUMANOID, np.array([[0, 0.95, 0]]), rest)
    top, bottom, left, right = extent(dots(draw(positions, 79, 22, colour=False)))
    assert (right - left) / (bottom - top) == pytest.approx(1.4 / 1.7, abs=0.12)


def test_the_dancers_left_hand_is_on_the_right_of_the_picture():
    plain = frame(5).positions
    raised = plain.copy()
    raised[0, BONES.index("leftHand")] = raised[0, BONES.index("leftLowerArm")] + (0.3, 0.3, 0)
    before, after = (dots(draw(p, 79, 22, colour=False)) for p in (plain, raised))
    new = np.nonzero(after & ~before)[1]
    assert new.min() > 79


def test_each_dancer_has_a_colour_of_its_own_and_lines_end_plain():
    text = "\n".join(draw(frame(5, 2).positions, 79, 22))
    assert len(set(re.findall(r"\x1b\[38;5;\d+m", text))) == 2
    assert all(line.endswith("\x1b[0m") for line in text.splitlines() if "\x1b" in line)


def test_the_status_line_tells_beat_tempo_level_style_and_time_in_eighty_columns():
    shown = frame(899)
    shown.controls[0, 3] = 1.0
    shown = dataclasses.replace(shown, report=dataclasses.replace(shown.report, beat_in_bar=3), loudness_db=-30.0)
    line = status(shown, STYLES, 80, colour=False)
    assert line == "○○●○  120 bpm  90%  ████···· -30 dB  waack  1:00"
    assert len(status(shown, STYLES, 20, colour=False)) <= 19


def test_silence_and_no_music_are_said():
    quiet = frame(0)
    quiet = dataclasses.replace(quiet, loudness_db=-np.inf, report=dataclasses.replace(quiet.report, music=False))
    line = status(quiet, (), 80, colour=False)
    assert "no signal" in line
    assert "no beat" in line
    assert "●" not in line


def test_a_terminal_is_redrawn_in_place_and_gets_its_cursor_back():
    out = Terminal()
    sink = TerminalSink(options("terminal"), out)
    sink.send(frame(0))
    sink.close()
    text = out.getvalue()
    assert text.startswith("\x1b[?25l\x1b[2J\x1b[H")
    assert text.endswith("\x1b[?25h\n")
    assert text.count("\n") <= 24
    assert "120 bpm" in text


def test_where_there_is_no_terminal_a_line_a_second_is_written_without_colours():
    out = io.StringIO()
    sink = TerminalSink(options("terminal"), out)
    for k in range(FPS):
        sink.send(frame(k))
    sink.close()
    (line,) = out.getvalue().splitlines()
    assert "120 bpm" in line
    assert "\x1b" not in line


def test_a_reader_that_has_gone_stops_nothing():
    out = Terminal()
    sink = TerminalSink(options("terminal"), out)
    out.close()
    sink.send(frame(0))
    sink.close()
    sink.send(frame(1))


def test_a_target_is_refused():
    with pytest.raises(StageError, match="target"):
        TerminalSink(options("terminal", "tty1"))
