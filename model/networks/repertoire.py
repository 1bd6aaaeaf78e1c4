"""The steps that a dancer knows: recorded half-beats of movement, what each is like, and how to show them.

A step is two half-beats in a row. Steps overlap by a half-beat and are faded into each other, so a step that follows
in the recording goes on as it was danced, and any other joins smoothly. Every step is known in both mirrorings.
"""

from typing import Any

import torch
from torch import Tensor, nn

from export.manifest import POSE_SIZE
from model.checkpoint import ModelError
from model.kinematics import heading_positions, world_feet
from model.networks.half_beats import TICK_FPS, TICKS, half_beats
from model.networks.movement_metric import weights
from model.networks.staging import walked
from motion.pose import CONTACTS, MIRROR_PERMUTATION, MIRROR_SIGNS, VELOCITY, YAW_RATE
from motion.skeleton import BONES

HALF = TICKS + 1  # rows of a half-beat, both borders among them
NEAR = 16 * TICKS  # eight beats: around a step, by which its liveliness and its sway are judged
LOWEST = 0.62  # m, of the hips: floor work is left out, since a fade from the floor to the feet floats
PERIODS = (2, 3)  # beats in which a dance may repeat itself
CLEARER = 1.25  # times as clearly as in two beats, a dance in threes repeats itself in three
LANDING = 0.2  # of what feet that rest on the beat count, feet that come down on it
TREMOR = 0.1  # m/s: a foot that slow is as good as still
MOST_TURN = 0.8  # radians that a step is said to turn
HIGH = 0.35  # m over the other foot is a leg that is held up
USUAL_TURN = 0.95  # of a style's steps turn less far in two beats than what counts as a spin there
ROUGHEST = 0.8  # m, third difference of a joint over ticks: only faults of a capture jump so


class Repertoire(nn.Module):
    """Buffers alone, of `steps` steps in `rows` rows; step s and its mirror image s + steps.

    A half-beat is described by `size` principal components of its movement, in units of their root mean square, and a
    step by those of its two.
    """

    table: Tensor
    first: Tensor
    told: Tensor
    take: Tensor
    style: Tensor
    energy: Tensor
    tempo: Tensor
    count: Tensor
    lock: Tensor
    sway: Tensor
    period: Tensor
    travel: Tensor
    turn: Tensor
    spin: Tensor
    poise: Tensor
    middle: Tensor
    reading: Tensor
    index: Tensor
    signs: Tensor

    def __init__(self, steps: int, rows: int, size: int, styles: int) -> None:
        super().__init__()
        self.register_buffer("table", torch.zeros(rows, POSE_SIZE, dtype=torch.float16))  # speeds as at 120 bpm
        self.register_buffer("first", torch.zeros(steps, dtype=torch.int64))  # row where each step begins
        self.register_buffer("told", torch.zeros(2 * steps, 2 * size, dtype=torch.float16))  # what describes a step
        self.register_buffer("take", torch.zeros(2 * steps))  # the recording it is from
        self.register_buffer("style", torch.zeros(2 * steps, styles))  # 1 at its style
        self.register_buffer("energy", torch.zeros(2 * steps))  # rank 0-1 in its style of how fast the body moves
        self.register_buffer("tempo", torch.zeros(2 * steps))  # octaves over 120 bpm
        self.register_buffer("count", torch.zeros(2 * steps))  # half-beat of its period: even ones begin on a beat
        self.register_buffer("lock", torch.zeros(2 * steps))  # rank 0-1 in its style of how its feet keep to its beat
        self.register_buffer("sway", torch.zeros(2 * steps))  # the same of how they keep to the period around it
        self.register_buffer("period", torch.full((2 * steps,), 2.0))  # beats in which its style repeats itself
        self.register_buffer("travel", torch.zeros(2 * steps, 2))  # metres that it leads to the left and ahead
        self.register_buffer("turn", torch.zeros(2 * steps))  # radians that it turns to the left, at most MOST_TURN
        self.register_buffer("spin", torch.zeros(2 * steps))  # how much farther than is usual in its style it is to
        self.register_buffer("poise", torch.zeros(2 * steps))  # share of two beats that it is to stand on one leg
        self.register_buffer("middle", torch.zeros(POSE_SIZE))
        self.register_buffer("reading", torch.zeros(HALF * POSE_SIZE, size))
        self.register_buffer("index", torch.as_tensor(MIRROR_PERMUTATION).long(), persistent=False)
        self.register_buffer("signs", torch.as_tensor(MIRROR_SIGNS).float(), persistent=False)

    @property
    def code(self) -> Tensor:
        """[2 * steps, 2 * size] what describes each step; engines unfold the conversion once."""
        return self.told.float()

    def read(self, movement: Tensor) -> Tensor:
        """Half-beats [..., HALF, 140] -> what describes them [..., size]."""
        return (movement - self.middle).flatten(-2) @ self.reading

    def show(self, step: Tensor, place: Tensor) -> Tensor:
        """The pose [B, 140], speeds as at 120 bpm, at `place` [B] 0-2 half-beats of `step` [B], a whole number."""
        count = self.first.shape[0]
        turned = step >= count
        at = place.clamp(0.0, 2.0) * TICKS
        whole = torch.floor(at).clamp(max=2.0 * TICKS - 1.0)
        s = (at - whole).unsqueeze(-1)
        row = self.first[torch.where(turned, step - count, step).long()] + whole.long()
        last = self.table.shape[0] - 1
        a, b, c, d = (self.table[(row + n).clamp(0, last)].to(place.dtype) for n in (-1, 0, 1, 2))
        # neighbours outside the step count as straight on; Catmull-Rom
        a = torch.where((whole > 0.5).unsqueeze(-1), a, 2.0 * b - c)
        d = torch.where((whole < 2.0 * TICKS - 1.5).unsqueeze(-1), d, 2.0 * c - b)
        pose = b + 0.5 * s * (c - a + s * (2.0 * a - 5.0 * b + 4.0 * c - d + s * (3.0 * (b - c) + d - a)))
        return torch.where(turned.unsqueeze(-1), pose[:, self.index] * self.signs, pose)

    def join(self, before: Tensor, after: Tensor, place: Tensor) -> Tensor:
        """The pose [B, 140] at `place` [B] 0-1 of the half-beat in which step `before` ends and `after` begins."""
        fade = (place * place * (3.0 - 2.0 * place)).unsqueeze(-1)
        shown = self.show(torch.cat([before, after]), torch.cat([1.0 + place, place]))
        ending, beginning = shown.chunk(2)
        return ending + fade * (beginning - ending)


def learn(takes: list[dict[str, Any]], size: int, styles: int) -> Repertoire:
    """All steps of takes: `pose` [T, 140], `beat` [T, 8] and the number of the `style`; raises ModelError."""
    tables: list[Tensor] = []
    starts, told, moves = [], [], []
    for number, take in enumerate(takes):
        ticks = half_beats({name: take[name].unsqueeze(0) for name in ("pose", "beat")})
        count = int(ticks.there.sum())
        if count < 2:
            continue
        rows = ticks.pose[0, : count * TICKS + 1]
        frames, half = ticks.frames[0, : count - 1], ticks.half[0, : count - 1]
        known = (rows[:, 0].unfold(0, 2 * TICKS + 1, TICKS).amin(dim=1) > LOWEST) & (_rough(rows) < ROUGHEST)
        starts.append((sum(len(table) for table in tables) + TICKS * torch.arange(count - 1))[known])
        tables.append(rows)
        moves.append(_moves(rows, float(half[0]))[:, known])
        which = torch.tensor([take["style"], number]).expand(count - 1, 2)
        told.append(torch.cat([which, take["beat"][frames, 5:6], half.unsqueeze(1)], dim=1)[known])
    if not told:
        raise ModelError("no take has a second of dance with a beat to learn steps from: give longer takes")
    style, whose, tempo, half = torch.cat(told).unbind(dim=1)
    made = Repertoire(len(style), sum(len(table) for table in tables), size, styles)
    made.table.copy_(torch.cat(tables))
    made.first.copy_(torch.cat(starts))
    made.style.copy_(nn.functional.one_hot(style.long(), styles).repeat(2, 1))
    made.take.copy_(whose.repeat(2))
    made.tempo.copy_(tempo.repeat(2))
    speed, lock, land, spun, poised, *sways = torch.cat(moves, dim=1)
    period, place, sway = _counted([torch.complex(*sways[2 * n : 2 * n + 2]) for n in range(len(PERIODS))], half, style)
    made.period.copy_(period.repeat(2))
    made.count.copy_(place.repeat(2))
    made.travel.copy_(_travel(made))
    made.turn.copy_(_turn(made))
    made.spin.copy_(_beyond(spun, style).repeat(2))
    made.poise.copy_(poised.repeat(2))
    made.energy.copy_(_rank(speed, style).repeat(2))
    made.lock.copy_(_rank(_rank(lock, style) + LANDING * _rank(land, style), style).repeat(2))
    made.sway.copy_(_rank(sway, style).repeat(2))
    _describe(made)
    return made


def _rough(rows: Tensor) -> Tensor:
    """[steps] the greatest third difference, in metres, of any joint in each step."""
    third = heading_positions(rows.unsqueeze(0))[0].diff(n=3, dim=0).norm(dim=-1).amax(dim=-1)
    return third.unfold(0, 2 * TICKS - 2, TICKS).amax(dim=1)


def _moves(rows: Tensor, half: float) -> Tensor:
    """[9, steps] about each step: how fast the body moves around it; how clearly the feet rest on its own beat, and how

    often they come down on it rather than between; how far it turns, either way, within two beats, and for what share
    of them a leg is held up; the cosine and sine with which the feet slow down, around it, once in two beats, and in
    three.
    """
    pose = rows.unsqueeze(0)
    local = heading_positions(pose)
    feet = world_feet(pose, local, TICK_FPS)[0].diff(dim=0).norm(dim=-1).mean(dim=-1)
    travel = pose[0, 1:, VELOCITY].norm(dim=-1) / TICK_FPS
    body = local[0].diff(dim=0).norm(dim=-1).mean(dim=-1) + travel
    slow = (feet.mean() - feet) / feet.std().clamp(min=1e-6)
    turn = torch.pi * ((torch.arange(len(slow)) + 0.5) / TICKS + half)
    sways = [slow * wave for period in PERIODS for wave in ((turn / period).cos(), (turn / period).sin())]
    body, *sways = (_about(series, NEAR) for series in (body, *sways))
    calm = -(feet * TICK_FPS + TREMOR).log()  # of small steps as clear as of large ones
    lock = _about((calm - _about(calm, NEAR)) * turn.cos(), 2 * TICKS)
    down = (pose[0, :, CONTACTS] > 0.5).unflatten(-1, (2, 2)).any(dim=-1)
    there = torch.pi * ((torch.arange(len(slow)) + 1.0) / TICKS + half)  # the tick at which a foot has come down
    land = _about((down[1:] & ~down[:-1]).sum(dim=-1) * there.cos(), 2 * TICKS)
    spun = _ahead(pose[0, :-1, YAW_RATE].squeeze(-1) / TICK_FPS).abs()
    left, right = (local[0, :-1, BONES.index(foot), 1] for foot in ("leftFoot", "rightFoot"))
    poised = _ahead(((left - right).abs() > HIGH).to(slow.dtype)) / (4.0 * TICKS)
    return torch.stack([body, lock, land, spun, poised, *sways])[:, TICKS : len(slow) : TICKS]


def _about(series: Tensor, ticks: int) -> Tensor:
    """The mean [T] of what lies so many ticks, an even number, around each tick of a series [T]."""
    return nn.functional.avg_pool1d(series.unsqueeze(0), ticks + 1, 1, ticks // 2, count_include_pad=False)[0]


def _ahead(series: Tensor) -> Tensor:
    """The sum [T] of what lies, of a series [T], within two beats from half a beat before each tick."""
    total, tick = torch.cat([series.new_zeros(1), series.cumsum(0)]), torch.arange(len(series))
    return total[(tick + 3 * TICKS).clamp(max=len(series))] - total[(tick - TICKS).clamp(min=0)]


def _counted(sways: list[Tensor], half: Tensor, style: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of each step the period of its style (beats), its half-beat in it, and how well its feet keep to that.

    sways: for each of PERIODS, complex numbers [steps] of how the feet slow down once in it. A period begins wherever
    one starts to count, so steps of a style are counted from the beat from which they go along with most of the others.
    """
    periods, counts, along = torch.zeros_like(half), torch.zeros_like(half), torch.zeros_like(half)
    for one in style.unique():
        its = style == one
        clear = [float(sway[its].abs().mean()) for sway in sways]
        period, sway = (PERIODS[1], sways[1]) if clear[1] > CLEARER * clear[0] else (PERIODS[0], sways[0])
        # the same from whichever beat one counts; its root is where most of them are, but for whole beats
        most = torch.polar(torch.ones(()), sway[its].pow(period).mean().angle() / period)
        from_each = torch.stack(
            [torch.polar(torch.ones(()), torch.tensor(2 * torch.pi * k / period)) * most for k in range(period)]
        )
        matches = (sway[its].unsqueeze(-1) * from_each.conj()).real
        along[its], late = matches.max(dim=-1)
        periods[its], counts[its] = float(period), (half[its] - 2.0 * late) % (2.0 * period)
    return periods, counts, along


def _rank(values: Tensor, style: Tensor) -> Tensor:
    """Where each value stands among those of its style, 0-1."""
    ranks = torch.zeros_like(values)
    for one in style.unique():
        among = values[style == one]
        ranks[style == one] = among.argsort().argsort() / max(len(among) - 1.0, 1.0)
    return ranks


def _beyond(turned: Tensor, style: Tensor) -> Tensor:
    """By what part of it each turn goes beyond those that are usual in its style; 0 for these."""
    usual = torch.zeros_like(turned)
    for one in style.unique():
        usual[style == one] = turned[style == one].quantile(USUAL_TURN)
    return (turned / usual.clamp(min=MOST_TURN) - 1.0).clamp(min=0.0)


def _travel(made: Repertoire) -> Tensor:
    """[2 * steps, 2] where each step leads, seen from where it begins."""
    rows = made.table[made.first.unsqueeze(1) + torch.arange(2 * TICKS)].float()
    left, ahead = walked(rows[..., VELOCITY], rows[..., YAW_RATE].squeeze(-1), TICK_FPS).unbind(-1)
    return torch.stack([torch.cat([left, -left]), torch.cat([ahead, ahead])], dim=-1)


def _turn(made: Repertoire) -> Tensor:
    """[2 * steps] by how much each step turns the dancer; all that spin count alike."""
    rows = made.table[made.first.unsqueeze(1) + torch.arange(2 * TICKS)].float()
    left = (rows[..., YAW_RATE].squeeze(-1).sum(dim=-1) / TICK_FPS).clamp(-MOST_TURN, MOST_TURN)
    return torch.cat([left, -left])


def _describe(made: Repertoire) -> None:
    """Principal components of the half-beats of all steps, each in both mirrorings."""
    rows = made.first.unsqueeze(1) + torch.arange(2 * TICKS + 1)
    whole = made.table[rows].float()
    both = torch.cat([whole, whole[..., made.index] * made.signs])
    halves = torch.cat([both[:, :HALF], both[:, -HALF:]])
    weight = torch.from_numpy(weights()).float().repeat(HALF)
    made.middle.copy_(halves.mean(dim=(0, 1)))
    flat = (halves - made.middle).flatten(1) * weight
    _, vectors = torch.linalg.eigh((flat.T @ flat).double())
    axes = vectors[:, -made.reading.shape[1] :].flip(1).float()
    made.reading.copy_(axes * weight.unsqueeze(-1) / (flat @ axes).square().mean().sqrt())
    made.told.copy_(torch.cat([made.read(both[:, :HALF]), made.read(both[:, -HALF:])], dim=1))
