"""The words and meters over the picture: tempo, beats, level, style, what arrives, and the help."""

from functools import lru_cache

import pygame

from realtime.view_keys import ROWS, STYLES_ROW
from realtime.view_pen import Colour, Pen
from realtime.view_stream import Stream
from realtime.view_words import Words, bar_position

INK, DIM, FAINT, WARN, ALARM = (236, 234, 244), (150, 148, 170), (64, 62, 86), (255, 176, 60), (255, 74, 64)
LOW, MIDDLE, HIGH = (90, 220, 150), (250, 200, 70), (255, 90, 80)
METER_LOW, METER_HIGH = -60.0, 0.0  # dB
STEPS, STEP_WIDE, STEP_HIGH, MARGIN = 24, 10, 26, 28
FULL_HEIGHT, FULL_WIDTH, SMALLEST, LARGEST = 720, 1280, 0.6, 2.0
BEAT_STEP = 30  # pixels from one beat's ring to the next
NOTE_SECONDS = 5.0
RATE_SECONDS = 0.5  # between two readings of the pictures a second


class Panel:
    """Draws them; `where` is the address that the stream should come to."""

    def __init__(self, where: str) -> None:
        self.on = True
        self.help = False
        self._note, self._noted = "", -NOTE_SECONDS
        self._status = ""
        self._where = where
        self._pen = Pen()
        self._meters: tuple[float, pygame.Surface, pygame.Surface] | None = None  # scale, dark and lit
        self._rate = (0.0, 0.0)  # when it was read, pictures a second

    def say(self, text: str, now: float) -> None:
        """Show a line for a few seconds."""
        self._note, self._noted = text, now

    def draw(
        self, picture: pygame.Surface, stream: Stream, words: Words, now: float, pictures: float, accent: Colour
    ) -> None:
        """Draw all of it; pictures a second is what the window manages."""
        width, height = picture.get_size()
        self._pen.scale = min(max(min(width / FULL_WIDTH, height / FULL_HEIGHT), SMALLEST), LARGEST)
        if stream.status != self._status:
            self._status = stream.status
            self.say(stream.status, now)
        alive = stream.alive(now)
        if self.on and alive:
            self._beat(picture, stream, words, now, accent)
            self._level(picture, stream, words, now)
            self._readout(picture, stream, words, now, pictures)
        if not alive:
            self._waiting(picture, stream)
        elif words.frozen:
            self._middle(picture, "FROZEN", 0.05, 30, WARN)
        if self.on and now - self._noted < NOTE_SECONDS:
            self._middle(picture, self._note, 0.11, 24, INK)
        if self.help:
            self.draw_help(picture, stream.styles)

    def _beat(self, picture: pygame.Surface, stream: Stream, words: Words, now: float, accent: Colour) -> None:
        pen, scale, show = self._pen, self._pen.scale, stream.show
        x, y = MARGIN * scale, picture.get_height() - (MARGIN + 66) * scale
        known = show.music and show.bpm > 0
        tempo = f"{show.bpm:.0f}" if known else "no beat"
        wide = pen.write(picture, tempo, (x, y), 92 if known else 56, INK if known else DIM)
        if known:
            pen.write(picture, "bpm", (x + wide + 10 * scale, y + 10 * scale), 26, DIM)
            pen.write(picture, words.ruler(), (x + wide + 10 * scale, y + 34 * scale), 28, INK)
        beats, position = bar_position(show, stream.shown_time(now) - show.audio_time)
        step, row = BEAT_STEP * scale, y - 26 * scale
        picture.blit(rings(beats, scale), (x, row - BEAT_STEP / 2 * scale))
        if known:
            n = int(position)
            radius = ((9 if n == 0 else 7) + 6 * (1 - position % 1) ** 2) * scale
            pygame.draw.aacircle(picture, accent, (x + 10 * scale + step * n, row), radius)
        line = pygame.Rect(x, row + 17 * scale, step * beats - 10 * scale, max(3 * scale, 2))
        pygame.draw.rect(picture, FAINT, line)
        if known:
            pygame.draw.rect(picture, accent, (line.x, line.y, line.width * position / beats, line.height))
        if known:
            self._sureness(picture, show.confidence, x + step * beats + 16 * scale, row)

    def _sureness(self, picture: pygame.Surface, confidence: float, x: float, middle: float) -> None:
        scale, sure = self._pen.scale, min(max(confidence, 0.0), 1.0)
        bar = pygame.Rect(x, middle - 4 * scale, 92 * scale, max(6 * scale, 3))
        pygame.draw.rect(picture, FAINT, bar, border_radius=3)
        pygame.draw.rect(picture, DIM, (bar.x, bar.y, bar.width * sure, bar.height), border_radius=3)
        self._pen.write(picture, f"{100 * sure:.0f} % sure", (bar.right + 10 * scale, middle - 10 * scale), 22, DIM)

    def _level(self, picture: pygame.Surface, stream: Stream, words: Words, now: float) -> None:
        pen, scale, level = self._pen, self._pen.scale, stream.show.loudness_db
        if self._meters is None or self._meters[0] != scale:
            self._meters = (scale, meter(scale, False), meter(scale, True))
        _, dark, lit = self._meters
        width, height = lit.get_size()
        left, top = picture.get_width() - MARGIN * scale - width, picture.get_height() - MARGIN * scale - height
        share = min(max((level - METER_LOW) / (METER_HIGH - METER_LOW), 0.0), 1.0)
        picture.blit(dark, (left, top))
        picture.blit(lit, (left, top), (0, 0, round(share * STEPS) * width // STEPS, height))
        above, edge = top - 26 * scale, left + width
        if share <= 0:
            pen.write(picture, "no signal: nothing is heard", (edge, above), 26, WARN, right=True)
            return
        wide = pen.write(picture, f"{level:.0f} dB", (edge, above), 22, DIM, right=True)
        if words.clips(now):
            box = pygame.Rect(edge - wide - 62 * scale, above - 3 * scale, 50 * scale, 21 * scale)
            pygame.draw.rect(picture, ALARM, box, border_radius=3)
            label = pen.words("CLIP", 22, (20, 0, 0))
            picture.blit(label, label.get_rect(center=box.center))

    def _readout(self, picture: pygame.Surface, stream: Stream, words: Words, now: float, pictures: float) -> None:
        pen, scale = self._pen, self._pen.scale
        right, top = picture.get_width() - MARGIN * scale, (MARGIN - 8) * scale
        if not 0 <= now - self._rate[0] < RATE_SECONDS:
            self._rate = now, pictures
        early = round((stream.show.lead - stream.delay) * 1e3)
        drawn = f"   {self._rate[1]:.0f} pictures/s" if self._rate[1] else ""
        lost = f"   {stream.lost} lost" if stream.lost else ""
        lines = (
            (f"shown {abs(early)} ms {'before' if early >= 0 else 'after'} the sound", 24, INK),
            (f"lead {stream.show.lead * 1e3:.0f} ms, of it yours {words.lead_ms:+.0f}", 21, DIM),
            (f"{stream.fps:.0f} poses/s{drawn}{lost}", 21, DIM),
        )
        for n, (line, size, colour) in enumerate(lines):
            pen.write(picture, line, (right, top + 23 * n * scale), size, colour, right=True)
        pen.write(picture, words.style(), (MARGIN * scale, top), 34, INK)
        pen.write(picture, "H help", (MARGIN * scale, top + 28 * scale), 20, FAINT)

    def _middle(self, picture: pygame.Surface, text: str, down: float, size: float, colour: Colour) -> None:
        words = self._pen.words(text, size, colour)
        picture.blit(words, words.get_rect(center=(picture.get_width() // 2, int(picture.get_height() * down))))

    def _waiting(self, picture: pygame.Surface, stream: Stream) -> None:
        if stream.show.index == 0 and not stream.tracks:
            self._middle(picture, f"waiting for /dance at {self._where}", 0.5, 36, DIM)
        else:
            self._middle(picture, "the stream has stopped", 0.87, 36, WARN)

    def draw_help(self, picture: pygame.Surface, styles: tuple[str, ...]) -> None:
        """All keys, in as many columns as it takes."""
        pen, (width, height) = self._pen, picture.get_size()
        names = "  ".join(f"{n + 1} {style}" for n, style in enumerate(styles[:9]))
        rows = [(row.name, names if row is STYLES_ROW and names else row.meaning) for row in ROWS]
        pen.scale = min(pen.scale, (height - 20) / (34 + 29 * len(rows)))
        high, first = 29 * pen.scale, 120 * pen.scale
        wide = max(pen.words(meaning, 25, DIM).get_width() for _, meaning in rows)
        box = pygame.Surface(
            (min(wide + first + 50 * pen.scale, width), 34 * pen.scale + high * len(rows)), pygame.SRCALPHA
        )
        pygame.draw.rect(box, (8, 8, 16, 226), box.get_rect(), border_radius=12)
        for n, (name, meaning) in enumerate(rows):
            y = 18 * pen.scale + high * n
            pen.write(box, name, (24 * pen.scale, y), 25, INK)
            pen.write(box, meaning, (24 * pen.scale + first, y), 25, DIM)
        picture.blit(box, box.get_rect(center=picture.get_rect().center))


@lru_cache(maxsize=8)
def rings(beats: int, scale: float) -> pygame.Surface:
    """One for each beat of a bar, the first a little larger."""
    surface = pygame.Surface((BEAT_STEP * scale * beats, BEAT_STEP * scale), pygame.SRCALPHA)
    surface.fill((*FAINT, 0))  # what is half covered is of this colour, too
    for n in range(beats):
        middle = ((10 + BEAT_STEP * n) * scale, BEAT_STEP / 2 * scale)
        pygame.draw.aacircle(surface, FAINT, middle, (9 if n == 0 else 7) * scale, 2)
    return surface


def meter(scale: float, lit: bool) -> pygame.Surface:
    """The steps of a level meter, all dark or all lit."""
    wide, high = max(round(STEP_WIDE * scale), 3), max(round(STEP_HIGH * scale), 8)
    surface = pygame.Surface((wide * STEPS, high), pygame.SRCALPHA)
    for n in range(STEPS):
        colour = (LOW if n < 17 else MIDDLE if n < 21 else HIGH) if lit else FAINT
        pygame.draw.rect(surface, colour, (n * wide, 0, wide - max(wide // 3, 1), high), border_radius=2)
    return surface
