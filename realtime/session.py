"""All that a running show remembers, in one object that can be reset, saved and restored bit for bit."""

import copy
from collections import deque
from functools import partial

import numpy as np

from audio import beat, beat_hand, config
from audio.features import FrameFeatures
from motion import finish, opening, pose
from motion.rotation import Floats
from realtime import apart, crew, formation
from realtime.analysis import Analysis
from realtime.clock import Clock
from realtime.clocks.base import BeatClock
from realtime.clocks.sound_time import SoundTime
from realtime.controls import (
    BPM_RANGE,
    BeatCommand,
    Command,
    CommandQueue,
    Controls,
    Downbeat,
    Freeze,
    Hello,
    Nudge,
    Recall,
    Reset,
    ScaleTempo,
    SetControl,
    SetCrew,
    SetLead,
    SetPhase,
    SetRange,
    SetSeed,
    SetStyle,
    SetTempo,
    Tapped,
)
from realtime.engines.base import Engine
from realtime.frame import F32, StageError
from realtime.moment import Moment, first, in_place
from realtime.noise import Noise
from realtime.stats import Stats

LINE = crew.Plan()
NOTHING: F32 = np.zeros((0, 0), np.float32)
SAME_TEMPO = 0.005  # what a clock may say otherwise before it is obeyed anew


class Session:
    """N dancers of one engine that hear one source of `rate` Hz."""

    def __init__(
        self,
        engine: Engine,
        rate: int = config.RATE,
        dancers: int = 1,
        seed: int = 0,
        lead_ms: float = 0.0,
        bpm_range: tuple[float, float] = BPM_RANGE,
        bpm: float | None = None,
        beat_clock: BeatClock | None = None,
        clock: Clock | None = None,
        plan: crew.Plan = LINE,
        start: F32 | None = None,
        told: deque[Analysis] | None = None,
    ) -> None:
        """bpm_range: where the tempo is looked for; bpm: hold this one; beat_clock: obey it while it runs.

        clock: by it taps and outside beats are stamped; without one their seconds are those of the sound.
        plan: how the dancers begin as a crew; start: [140] the pose in which they wait for music, else a T-pose.
        told: what another stage heard in the frames to come; nothing is heard here then.
        """
        self.engine = engine
        self.rate = rate
        self.dancers = dancers
        self.controls = Controls(engine.manifest, dancers)
        self.commands = CommandQueue(self.controls)
        self.noise = Noise(dancers, engine.manifest.noise_size)
        self._noise_alone = Noise(1, engine.manifest.noise_size)
        self.stats = Stats()
        self.clock = clock
        self.sound_time = SoundTime()
        self.beat_clock = beat_clock
        self.told = told
        self.hello_wanted = False
        self._start = start
        self._first = partial(first, engine, rate, dancers, seed, lead_ms, bpm_range, bpm, plan, start)
        self.moment = self._first(self.controls.values)

    @property
    def lead(self) -> float:
        """Seconds from the end of the frame heard to the instant that its pose is for."""
        return self.engine.manifest.lead_frames / config.FRAME_RATE + self.moment.lead_ms / 1e3

    def reset(self) -> None:
        """As at the beginning, controls apart: those stay as they are."""
        self.moment = self._first(self.controls.values)

    def save(self) -> Moment:
        """A copy of the state that nothing else touches."""
        return copy.deepcopy(self.moment)

    def restore(self, saved: Moment) -> None:
        """Go on from a saved state; it can be restored again."""
        self.moment = copy.deepcopy(saved)
        self.controls.values = self.moment.controls

    def apply_commands(self) -> None:
        """Bring in what was asked for since the last frame; called at each frame's border, once it is heard."""
        for command in self.commands.drain():
            self._obey(command)

    def _obey(self, command: Command) -> None:
        moment, controls = self.moment, self.controls
        match command:
            case SetControl(name, value, dancer):
                controls.set(name, value, dancer)
            case SetStyle(style, weight, dancer):
                controls.set_style(style, weight, dancer)
            case SetSeed(seed, int(dancer)):
                moment.own_seeds[dancer] = seed
            case SetSeed(seed):
                moment.seed, moment.own_seeds = seed, {}
            case SetCrew():
                moment.crew = moment.crew._replace(plan=command.onto(moment.crew.plan))
            case Recall(commands=commands):
                for one in commands:
                    self._obey(one)
            case SetLead(ms):
                moment.lead_ms = ms
            case Freeze(on):
                moment.frozen = on
                moment.pose = opening.still(moment.pose) if on else moment.pose
            case Reset():
                self.begin_dancers()
            case Hello():
                self.hello_wanted = True
            case _:
                self._conduct(command)

    def _conduct(self, command: BeatCommand) -> None:
        """The performer's hand on the beat."""
        moment = self.moment
        match command:
            case SetTempo(bpm):
                moment.bpm = bpm
                if not moment.beat.given:
                    moment.beat, moment.held_bpm = beat_hand.with_tempo(moment.beat, bpm), bpm
            case SetRange(slowest, fastest):
                moment.beat, moment.held_bpm = beat_hand.with_range(moment.beat, slowest, fastest), None
            case _ if moment.beat.given:
                return  # the outside clock would take it back in the next frame
            case Tapped(bpm, at):
                moment.beat = beat_hand.tapped(moment.beat, bpm, self._ago(at))
                moment.bpm = moment.held_bpm = bpm
            case SetPhase(phase, at):
                moment.beat = beat_hand.with_phase(moment.beat, phase, self._ago(at))
            case ScaleTempo(factor):
                self._scale(factor)
            case Nudge(ms):
                moment.beat = beat_hand.nudged(moment.beat, ms / 1e3 / moment.beat.clock.period)
            case Downbeat(at):
                moment.beat = beat_hand.with_downbeat(moment.beat, self._ago(at))

    def _scale(self, factor: float) -> None:
        moment = self.moment
        slowest, fastest = BPM_RANGE
        if slowest <= self.bpm * factor <= fastest:
            moment.beat = beat_hand.scaled(moment.beat, factor)
            moment.bpm = moment.bpm and min(max(moment.bpm * factor, slowest), fastest)

    @property
    def bpm(self) -> float:
        """The tempo now."""
        return 60.0 / float(self.moment.beat.clock.period)

    def refuse(self, command: Command) -> None:
        """Raise StageError, one line, for a command that the beat of this moment would not obey."""
        if not isinstance(command, BeatCommand):
            return
        if self.told is not None:
            raise StageError("the beat comes from another stage: conduct it there")
        if isinstance(command, SetTempo | SetRange):
            return
        if self.moment.beat.given:
            raise StageError(f"the beat comes from {self.moment.clock}: stop that clock first")
        if isinstance(command, ScaleTempo) and not BPM_RANGE[0] <= self.bpm * command.factor <= BPM_RANGE[1]:
            slowest, fastest = BPM_RANGE
            raise StageError(f"{self.bpm * command.factor:.4g} bpm is outside {slowest:g} to {fastest:g}")

    def obey_clock(self) -> None:
        """Take the beat, or the tempo alone, from the outside clock; where none runs, the performer's tempo holds."""
        moment = self.moment
        if self.told is not None:
            moment.clock = "stage"
            return
        reading = self.beat_clock.read(self._newest()) if self.beat_clock else None
        bpm, moment.clock = moment.bpm, "set" if moment.bpm else "heard"
        if self.beat_clock and reading:
            moment.clock = self.beat_clock.word
            if reading.beats is not None:
                moment.beat = beat_hand.given(moment.beat, reading.bpm, reading.beats, 0.0)
                return
            bpm = min(max(reading.bpm, BPM_RANGE[0]), BPM_RANGE[1])
        if not _alike(bpm, moment.held_bpm):
            moment.beat, moment.held_bpm = beat_hand.with_tempo(moment.beat, bpm), bpm

    def be_told(self, told: deque[Analysis]) -> FrameFeatures:
        """What the other stage heard in the newest frame, in place of hearing it; all but what only its ear needs."""
        heard = told.popleft()
        self.moment.beat = beat.told(self.moment.beat, heard.reading)
        return FrameFeatures(heard.values, NOTHING, NOTHING, heard.loudness_db, heard.energy)

    def stamp(self, block: F32, behind: float) -> None:
        """Note when the last sample of a block came that will be heard next: `behind` seconds ago at the latest."""
        if self.clock and len(block):
            self.sound_time.came(self.clock.now() - behind, (self.moment.heard + len(block)) / self.rate)

    def _ago(self, at: float) -> float:
        """Seconds from an instant of the stage's clock to the end of the newest frame."""
        return self._newest() - at

    def _newest(self) -> float:
        """The end of the newest frame, in seconds of the stage's clock."""
        return self.sound_time.when((self.moment.index + 1) / config.FRAME_RATE)

    def begin_dancers(self) -> None:
        """Put the dancers back to their first state and into their places; what was heard stays."""
        self.moment.body = self.engine.init_state(self.dancers)
        self.moment.place = pose.init(self.dancers)
        self.moment.opening = None if self._start is None else opening.init(self._start, self.dancers)
        self.moment.finish = finish.init(self.dancers)
        self.moment.alone = in_place(self.moment.pose)
        self.moment.crew = crew.begin(self.moment.crew.plan, self.dancers)
        self.moment.seen = formation.now(self.moment.crew.glide)
        self.moment.apart = apart.init(self.moment.seen)

    def chance(self) -> F32:
        """The noise [N, Z] of the next frame. A dancer with a seed of its own draws as if it were alone."""
        moment = self.moment
        noise = self.noise.draw(moment.seed, moment.index)
        for dancer, seed in moment.own_seeds.items():
            noise[dancer] = self._noise_alone.draw(seed, moment.index)[0]
        return noise

    def bodies(self, now: beat.Beat) -> crew.Bodies:
        """The dancers of this frame, finished, as the crew shows them in the world; `now`: the beat at that instant."""
        moment = self.moment
        if moment.frozen:
            return crew.hold(moment.crew, moment.alone)
        shown = moment.pose
        if moment.opening:
            shown, moment.opening = opening.step(moment.opening, shown, now.music, config.FRAME_RATE)
        root, local, contacts, moment.place = pose.decode(shown, moment.place, config.FRAME_RATE)
        if self.dancers > 1:
            root[:, ::2] += self._aside(root[:, ::2].copy())
        *alone, moment.finish = finish.step(moment.finish, root, local, contacts, config.FRAME_RATE)
        moment.alone = crew.Bodies(*alone)
        together, moment.crew = crew.step(moment.crew, now.beat_phase, now.period, moment.alone)
        moment.seen = together.root[:, ::2]
        return together

    def _aside(self, own: Floats) -> Floats:
        """[N, 2] metres by which dancers who are at `own` in their own dance are led aside."""
        moment = self.moment
        places = moment.crew.glide.end
        wide = apart.room(np.stack([places.real, places.imag], axis=1))
        free = ~moment.crew.roles.follows
        moment.apart = apart.step(moment.apart, own, moment.seen, wide, free, config.FRAME_RATE)
        return moment.apart.offset


def _alike(a: float | None, b: float | None) -> bool:
    """Whether two tempi are the same but for a clock's jitter."""
    return a == b if a is None or b is None else abs(a / b - 1.0) < SAME_TEMPO
