// From our 22 bones to an avatar's own: its axes, the bones it lacks, the length of its legs, its feet on the floor.

import { Vector3 } from "three";
import { multiply, rotate } from "../page/quaternion.js";
import { BONES, OFFSETS, PARENTS, REST, bone, forward } from "../page/skeleton.js";

const TOWARDS_CHILD = /Shoulder|neck/; // a bone that hands its turn down where it is missing; the trunk hands it up
const FEET = ["left", "right"];
const BALL = OFFSETS[bone("leftToes")][2]; // from the ankle, metres
const TIP = 0.05; // from there

const length = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

/** An avatar's joints at rest in our axes: bone -> [x, y, z] metres, for the bones that it has. */
function restOf(vrm, turn) {
  vrm.scene.updateWorldMatrix(true, true);
  const found = new Map();
  for (const name of BONES) {
    const node = vrm.humanoid.getNormalizedBoneNode(name);
    if (node) found.set(name, turn(node.getWorldPosition(new Vector3()).toArray()));
  }
  return found;
}

/** Leg length of joints by name: thigh and shin. */
function leg(at) {
  const [hip, knee, ankle] = ["leftUpperLeg", "leftLowerLeg", "leftFoot"].map(at);
  return length(hip, knee) + length(knee, ankle);
}

export class Rig {
  #nodes = new Map(); // bone -> normalized node
  #rest;
  #turned;
  #soles; // [[bone, offset], ...] of the avatar's and of our feet at rest, in each bone's own axes

  /** vrm: fresh from the loader, at rest and at the origin. */
  constructor(vrm) {
    // a VRM 0.x model faces -Z: it is looked at from behind, so to speak, and turned round as a whole
    this.#turned = vrm.meta.metaVersion === "0";
    const turn = ([x, y, z]) => (this.#turned ? [-x, y, -z] : [x, y, z]);
    this.#rest = restOf(vrm, turn);
    for (const name of this.#rest.keys()) this.#nodes.set(name, vrm.humanoid.getNormalizedBoneNode(name));
    this.size = leg((name) => this.#rest.get(name)) / leg((name) => REST[bone(name)]);
    const ours = new Map(BONES.map((name, n) => [name, REST[n]]));
    this.#soles = [soles(this.#rest, this.size), soles(ours, 1)];
    if (this.#turned) vrm.scene.rotation.y = Math.PI;
  }

  /** Take the pose of {root [3], local [22][4]} in our axes. */
  pose({ root, local }) {
    const turns = this.#folded(local);
    for (const [name, node] of this.#nodes) {
      const [x, y, z, w] = turns[bone(name)];
      if (this.#turned) node.quaternion.set(-x, y, -z, w);
      else node.quaternion.set(x, y, z, w);
    }
    const hips = this.#rest.get("hips");
    const place = [0, 1, 2].map((axis) => hips[axis] + this.size * (root[axis] - REST[0][axis]));
    place[1] += this.size * lowest(this.#soles[1], forward(root, local)) - lowest(this.#soles[0], this.#forward(place, turns));
    const [x, y, z] = place;
    this.#nodes.get("hips").position.set(this.#turned ? -x : x, y, this.#turned ? -z : z);
  }

  /** Local rotations for the avatar: what it has no bone for goes to the bone above (trunk) or below (shoulder, neck). */
  #folded(local) {
    const turns = local.map((q) => q);
    for (const [n, name] of BONES.entries()) {
      if (this.#nodes.has(name) || !TOWARDS_CHILD.test(name)) continue;
      const child = PARENTS.indexOf(n);
      turns[child] = multiply(turns[n], turns[child]);
    }
    for (let n = BONES.length - 1; n > 0; n--) {
      const name = BONES[n];
      if (!this.#nodes.has(name) && !TOWARDS_CHILD.test(name)) turns[PARENTS[n]] = multiply(turns[PARENTS[n]], turns[n]);
    }
    return turns;
  }

  /** Where the avatar's joints are: as `forward`, with its own offsets. */
  #forward(place, turns) {
    const [positions, rotations] = [[place], [turns[0]]];
    for (let n = 1; n < BONES.length; n++) {
      const parent = PARENTS[n];
      if (!this.#nodes.has(BONES[n])) {
        positions.push(positions[parent]);
        rotations.push(rotations[parent]);
        continue;
      }
      const [here, above] = [this.#rest.get(BONES[n]), this.#above(parent)];
      const offset = rotate(rotations[parent], here.map((value, axis) => value - above[axis])); // prettier-ignore
      positions.push(offset.map((value, axis) => value + positions[parent][axis]));
      rotations.push(multiply(rotations[parent], turns[n]));
    }
    return { positions, rotations };
  }

  /** The rest place of bone n, or of the nearest one above that the avatar has. */
  #above(n) {
    return this.#rest.get(BONES[n]) ?? this.#above(PARENTS[n]);
  }
}

/** Where feet touch the floor at rest, [[bone, offset in its axes], ...]: heels, balls and tips, on the foot if it has no toes. */
function soles(rest, size) {
  return FEET.flatMap((side) => {
    const [foot, toes] = [`${side}Foot`, `${side}Toes`];
    const own = rest.has(toes) ? toes : foot;
    const ahead = rest.has(toes) ? 0 : size * BALL;
    const points = [[foot, 0], [own, ahead], [own, ahead + size * TIP]]; // prettier-ignore
    return points.map(([name, z]) => [name, [0, -rest.get(name)[1], z]]);
  });
}

/** Height of the lowest of these points on bones. */
function lowest(soles, { positions, rotations }) {
  return Math.min(...soles.map(([name, offset]) => positions[bone(name)][1] + rotate(rotations[bone(name)], offset)[1]));
}
