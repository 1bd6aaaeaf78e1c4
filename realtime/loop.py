"""Where sound becomes poses.

    source.blocks()      mono blocks of any size, at the source's rate
         │  resample, framing          24 kHz, frames of 1600 samples = 1/15 s
         ▼
    hear(session, block) ──► session.moment.waiting
         │
    tick(session, frame)
         │  features.push ──► values [F], onsets
         │  beat.push, beat.predict(now + lead) ──► beat [K]
         │  engine.step(features, beat, controls, noise, state) ──► pose [N, 140]
         │  opening.step, pose.decode, apart.step, finish.step, crew.step, kinematics.forward ──► positions
         ▼
    StageFrame ──► every sink

`dance` knows no clock, no thread and no device: poses depend only on the samples consumed, the seed and the controls.
`run_stream` adds the show around it: late frames, sinks that fail, and the account of what it costs.
"""

import gc
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from audio import beat, features, framing, resample
from audio.config import FRAME_RATE
from motion import kinematics, rotation
from motion.opening import still
from motion.skeleton import HUMANOID
from realtime.engines.base import warm_up
from realtime.frame import F32, BeatReport, StageFrame
from realtime.session import Session
from realtime.sinks.open import Sinks
from realtime.sources.base import Source


def dance(blocks: Iterable[F32], session: Session, more_lead: float = 0.0) -> Iterator[StageFrame]:
    """Yield one frame for each 1600 samples at 24 kHz; blocks are mono float32 [n >= 0] at the session's rate."""
    for block in blocks:
        hear(session, block)
        while session.moment.waiting:
            yield tick(session, session.moment.waiting.popleft(), more_lead)


def hear(session: Session, block: F32) -> None:
    """Bring a block to the stage rate and add the frames it completes to those that wait."""
    moment = session.moment
    session.stats.start()
    samples, moment.resample = resample.push(moment.resample, block)
    frames, moment.framing = framing.push(moment.framing, samples)
    moment.waiting.extend(frames)
    moment.heard += len(block)
    session.stats.lap("resample")


def tick(session: Session, samples: F32, more_lead: float) -> StageFrame:
    """One frame of sound [1600] to one frame of the stage."""
    moment, stats = session.moment, session.stats
    stats.start_frame()
    if session.told is None:
        heard, moment.features = features.push(moment.features, samples)
        stats.lap("features")
        moment.beat = beat.push(moment.beat, heard)
    else:
        heard = session.be_told(session.told)
    session.apply_commands()
    session.obey_clock()
    lead = session.lead + more_lead
    now = beat.predict(moment.beat, lead)
    beat_vector = beat.vector(now)
    stats.lap("beat")
    if not moment.frozen:
        moment.pose = _step(session, heard.values, beat_vector)
    stats.lap("step")
    root, local, contacts = session.bodies(now)
    moment.rotations = rotation.follow(local, moment.rotations)
    positions, _ = kinematics.forward(HUMANOID, root, local)
    stats.lap("pose")
    moment.index += 1
    return StageFrame(
        index=moment.index - 1,
        audio_time=moment.index / FRAME_RATE,
        lead=lead,
        samples=samples,
        features=heard.values,
        beat=beat_vector,
        report=BeatReport.of(now, moment.clock),
        reading=beat.reading(moment.beat),
        loudness_db=heard.loudness_db,
        energy=heard.energy,
        controls=session.controls.values.copy(),
        pose=moment.pose,
        root_position=root.astype(np.float32),
        rotations=moment.rotations.astype(np.float32),
        positions=positions.astype(np.float32),
        contacts=np.asarray(contacts, np.float32),
    )


def _step(session: Session, values: F32, beat_vector: F32) -> F32:
    """The dancers' next poses. Where one is not finite none of them leaves: all stand still and begin anew."""
    moment, dancers = session.moment, session.dancers
    made, moment.body = session.engine.step(
        np.tile(values, (dancers, 1)),
        np.tile(beat_vector, (dancers, 1)),
        session.controls.values,
        session.chance(),
        moment.body,
    )
    if np.isfinite(made).all():
        return made
    session.stats.broken += 1
    moment.body = session.engine.init_state(dancers)
    return still(moment.pose)


def run_stream(
    source: Source, session: Session, sinks: Sinks, frames: int | None = None, stop: Callable[[], bool] = lambda: False
) -> None:
    """Play the show: until the source ends, `frames` poses are made, or `stop()` says so at a block's border.

    A frame is late when a whole newer one already waits: it is danced, so that nothing is forgotten, but only recorders
    get it. Above one second the source drops the oldest sound, and that is said. `session.stats` counts both.
    """
    warm_up(session.engine, session.dancers)
    gc.collect()
    gc.freeze()  # what lives now lives to the end: collections stay short
    stats, end = session.stats, None if frames is None else session.moment.index + frames
    told = 0  # samples dropped
    more_lead = sinks.lead_to_pay(session.engine.manifest.lead_frames)
    for frame in dance(_until(stop, source, session), session, more_lead):
        late = source.behind() >= 1.0 / FRAME_RATE
        if session.hello_wanted:
            session.hello_wanted = False
            sinks.hello()
        sinks.send(frame, late)
        stats.end_frame(late, source.dropped)
        if source.dropped > max(2 * told, source.rate // 10):
            told = source.dropped
            sinks.say(f"this computer does not keep up: {told / source.rate:.1f} s of sound dropped so far")
        if frame.index + 1 == end:
            return


def _until(stop: Callable[[], bool], source: Source, session: Session) -> Iterator[F32]:
    for block in source.blocks():
        if stop():
            return
        session.stamp(block, source.behind())
        yield block
