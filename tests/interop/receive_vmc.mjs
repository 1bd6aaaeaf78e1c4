// node receive_vmc.mjs BONES.json
// Listens for VMC on a free port (printed first), drives a VRM 1.0 and a VRM 0.x avatar through three-vrm's normalized
// bones, and prints the world position of every raw bone after each frame: {"1": {hips: [x, y, z], ...}, "0": {...}}.

import dgram from "node:dgram";
import { readFileSync } from "node:fs";
import { Vector3 } from "three";
import { loadAvatar } from "./avatars.mjs";
import { readOsc } from "./osc.mjs";

const bones = JSON.parse(readFileSync(process.argv[2], "utf8"));
const last = bones.at(-1).name;

// Unity (left-handed, faces +Z) to each avatar's own right-handed space
const axes = {
  1: { position: ([x, y, z]) => [-x, y, z], turn: ([x, y, z, w]) => [x, -y, -z, w] },
  0: { position: ([x, y, z]) => [x, y, -z], turn: ([x, y, z, w]) => [-x, -y, z, w] },
};
const avatars = { 1: await loadAvatar(bones, "1"), 0: await loadAvatar(bones, "0") };

function place(node, { position, turn }, numbers, moves) {
  if (moves) node.position.set(...position(numbers.slice(0, 3)));
  node.quaternion.set(...turn(numbers.slice(3)));
}

function apply({ address, args: [name, ...numbers] }) {
  for (const version of Object.keys(avatars)) {
    const vrm = avatars[version];
    if (address === "/VMC/Ext/Root/Pos") place(vrm.scene, axes[version], numbers, true);
    if (address === "/VMC/Ext/Bone/Pos") {
      const bone = name[0].toLowerCase() + name.slice(1);
      place(vrm.humanoid.getNormalizedBoneNode(bone), axes[version], numbers, bone === "hips");
    }
  }
  return address === "/VMC/Ext/Bone/Pos" && name[0].toLowerCase() + name.slice(1) === last;
}

function joints(vrm) {
  vrm.update(0);
  vrm.scene.updateWorldMatrix(true, true);
  const at = new Vector3();
  return Object.fromEntries(
    bones.map(({ name }) => [name, vrm.humanoid.getRawBoneNode(name).getWorldPosition(at).toArray()]),
  );
}

const socket = dgram.createSocket("udp4");
socket.on("message", (datagram) => {
  const complete = readOsc(datagram).map(apply).some(Boolean);
  if (complete) console.log(JSON.stringify({ 1: joints(avatars[1]), 0: joints(avatars[0]) }));
});
socket.bind(0, "127.0.0.1", () => console.log(socket.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
