"""Music without a device: songs made by `audio.demo`, one after the other, for as long as the show goes on."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from audio import demo
from audio.config import RATE
from realtime.frame import F32
from realtime.sources.base import Source

BLOCK = RATE // 60  # samples


class DemoSource(Source):
    """Endless: song n is made from seed + n while song n - 1 plays, so the show never waits for one."""

    rate = RATE

    def __init__(self, seed: int, say: Callable[[str], None]) -> None:
        self._seed = seed
        self._say = say
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="demo song")
        self._song = demo.song(seed)
        self.name = f"demo song, {self._song.name}"

    def blocks(self) -> Iterator[F32]:
        """All songs, without a gap."""
        while True:
            self._seed += 1
            coming = self._maker.submit(demo.song, self._seed)
            samples = self._song.samples
            for at in range(0, len(samples), BLOCK):
                yield samples[at : at + BLOCK]
            self._song = coming.result()
            self.name = f"demo song, {self._song.name}"
            self._say(f"now playing {self._song.name}")

    def close(self) -> None:
        """Leave the song that is being made unfinished."""
        self._maker.shutdown(wait=False, cancel_futures=True)
