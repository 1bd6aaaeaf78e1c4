"""Records the dance as binary glTF with an animation of the 22 bones (.glb), which is also a VRM animation (.vrma).

Time 0 of the animation is the first sample of the sound: played together, the dance is on the beat.
"""

from functools import partial
from pathlib import Path

import numpy as np

from motion import gltf_figure
from motion.gltf_animation import LATEST, Layout, columns
from motion.rotation import Floats
from motion.skeleton import HUMANOID
from realtime.frame import StageError
from realtime.sinks.base import SinkOptions
from realtime.sinks.each import EachRecorder
from realtime.sinks.growing import GrowingFile

RATE = 60.0  # keys a second


class GlbSink(EachRecorder):
    """One file for each dancer, as a VRM animation has but one."""

    HELP = "glTF animation FILE.glb, or FILE.vrma for VRM avatars (FILE_0, FILE_1 ... for several dancers); rate=60"

    def __init__(self, options: SinkOptions) -> None:
        options.only("rate")
        rate = options.rate(RATE)
        suffix = ".vrma" if options.target.lower().endswith(".vrma") else ".glb"
        lay = partial(Layout, HUMANOID, figure=gltf_figure.body() if suffix == ".glb" else None)
        path, dancers = options.file(suffix), options.info.dancers
        super().__init__("glb", path, dancers, rate, partial(_Animation, lay=lay))


class _Animation:
    """The file of one dancer."""

    def __init__(self, path: Path, lay: partial[Layout]) -> None:
        self._lay, self._file = lay, GrowingFile(path, lay)
        self._last = 0.0  # s, time of the newest key

    def add(self, times: Floats, root: Floats, local: Floats) -> None:
        """Keys at times [T] s, later than all before; the first pose is held from time 0 on, as players expect one."""
        later = np.flatnonzero(np.diff(times.astype(np.float32), prepend=np.float32(self._last)) > 0)
        times, root, local = times[later], root[later], local[later]
        if not len(times):
            return
        if times[-1] > LATEST:
            raise StageError(f"a glTF animation cannot be longer than {LATEST / 3600:.0f} hours")
        if not self._file.rows:
            times, root, local = (np.concatenate([part[:1], part]) for part in (times, root, local))
            times[0] = 0.0
        keys, last = self._file.rows + len(times), float(times[-1])
        self._file.append(len(times), columns(times, root, local), lambda layout: [layout.mark(keys, 0.0, last)])
        self._last = last

    def close(self) -> None:
        """Complete the file; without any key there is none."""
        if not self._file.rows:
            return self.discard()
        keys, last = self._file.rows, self._last
        return self._file.close(self._lay, lambda layout: [layout.mark(keys, 0.0, last)])

    def discard(self) -> None:
        """Leave nothing behind."""
        self._file.discard()
