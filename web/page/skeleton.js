// The 22 bones of motion/skeleton.py: names, parents, rest offsets in metres. Right-handed, +Y up, faces +Z, left is +X.

import { multiply, rotate } from "./quaternion.js";

const TRUNK = [
  ["hips", null, [0, 0.95, 0]],
  ["spine", "hips", [0, 0.095, 0]],
  ["chest", "spine", [0, 0.12, 0]],
  ["upperChest", "chest", [0, 0.12, 0]],
  ["neck", "upperChest", [0, 0.165, -0.01]],
  ["head", "neck", [0, 0.085, 0.02]],
];
const LIMBS = [
  ["Shoulder", "upperChest", [0.025, 0.125, 0]],
  ["UpperArm", "Shoulder", [0.145, 0, 0]],
  ["LowerArm", "UpperArm", [0.28, 0, 0]],
  ["Hand", "LowerArm", [0.25, 0, 0]],
  ["UpperLeg", "hips", [0.09, -0.045, 0]],
  ["LowerLeg", "UpperLeg", [0, -0.415, 0]],
  ["Foot", "LowerLeg", [0, -0.41, -0.01]],
  ["Toes", "Foot", [0, -0.06, 0.135]],
];

function rows() {
  const side = (name, sign, part) =>
    part.map(([bone, parent, [x, y, z]]) => [
      name + bone,
      parent === "upperChest" || parent === "hips" ? parent : name + parent,
      [sign * x, y, z],
    ]);
  const [arm, leg] = [LIMBS.slice(0, 4), LIMBS.slice(4)];
  return [...TRUNK, ...[arm, leg].flatMap((part) => [...side("left", 1, part), ...side("right", -1, part)])];
}

const ROWS = rows();
export const BONES = ROWS.map(([name]) => name);
export const PARENTS = ROWS.map(([, parent]) => BONES.indexOf(parent));
export const OFFSETS = ROWS.map(([, , offset]) => offset);
export const REST = OFFSETS.reduce((places, offset, n) => {
  const above = places[PARENTS[n]] ?? [0, 0, 0];
  return [...places, offset.map((value, axis) => value + above[axis])];
}, []);

export const bone = (name) => BONES.indexOf(name);

/** World positions and rotations of all bones, from the root's place [3] and the local rotations [22][4]. */
export function forward(root, local) {
  const positions = [root];
  const rotations = [local[0]];
  for (let n = 1; n < BONES.length; n++) {
    const above = rotations[PARENTS[n]];
    const [x, y, z] = rotate(above, OFFSETS[n]);
    const [px, py, pz] = positions[PARENTS[n]];
    positions.push([px + x, py + y, pz + z]);
    rotations.push(multiply(above, local[n]));
  }
  return { positions, rotations };
}
