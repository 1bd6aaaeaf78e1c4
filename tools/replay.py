"""Show a recorded dance again, on any sink:  python -m tools.replay show.npz --sink vmc:127.0.0.1:39539

    python -m tools.replay show.npz --sound show.wav --sink view --sink osc     rehearse without music or dancer
    python -m tools.replay show.npz --sink glb:show.glb --pace fast             make a file of another kind of it

The poses are those of the recording, bit for bit; the beat is what was heard then. With the sound beside it (--sink wav
of the same show) the level and the sound go to the sinks, too; nothing is played.
"""

import argparse
import math
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from tqdm import tqdm

from audio import features
from audio.beat import BEAT_NAMES
from audio.config import FRAME, FRAME_RATE, RATE
from export.manifest import DancerFileError, Manifest
from motion.pose import POSE_SIZE
from motion.skeleton import BONES
from realtime import dancers
from realtime.clock import Clock, WallClock
from realtime.engines.open import open_engine
from realtime.frame import F32, BeatReport, StageError, StageFrame
from realtime.run import default_sinks, say
from realtime.sinks.base import StageInfo
from realtime.sinks.open import Sinks, open_sinks

SHAPES: dict[str, tuple[Any, ...]] = {  # of each array after the frames (and the dancers N)
    "pose": ("N", POSE_SIZE), "positions": ("N", len(BONES), 3), "rotations": ("N", len(BONES), 4),
    "contacts": ("N", 4), "beat": (len(BEAT_NAMES),), "controls": ("N", "C"), "audio_time": (),
}  # fmt: skip


class Recording:
    """The arrays of an npz that `--sink npz` wrote, with the sound beside them if there is any."""

    def __init__(self, path: Path, sound: Path | None) -> None:
        """Read all of it. Raises StageError, one line, for anything else."""
        self.arrays = _read(path)
        self.frames, self.dancers = self.arrays["pose"].shape[:2]
        self.samples = np.zeros((self.frames, FRAME), np.float32) if sound is None else _heard(sound, self.frames)

    def play(self, lead: float) -> Iterator[StageFrame]:
        """Its frames; `lead`: seconds by which its poses are ahead of the sound."""
        state, arrays = features.init(), self.arrays
        for n in range(self.frames):
            heard, state = features.push(state, self.samples[n])
            yield StageFrame(
                index=n,
                audio_time=float(arrays["audio_time"][n]),
                lead=lead,
                samples=self.samples[n],
                features=heard.values,
                beat=arrays["beat"][n],
                report=report(arrays["beat"][n]),
                loudness_db=heard.loudness_db,
                energy=heard.energy,
                controls=arrays["controls"][n],
                pose=arrays["pose"][n],
                root_position=arrays["positions"][n, :, 0],
                rotations=arrays["rotations"][n],
                positions=arrays["positions"][n],
                contacts=arrays["contacts"][n],
            )


def report(vector: F32, metre: int = 4) -> BeatReport:
    """What a beat vector [8] says (audio.beat.vector): the metre is not in it and taken for four."""
    said = dict(zip(BEAT_NAMES, vector.tolist(), strict=True))
    beat, bar = (math.atan2(said[f"{w}_sin"], said[f"{w}_cos"]) / (2 * math.pi) % 1.0 for w in ("beat", "bar"))
    bpm = 120.0 * 2.0 ** said["tempo"]
    return BeatReport(beat, bar, bpm, said["confidence"], int(bar * metre) % metre + 1, said["music"] > 0.5)


def _read(path: Path) -> dict[str, Any]:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        frames, dancers = arrays["pose"].shape[:2]
        sizes = {"N": dancers, "C": arrays["controls"].shape[-1]}
        for name, shape in SHAPES.items():
            wanted = (frames, *(sizes.get(size, size) for size in shape))
            if arrays[name].shape != wanted or not np.isfinite(arrays[name]).all():
                raise ValueError(f"{name} is {arrays[name].shape} or not finite, not {wanted}")
        str(arrays["dancer"])
    except (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile) as err:
        raise StageError(f"{path} is no recording ({err}): --sink npz:FILE makes one") from None
    if not frames:
        raise StageError(f"{path} holds no pose")
    return arrays


def _heard(path: Path, frames: int) -> F32:
    """The sound as the frames [frames, 1600] had it; silence after its end."""
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as err:
        raise StageError(f"--sound {path} cannot be read ({err})") from None
    if rate != RATE:
        raise StageError(f"--sound {path} has {rate} Hz: it is to be what --sink wav wrote beside the recording")
    whole = np.zeros(frames * FRAME, np.float32)
    mono = samples.mean(axis=1)[: len(whole)]
    whole[: len(mono)] = mono
    return whole.reshape(frames, FRAME)


def manifest_of(recording: Recording, named: str | None) -> Manifest:
    """The dancer's own words. Raises StageError or DancerFileError where it is not there, or another one."""
    name = named or str(recording.arrays["dancer"])
    manifest = open_engine(dancers.find(name)).manifest
    if len(manifest.controls) != recording.arrays["controls"].shape[-1]:
        raise StageError(
            f"the recording is not of dancer {name}: its controls are others; --dancer FILE names the right one"
        )
    return manifest


def replay(recording: Recording, sinks: Sinks, lead: float, clock: Clock | None) -> None:
    """Send all frames, each when it is due by the clock, or at once without one."""
    began = clock.now() if clock else 0.0
    first = float(recording.arrays["audio_time"][0])
    for frame in tqdm(recording.play(lead), total=recording.frames, unit="pose", disable=None, leave=False):
        if clock:
            clock.sleep(began + frame.audio_time - first - clock.now())
        sinks.send(frame, late=False)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; 0, or 2 with one line on stderr."""
    about, _, more = (__doc__ or "").partition("\n")
    plain = argparse.RawDescriptionHelpFormatter
    p = argparse.ArgumentParser(prog="python -m tools.replay", description=about, epilog=more, formatter_class=plain)
    p.add_argument("recording", type=Path, metavar="FILE.npz", help="what --sink npz, or tools.dance, wrote")
    p.add_argument("--sink", action="append", metavar="NAME[:TARGET][,opt=v]", help="as realtime.run has it; repeat")
    p.add_argument("--sound", type=Path, metavar="FILE.wav", help="what --sink wav wrote beside it")
    p.add_argument("--pace", choices=("live", "fast"), default="live", help="fast: as fast as it goes, into files")
    p.add_argument("--dancer", metavar="NAME|FILE", help="who danced, where it is not a shipped dancer")
    wanted = p.parse_args(argv)
    try:
        recording = Recording(wanted.recording, wanted.sound)
        manifest = manifest_of(recording, wanted.dancer)
        lead = manifest.lead_frames / FRAME_RATE
        seed = int(recording.arrays.get("seed", 0))
        info = StageInfo(manifest, recording.dancers, seed, FRAME_RATE, lead, manifest.styles)
        clock = WallClock() if wanted.pace == "live" else None
        sinks = open_sinks(wanted.sink or default_sinks(), info, say, clock)
    except (StageError, DancerFileError) as err:
        print(f"tools.replay: {err}", file=sys.stderr)
        return 2
    print(
        f"{wanted.recording}: {recording.frames / FRAME_RATE:.1f} s of {manifest.name} to {sinks.describe()}",
        flush=True,
    )
    try:
        replay(recording, sinks, lead, clock)
    except KeyboardInterrupt:
        pass
    finally:
        sinks.close()
    return 2 if sinks.errors else 0


if __name__ == "__main__":
    sys.exit(main())
