"""Show a recorded dance again, on any sink:  python -m tools.replay show.npz --sink vmc:127.0.0.1:39539

    python -m tools.replay show.npz --sound show.wav --sink view --sink osc     rehearse without music or dancer
    python -m tools.replay show.npz --sink glb:show.glb --pace fast             make a file of another kind of it

The poses are those of the recording, bit for bit; the beat is what was heard then. With the sound beside it (--sink wav
of the same show) the level and the sound go to the sinks, too; nothing is played.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile
from tqdm import tqdm

from audio import beat, features
from audio.config import FRAME, FRAME_RATE, RATE
from export.manifest import DancerFileError, Manifest
from realtime import dancers, recording
from realtime.clock import Clock, WallClock
from realtime.engines.open import open_engine
from realtime.frame import F32, BeatReport, StageError, StageFrame
from realtime.run import default_sinks, say
from realtime.sinks.base import StageInfo
from realtime.sinks.open import Sinks, open_sinks


class Recording:
    """The arrays of an npz that `--sink npz` wrote, with the sound beside them if there is any."""

    def __init__(self, path: Path, sound: Path | None) -> None:
        """Read all of it. Raises StageError, one line, for anything else."""
        self.arrays = recording.read(path)
        self.frames, self.dancers = self.arrays["pose"].shape[:2]
        self.samples = np.zeros((self.frames, FRAME), np.float32) if sound is None else _heard(sound, self.frames)

    def play(self, lead: float) -> Iterator[StageFrame]:
        """Its frames; `lead`: seconds by which its poses are ahead of the sound."""
        state, arrays = features.init(), self.arrays
        for n in range(self.frames):
            now = beat.from_vector(arrays["beat"][n])
            heard, state = features.push(state, self.samples[n])
            yield StageFrame(
                index=n,
                audio_time=float(arrays["audio_time"][n]),
                lead=lead,
                samples=self.samples[n],
                features=heard.values,
                beat=arrays["beat"][n],
                report=BeatReport.of(now),
                reading=_before(now, lead),
                loudness_db=heard.loudness_db,
                energy=heard.energy,
                controls=arrays["controls"][n],
                pose=arrays["pose"][n],
                root_position=arrays["positions"][n, :, 0],
                rotations=arrays["rotations"][n],
                positions=arrays["positions"][n],
                contacts=arrays["contacts"][n],
            )


def _before(now: beat.Beat, lead: float) -> beat.Reading:
    """What the beat engine knew when it predicted this, so many seconds ahead."""
    beats = now.bar_phase * now.metre - lead / now.period
    return beat.Reading(beats, now.period, now.metre, 0, now.confidence, now.music)


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


def manifest_of(show: Recording, named: str | None) -> Manifest:
    """The dancer's own words. Raises StageError or DancerFileError where it is not there, or another one."""
    name = named or str(show.arrays["dancer"])
    manifest = open_engine(dancers.find(name)).manifest
    if len(manifest.controls) != show.arrays["controls"].shape[-1]:
        raise StageError(
            f"the recording is not of dancer {name}: its controls are others; --dancer FILE names the right one"
        )
    return manifest


def replay(show: Recording, sinks: Sinks, lead: float, clock: Clock | None) -> None:
    """Send all frames, each when it is due by the clock, or at once without one."""
    began = clock.now() if clock else 0.0
    first = float(show.arrays["audio_time"][0])
    for frame in tqdm(show.play(lead), total=show.frames, unit="pose", disable=None, leave=False):
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
        show = Recording(wanted.recording, wanted.sound)
        manifest = manifest_of(show, wanted.dancer)
        lead = manifest.lead_frames / FRAME_RATE
        seed = int(show.arrays.get("seed", 0))
        info = StageInfo(manifest, show.dancers, seed, FRAME_RATE, lead, manifest.styles)
        clock = WallClock() if wanted.pace == "live" else None
        sinks = open_sinks(wanted.sink or default_sinks(), info, say, clock)
    except (StageError, DancerFileError) as err:
        print(f"tools.replay: {err}", file=sys.stderr)
        return 2
    print(
        f"{wanted.recording}: {show.frames / FRAME_RATE:.1f} s of {manifest.name} to {sinks.describe()}",
        flush=True,
    )
    try:
        replay(show, sinks, lead, clock)
    except KeyboardInterrupt:
        pass
    finally:
        sinks.close()
    return 2 if sinks.errors else 0


if __name__ == "__main__":
    sys.exit(main())
