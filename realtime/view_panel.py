"""The words and meters over the picture: tempo, beats, level, what arrives, and the help."""

import pygame

from realtime.view_figure import Colour
from realtime.view_stream import Stream

INK, DIM, FAINT, WARN = (236, 234, 244), (142, 140, 162), (70, 68, 92), (255, 176, 60)
METER_LOW, METER_HIGH = -60.0, 0.0  # dB
MARGIN = 28
WRITTEN = 400  # texts kept
KEYS = (
    ("Q  Esc", "close the window; the show goes on"),
    ("F", "full screen"),
    ("Space", "freeze and go on"),
    ("1 - 9", "styles"),
    ("T  0", "tap the tempo, hear it again"),
    (",  .", "half, double tempo"),
    ("D", "this beat is the one"),
    ("Shift < >", "beat 10 ms later, earlier (arrows)"),
    ("Arrows", "walk around, higher, lower"),
    ("+  -", "nearer, farther"),
    ("Home", "the front again"),
    ("S", "picture to a PNG file"),
    ("H", "this help"),
)


class Pen:
    """Writes words; keeps those it has written."""

    def __init__(self) -> None:
        self._fonts: dict[int, pygame.font.Font] = {}
        self._written: dict[tuple[str, int, Colour], pygame.Surface] = {}

    def words(self, text: str, size: int, colour: Colour) -> pygame.Surface:
        """A text in the built-in face, on nothing."""
        key = (text, size, colour)
        if key not in self._written:
            if len(self._written) > WRITTEN:  # numbers that change would fill the memory
                self._written.clear()
            # letters stand better when made large and brought down
            large = self._font(2 * size).render(text, True, colour)
            self._written[key] = pygame.transform.smoothscale_by(large, 0.5)
        return self._written[key]

    def _font(self, size: int) -> pygame.font.Font:
        if size not in self._fonts:
            self._fonts[size] = pygame.font.Font(None, size)
        return self._fonts[size]

    def write(
        self,
        picture: pygame.Surface,
        text: str,
        at: tuple[float, float],
        size: int,
        colour: Colour,
        right: bool = False,
    ) -> int:
        """Write with the left (or right) upper corner at `at`; the width in pixels."""
        words = self.words(text, size, colour)
        picture.blit(words, (at[0] - words.get_width() * right, at[1]))
        return words.get_width()


class Panel:
    """Everything that is written on the picture."""

    def __init__(self, where: str) -> None:
        self.help = False
        self.note = ""  # what the view itself has to say, such as the name of a saved picture
        self._where = where
        self._pen = Pen()

    def draw(
        self, picture: pygame.Surface, stream: Stream, now: float, frames_per_second: float, accent: Colour
    ) -> None:
        """Write over the finished scene."""
        if stream.alive(now):
            self._tempo(picture, stream, now, accent)
            self._level(picture, stream)
        self._readout(picture, stream, now, frames_per_second)
        if not stream.alive(now):
            self._waiting(picture, stream)
        if self.help:
            self._help(picture, stream.styles)

    def _tempo(self, picture: pygame.Surface, stream: Stream, now: float, accent: Colour) -> None:
        show, (_, height) = stream.show, picture.get_size()
        x, y = MARGIN, height - MARGIN - 58
        known = show.music and show.bpm > 0
        wide = self._pen.write(picture, f"{show.bpm:.0f}" if known else "--", (x, y), 84, INK if known else FAINT)
        self._pen.write(picture, "bpm", (x + wide + 10, y + 34), 28, DIM)
        beats = max(4, show.beat_in_bar)
        phase, beat = stream.beat_phase(now), int(stream.bar_phase(now) * beats)
        for n in range(beats):
            here = known and n == beat
            radius = (9 if n == 0 else 7) + (5 * (1 - phase) ** 2 if here else 0)
            colour = accent if here else FAINT
            pygame.draw.aacircle(picture, colour, (x + 8 + 28 * n, y - 20), radius, 0 if here else 2)
        bar = pygame.Rect(x + 124 if beats == 4 else x + 28 * beats + 12, y - 23, 90, 6)
        pygame.draw.rect(picture, FAINT, bar, border_radius=3)
        sure = bar.copy()
        sure.width = int(bar.width * min(max(show.confidence, 0.0), 1.0))
        pygame.draw.rect(picture, DIM, sure, border_radius=3)
        self._pen.write(picture, "confidence", (bar.right + 10, y - 28), 20, DIM)

    def _level(self, picture: pygame.Surface, stream: Stream) -> None:
        width, height = picture.get_size()
        share = (stream.show.loudness_db - METER_LOW) / (METER_HIGH - METER_LOW)
        steps, wide, gap = 24, 7, 3
        left, top = width - MARGIN - steps * (wide + gap), height - MARGIN - 26
        for n in range(steps):
            lit = (n + 0.5) / steps < share
            colour = ((90, 220, 150) if n < 17 else (250, 200, 70) if n < 21 else (255, 90, 80)) if lit else FAINT
            pygame.draw.rect(picture, colour, (left + n * (wide + gap), top, wide, 26), border_radius=2)
        if share <= 0:
            self._pen.write(picture, "no signal: nothing is heard", (width - MARGIN, top - 26), 24, WARN, right=True)
        else:
            self._pen.write(
                picture, f"{stream.show.loudness_db:.0f} dB", (width - MARGIN, top - 24), 22, DIM, right=True
            )

    def _readout(self, picture: pygame.Surface, stream: Stream, now: float, frames_per_second: float) -> None:
        right = picture.get_width() - MARGIN
        if stream.alive(now):
            ahead = (stream.show.lead - stream.delay) * 1e3
            lines = [
                f"{stream.fps:.0f} poses/s   {frames_per_second:.0f} pictures/s"
                + f"   {stream.lost} lost" * (stream.lost > 0),
                f"lead {stream.show.lead * 1e3:.0f} ms, shown {stream.delay * 1e3:.0f} ms later: {ahead:+.0f} ms",
            ]
            for n, line in enumerate(lines):
                self._pen.write(picture, line, (right, MARGIN - 8 + 21 * n), 21, DIM, right=True)
        self._pen.write(picture, self.note or stream.status, (MARGIN, MARGIN - 8), 22, DIM)

    def _waiting(self, picture: pygame.Surface, stream: Stream) -> None:
        width, height = picture.get_size()
        first = stream.show.index == 0 and not stream.tracks
        text = f"waiting for /dance at {self._where}" if first else "the stream has stopped"
        words = self._pen.words(text, 36, WARN if not first else DIM)
        picture.blit(words, ((width - words.get_width()) // 2, height // 2 - 18 if first else height - 120))

    def _help(self, picture: pygame.Surface, styles: tuple[str, ...]) -> None:
        rows = list(KEYS)
        if styles:
            names = "  ".join(f"{n + 1} {style}" for n, style in enumerate(styles[:9]))
            rows[3] = ("1 - 9", names)
        box = pygame.Surface(
            (max(420, 170 + self._pen.words(rows[3][1], 26, DIM).get_width()), 34 + 30 * len(rows)), pygame.SRCALPHA
        )
        pygame.draw.rect(box, (10, 10, 18, 214), box.get_rect(), border_radius=12)
        for n, (key, meaning) in enumerate(rows):
            self._pen.write(box, key, (24, 20 + 30 * n), 26, INK)
            self._pen.write(box, meaning, (130, 20 + 30 * n), 26, DIM)
        picture.blit(box, box.get_rect(center=picture.get_rect().center))
