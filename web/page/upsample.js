// Poses between poses, as motion/upsample.py has them: places on a cubic whose speed does not jump, rotations on its like
// in the rotation group (Kim, Kim and Shin 1995). A pose with its speeds is a key:
// {time, root [3], local [22][4], rootSpeed [3] m/s, turnSpeed [22][3] rad/s about the bone's own axes}.

import { fromAxisAngle, inverse, multiply, toAxisAngle } from "./quaternion.js";

const LEAP = 0.5; // metres of the hips from key to key: no dance but a new place, and nothing moves between

const weighted = (vectors, weights) => vectors[0].map((_, i) => vectors.reduce((sum, v, n) => sum + weights[n] * v[i], 0));

/** A key with its speeds, from its neighbours: all that is known; without any it is passed at rest. */
export function key(time, root, local, before = null, after = null) {
  const rest = { time, root, local, rootSpeed: [0, 0, 0], turnSpeed: local.map(() => [0, 0, 0]) };
  if (!before) return rest;
  const [back, ahead] = [1 / (time - before.time), after ? 1 / (after.time - time) : 0];
  const [here, next] = [step(before, rest), after ? step(rest, after) : null];
  if (leaps(here) || (next && leaps(next))) return rest;
  // the spline's condition at a key; the end after it is free, as nothing is known beyond
  const stiffness = 2 * back + 1.5 * ahead;
  const weights = [3 * back * back, -back, 1.5 * ahead * ahead].map((weight) => weight / stiffness);
  const speed = (moved, speedBefore, movedNext) =>
    weighted(next ? [moved, speedBefore, movedNext] : [moved, speedBefore], weights);
  return {
    ...rest,
    rootSpeed: speed(here.moved, before.rootSpeed, next?.moved),
    turnSpeed: local.map((_, n) => speed(here.turned[n], before.turnSpeed[n], next?.turned[n])),
  };
}

/** The movement from key a to key b. */
export function between(a, b) {
  const seconds = b.time - a.time;
  const turns = a.local.map((from, n) => {
    const [first, last] = [a, b].map(({ turnSpeed }) => turnSpeed[n].map((value) => (value * seconds) / 3));
    const ends = [first, last].map((turn) => fromAxisAngle(turn.map((value) => -value)));
    const middle = multiply(multiply(ends[0], multiply(inverse(from), b.local[n])), ends[1]);
    return [first, toAxisAngle(middle), last];
  });
  return { a, b, seconds, turns, leap: leaps(step(a, b)) };
}

/** {root [3], local [22][4]} of a movement at a time; its ends are held outside. */
export function at({ a, b, seconds, turns, leap }, time) {
  const passed = Math.min(Math.max((time - a.time) / seconds, 0), 1);
  const u = leap ? Math.floor(passed) : passed;
  const [fromA, fromB] = [(1 + 2 * u) * (1 - u) ** 2, u * u * (3 - 2 * u)];
  const [byA, byB] = [u * (1 - u) ** 2 * seconds, u * u * (u - 1) * seconds];
  const shares = [1 - (1 - u) ** 3, fromB, u * u * u];
  return {
    root: weighted([a.root, a.rootSpeed, b.root, b.rootSpeed], [fromA, byA, fromB, byB]),
    local: a.local.map((from, n) =>
      turns[n].reduce((q, turn, k) => multiply(q, fromAxisAngle(turn.map((value) => value * shares[k]))), from),
    ),
  };
}

/** From a to b: metres [3] and the short turns [22][3]. */
function step(a, b) {
  const moved = b.root.map((value, axis) => value - a.root[axis]);
  return { moved, turned: a.local.map((from, n) => toAxisAngle(multiply(inverse(from), b.local[n]))) };
}

function leaps({ moved }) {
  return Math.hypot(...moved) > LEAP;
}
