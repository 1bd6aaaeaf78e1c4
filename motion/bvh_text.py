"""The text of BVH files: the joint tree, the rate that is meant, the numbers; errors name the file and the line."""

import numpy as np
from numpy.typing import NDArray

from motion.skeleton import MotionError

Array = NDArray[np.float64]
CHANNELS = {f"{axis}{kind}".lower(): (kind, i) for i, axis in enumerate("XYZ") for kind in ("position", "rotation")}
# what cameras and capture systems run at; a rounded frame time means the one of these that it was rounded from
_USUAL_RATES = (30.0, 60.0, 120.0, 24.0, 25.0, 50.0, 100.0, 90.0, 72.0, 240.0, 30e3 / 1001, 60e3 / 1001, 120e3 / 1001)


class Hierarchy:
    """The joint tree, token by token: braces and names stand wherever the exporter put them."""

    def __init__(self, lines: list[str], name: str) -> None:
        self.file = name
        self.names: list[str] = []
        self.parents: list[int] = []
        self.offsets: list[tuple[float, ...]] = []
        self.channels: list[tuple[str, ...]] = []
        self.end_sites: dict[int, Array] = {}
        spaced = (line.replace("{", " { ").replace("}", " } ").split() for line in lines)
        self._tokens = [(token, n) for n, words in enumerate(spaced, 1) for token in words]
        self._at = 0
        if not self._tokens or self._tokens[0][0].upper() != "HIERARCHY":
            raise MotionError(f"{name}, line 1: a BVH file begins with HIERARCHY, this one does not")
        self._walk()

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise MotionError(
                f"{self.file}: the hierarchy ends in its middle, before MOTION; a closing brace is missing"
            )
        token = self._tokens[self._at][0]
        self._at += 1
        return token

    def _fail(self, text: str) -> MotionError:
        return MotionError(f"{self.file}, line {self._tokens[self._at - 1][1]}: {text}")

    def _walk(self) -> None:
        self._at = 1
        stack: list[int] = []  # -1 for an end site
        while self._at < len(self._tokens):
            word = self._next()
            key = word.upper()
            if key == "ROOT" and self.names:
                raise self._fail("a second ROOT; one skeleton a file, please")
            if key in ("ROOT", "JOINT"):
                self._joint(stack[-1] if stack else -1)
                stack.append(len(self.names) - 1)
            elif key == "END" and stack:
                self._until_brace()
                stack.append(-1)
            elif key == "OFFSET" and stack:
                self._offset(stack)
            elif key == "CHANNELS" and stack and stack[-1] >= 0:
                self.channels[stack[-1]] = self._channel_list()
            elif key == "}" and stack:
                stack.pop()
            else:
                raise self._fail(f"{word!r} is not understood here")
        if stack or not self.names:
            raise self._fail("a joint is not closed before MOTION" if stack else "there is no ROOT")

    def _until_brace(self) -> str:
        words: list[str] = []
        while (token := self._next()) != "{":
            words.append(token)
        return " ".join(words)

    def _joint(self, parent: int) -> None:
        if self.names and parent < 0:
            raise self._fail("a JOINT outside of every other joint")
        self.names.append(self._until_brace())
        self.parents.append(parent)
        self.offsets.append((0.0, 0.0, 0.0))
        self.channels.append(())

    def _numbers(self, count: int) -> tuple[float, ...]:
        values = []
        for _ in range(count):
            token = self._next()
            try:
                values.append(float(token))
            except ValueError:
                raise self._fail(f"{token!r} is not a number") from None
        return tuple(values)

    def _offset(self, stack: list[int]) -> None:
        values = self._numbers(3)
        if stack[-1] >= 0:
            self.offsets[stack[-1]] = values
        elif len(stack) > 1:
            self.end_sites[stack[-2]] = np.array(values)

    def _channel_list(self) -> tuple[str, ...]:
        count = self._numbers(1)[0]
        if count not in (0, 1, 2, 3, 4, 5, 6):
            raise self._fail("a joint has 0 to 6 channels")
        names = tuple(self._next() for _ in range(int(count)))
        wrong = [n for n in names if n.lower() not in CHANNELS]
        if wrong:
            raise self._fail(f"channel {wrong[0]!r} is not one of Xposition ... Zrotation")
        return names


def motion_header(lines: list[str], at: int, name: str) -> tuple[int, float, float, int]:
    """-> (frames, frame time, fps, index of the first line of numbers)."""
    found: dict[str, str] = {}
    while at < len(lines) and len(found) < 2:
        key, _, value = lines[at].partition(":")
        key = " ".join(key.lower().split())
        if key:
            if key not in ("frames", "frame time"):
                raise MotionError(f"{name}, line {at + 1}: after MOTION come 'Frames:' and 'Frame Time:', not this")
            found[key] = value.strip()
        at += 1
    try:
        frames, frame_time = int(found["frames"]), float(found["frame time"])
    except (KeyError, ValueError):
        raise MotionError(f"{name}, line {at}: 'Frames:' and 'Frame Time:' must each give a number") from None
    if frames < 1 or not 1e-4 < frame_time < 10.0:
        raise MotionError(f"{name}, line {at}: {frames} frames of {frame_time:g} s cannot be a motion")
    return frames, frame_time, _rate(found["frame time"]), at


def _rate(written: str) -> float:
    """Frames a second meant by a rounded frame time: 0.0083333 is 120, .041667 is 24, 0.033367 is 29.97."""
    value = float(written)
    mantissa, _, exponent = written.lower().partition("e")
    last_digit = 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    slack = min(max(last_digit, 2e-4 * value), 0.02 * value)
    for rate in (*_USUAL_RATES, float(round(1.0 / value) or 1)):
        if abs(1.0 / rate - value) <= slack:
            return rate
    return 1.0 / value


def frames_of(lines: list[str], first: int, frames: int, width: int, name: str) -> Array:
    """Rows beyond those promised are passed over: a recorder that was killed wrote them, but did not count them yet."""
    try:
        flat = np.array(" ".join(lines[first:]).split(), dtype=np.float64)
    except ValueError:
        flat = np.empty(0)
    if flat.size == frames * width and np.isfinite(flat).all():
        return flat.reshape(frames, width)
    rows = 0
    for n, line in enumerate(lines[first:], first + 1):
        words = line.split()
        if not words:
            continue
        if rows == frames:
            return frames_of(lines[: n - 1], first, frames, width, name)
        rows += 1
        for word in words:
            if not _is_number(word):
                raise MotionError(f"{name}, line {n}: {word!r} is not a finite number")
        if len(words) != width:
            raise MotionError(f"{name}, line {n}: {len(words)} numbers where the channels ask for {width}")
    raise MotionError(
        f"{name}: the header promises {frames} frames, the file holds {rows}; it is cut off or was edited"
    )


def _is_number(word: str) -> bool:
    try:
        return bool(np.isfinite(float(word)))
    except ValueError:
        return False
