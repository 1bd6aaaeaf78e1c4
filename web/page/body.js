// The figure at rest: its sculpture in parts, and which bones each point of its skin follows.
//
// Besides the 22 bones a skin follows six that only share a twist: half of what the hand turns about the forearm, and half
// of what upper arms and thighs turn about themselves, so that no limb is wrung like a cloth.

import { BONES, bone } from "./skeleton.js";
import { skin } from "./surface.js";

export const TWISTS = [
  // {bone: the twisted one, axis: 0 x or 1 y, of: whose rotation is shared, share}
  { bone: bone("leftLowerArm"), of: bone("leftHand"), axis: 0, share: 0.5 },
  { bone: bone("rightLowerArm"), of: bone("rightHand"), axis: 0, share: 0.5 },
  { bone: bone("leftUpperArm"), of: bone("leftUpperArm"), axis: 0, share: -0.5 },
  { bone: bone("rightUpperArm"), of: bone("rightUpperArm"), axis: 0, share: -0.5 },
  { bone: bone("leftUpperLeg"), of: bone("leftUpperLeg"), axis: 1, share: -0.5 },
  { bone: bone("rightUpperLeg"), of: bone("rightUpperLeg"), axis: 1, share: -0.5 },
];
export const JOINTS = BONES.length + TWISTS.length;
export const SUIT = 0;
export const GLOVE = 1;
export const SHOE = 2;
export const FACE = 3;
export const VISOR = 4;

const mirrored = (limb) => limb.map(([x, y, z, r]) => [-x, y, z, r]);
const bothSides = (limbs) => [...limbs, ...limbs.map(mirrored)];
const limb = (...balls) => balls;

const SUIT_LIMBS = [
  limb([0, 1.36, -0.014, 0.075], [0, 1.44, -0.012, 0.052], [0, 1.54, 0.002, 0.05]), // neck
  ...bothSides([
    limb(
      [0.066, 0.93, -0.006, 0.094], // the trunk's half
      [0.054, 1.0, -0.002, 0.089],
      [0.043, 1.08, 0.004, 0.085],
      [0.053, 1.17, 0.006, 0.09],
      [0.076, 1.27, 0.003, 0.096],
      [0.086, 1.335, -0.002, 0.092],
      [0.088, 1.385, -0.01, 0.068],
    ),
    limb([0.062, 0.905, -0.05, 0.074], [0.082, 0.84, -0.028, 0.078]), // seat
    limb([0.045, 1.425, -0.014, 0.05], [0.16, 1.4, -0.006, 0.046]), // collar to shoulder
    limb([0.06, 1.31, 0.05, 0.052], [0.082, 1.325, 0.04, 0.05]), // breast muscle
    limb(
      [0.168, 1.4, -0.003, 0.053],
      [0.225, 1.404, -0.002, 0.052],
      [0.32, 1.408, 0.004, 0.0475],
      [0.44, 1.41, 0, 0.038],
      [0.465, 1.41, 0, 0.0385],
      [0.52, 1.41, 0.003, 0.043],
      [0.6, 1.41, 0.002, 0.0365],
      [0.7, 1.41, 0, 0.027],
    ),
    limb(
      [0.094, 0.88, -0.002, 0.09],
      [0.095, 0.76, 0.006, 0.0815],
      [0.092, 0.6, 0.006, 0.066],
      [0.09, 0.5, 0.008, 0.0545],
      [0.09, 0.455, 0.002, 0.0525],
      [0.091, 0.37, -0.016, 0.0555],
      [0.091, 0.28, -0.018, 0.049],
      [0.09, 0.1, -0.012, 0.034],
    ),
  ]),
];
const finger = (x, z, length) =>
  limb([x, 1.408, z, 0.0115], [x + 0.5 * length, 1.404, 1.1 * z, 0.0105], [x + length, 1.388, 1.14 * z, 0.0088]);
const HAND = [
  limb([0.685, 1.41, 0, 0.036], [0.706, 1.41, 0, 0.034]), // cuff
  limb([0.72, 1.409, 0.014, 0.023], [0.787, 1.409, 0.026, 0.0185]), // palm
  limb([0.72, 1.409, -0.012, 0.023], [0.782, 1.407, -0.024, 0.0175]),
  limb([0.72, 1.403, 0.018, 0.02], [0.754, 1.396, 0.046, 0.0165], [0.788, 1.388, 0.062, 0.0125]), // thumb
  finger(0.79, 0.031, 0.066),
  finger(0.794, 0.0105, 0.075),
  finger(0.79, -0.0095, 0.07),
  finger(0.782, -0.0275, 0.055),
];
const SHOE_LIMBS = [
  limb([0.09, 0.128, -0.012, 0.041], [0.09, 0.08, -0.016, 0.044], [0.092, 0.05, 0.09, 0.04]), // shaft and tongue
  limb([0.09, 0.045, -0.045, 0.042], [0.091, 0.036, 0.04, 0.043], [0.097, 0.03, 0.125, 0.044], [0.094, 0.024, 0.163, 0.037]),
];
const SKULL = [
  limb([0, 1.618, -0.026, 0.085], [0, 1.614, 0.014, 0.083]),
  limb([0, 1.59, 0.018, 0.07], [0, 1.536, 0.044, 0.041]),
  limb([0, 1.56, -0.02, 0.058], [0, 1.5, -0.008, 0.049]),
];
const VISOR_LIMBS = [
  limb([-0.026, 1.615, 0.062, 0.041], [0.026, 1.615, 0.062, 0.041]),
  limb([-0.05, 1.615, 0.036, 0.037], [0.05, 1.615, 0.036, 0.037]),
];

const sculpture = (limbs, blend, floor) => ({ limbs, blend, floor });
const pair = (limbs, blend, floor) => [limbs, limbs.map(mirrored)].map((side) => sculpture(side, blend, floor));
const PARTS = [
  { material: SUIT, cell: 0.013, shapes: [sculpture(SUIT_LIMBS, 0.05)], follow: followSuit },
  { material: GLOVE, cell: 0.0062, shapes: pair(HAND, 0.009), follow: followHand },
  { material: SHOE, cell: 0.0095, shapes: pair(SHOE_LIMBS, 0.03, 0), follow: followShoe },
  { material: FACE, cell: 0.0095, shapes: [sculpture(SKULL, 0.03)], follow: () => [[bone("head"), 1]] },
  { material: VISOR, cell: 0.008, shapes: [sculpture(VISOR_LIMBS, 0.03)], follow: () => [[bone("head"), 1]] },
];

/** The whole skin: {positions, normals, joints, weights (4 a point), materials, triangles} as typed arrays. */
export function buildBody() {
  const all = { positions: [], normals: [], joints: [], weights: [], materials: [], triangles: [] };
  for (const { material, cell, shapes, follow } of PARTS)
    for (const shape of shapes) {
      const { positions, normals, triangles } = skin(shape, cell);
      const first = all.materials.length;
      for (const n of triangles) all.triangles.push(first + n);
      for (let n = 0; n < positions.length; n += 3) {
        const place = positions.slice(n, n + 3);
        all.positions.push(...place);
        all.normals.push(normals[n], normals[n + 1], normals[n + 2]);
        all.materials.push(material);
        push(all, follow(...place));
      }
    }
  return {
    positions: new Float32Array(all.positions),
    normals: new Float32Array(all.normals),
    joints: new Uint8Array(all.joints),
    weights: new Uint8Array(all.weights),
    materials: new Uint8Array(all.materials),
    triangles: new Uint32Array(all.triangles),
  };
}

/** The four strongest of [[joint, weight], ...], their sum 255. */
function push(all, follows) {
  const strongest = follows.filter(([, weight]) => weight > 0.004).sort((a, b) => b[1] - a[1]).slice(0, 4);
  const sum = strongest.reduce((total, [, weight]) => total + weight, 0);
  let left = 255;
  for (let n = 3; n >= 0; n--) {
    const share = n === 0 ? left : Math.round(((strongest[n]?.[1] ?? 0) / sum) * 255);
    left -= share;
    all.joints[4 * all.materials.length - 4 + n] = strongest[n]?.[0] ?? 0;
    all.weights[4 * all.materials.length - 4 + n] = share;
  }
}

const rise = (from, to, x) => {
  const t = Math.min(Math.max((x - from) / (to - from), 0), 1);
  return t * t * (3 - 2 * t);
};

/** Weights along a chain of joints: [[joint, from, to]], each taking over from the one before as x goes from-to. */
function chain(x, links) {
  const taken = links.map(([, from, to], n) => (n === 0 ? 1 : rise(from, to, x)));
  return links.map(([joint], n) => [joint, taken[n] * (1 - (taken[n + 1] ?? 0))]);
}

const [TORSO_CHAIN, [LEFT, RIGHT]] = chains();

function chains() {
  const side = (name, first) => ({
    arm: [
      [bone(`${name}Shoulder`)],
      [BONES.length + 2 + first, 0.12, 0.22],
      [bone(`${name}UpperArm`), 0.2, 0.42],
      [bone(`${name}LowerArm`), 0.405, 0.495],
      [BONES.length + first, 0.5, 0.68],
    ],
    leg: [
      [BONES.length + 4 + first],
      [bone(`${name}UpperLeg`), -0.86, -0.56],
      [bone(`${name}LowerLeg`), -0.545, -0.435],
      [bone(`${name}Foot`), -0.12, -0.06],
    ],
  });
  const torso = [
    [bone("hips")],
    [bone("spine"), 0.98, 1.08],
    [bone("chest"), 1.11, 1.21],
    [bone("upperChest"), 1.23, 1.33],
    [bone("neck"), 1.42, 1.49],
    [bone("head"), 1.505, 1.565],
  ];
  return [torso, [side("left", 0), side("right", 1)]];
}

function followSuit(x, y) {
  const [side, other, across] = [x >= 0 ? LEFT : RIGHT, x >= 0 ? RIGHT : LEFT, Math.abs(x)];
  const arm = rise(0.05, 0.16, across) * rise(1.28, 1.36, y);
  const leg = 1 - rise(0.84, 0.98, y);
  const own = rise(-0.035, 0.035, across); // near the middle both thighs hold the skin
  return [
    ...chain(y, TORSO_CHAIN).map(([joint, weight]) => [joint, weight * (1 - arm) * (1 - leg)]),
    ...chain(across, side.arm).map(([joint, weight]) => [joint, weight * arm]),
    ...chain(-y, side.leg).map(([joint, weight]) => [joint, weight * leg * own]),
    [other.leg[0][0], leg * (1 - own)],
  ];
}

function followHand(x) {
  return [[bone(x > 0 ? "leftHand" : "rightHand"), 1]];
}

function followShoe(x, y, z) {
  const side = x > 0 ? "left" : "right";
  return chain(z, [[bone(`${side}Foot`)], [bone(`${side}Toes`), 0.095, 0.14]]);
}
