// node receive_vmc.mjs '[{"file": "a.vrm", "mode": "skeleton", "last": "rightToes"}, ...]'
// Every avatar listens for VMC on a port of its own (all printed first, as one JSON line) and is moved by what comes:
//   skeleton    the file's own nodes take position and rotation of every bone, as EVMC4U with position sync on
//   rotation    the file's own nodes take the rotations, the whole figure the position of Root
//   normalized  three-vrm's normalized nodes take the rotations, the hips the position, too
// After the bone `last` it prints one line: {avatar, time, bones, tags, joints {hips: [x, y, z], ...}, turns}.

import dgram from "node:dgram";
import { Quaternion, Vector3 } from "three";
import { loadAvatar } from "./avatars.mjs";
import { readOsc } from "./osc.mjs";

// Unity (left-handed, faces +Z) to each avatar's own right-handed space
const axes = {
  1: { position: ([x, y, z]) => [-x, y, z], turn: ([x, y, z, w]) => [x, -y, -z, w] },
  0: { position: ([x, y, z]) => [x, y, -z], turn: ([x, y, z, w]) => [-x, -y, z, w] },
};

class Puppet {
  constructor(index, { mode, last }, vrm) {
    Object.assign(this, { index, mode, last, vrm, own: axes[vrm.meta.metaVersion], time: null, bones: 0, tags: {} });
    this.names = Object.keys(vrm.humanoid.humanBones);
    // a frame that is drawn while nothing is received must not undo what the raw nodes were told
    vrm.humanoid.autoUpdateHumanBones = mode === "normalized";
  }

  place(node, numbers, moves) {
    if (moves) node.position.set(...this.own.position(numbers.slice(0, 3)));
    node.quaternion.set(...this.own.turn(numbers.slice(3)));
  }

  take({ address, tags, args }) {
    if (address === "/VMC/Ext/OK") Object.assign(this, { bones: 0, tags: {} }); // what was lost of a frame is no frame
    this.tags[`${address} ${tags}`] = (this.tags[`${address} ${tags}`] ?? 0) + 1;
    if (address === "/VMC/Ext/T") this.time = args[0];
    const [name, ...numbers] = args;
    if (address === "/VMC/Ext/Root/Pos") this.place(this.vrm.scene, numbers, true);
    if (address !== "/VMC/Ext/Bone/Pos") return;
    const bone = name[0].toLowerCase() + name.slice(1);
    const normalized = this.mode === "normalized";
    const { humanoid } = this.vrm;
    const node = normalized ? humanoid.getNormalizedBoneNode(bone) : humanoid.getRawBoneNode(bone);
    this.bones += 1;
    if (node) this.place(node, numbers, this.mode === "skeleton" || (normalized && bone === "hips"));
    if (bone === this.last) this.show();
  }

  show() {
    this.vrm.update(0);
    this.vrm.scene.updateWorldMatrix(true, true);
    const raw = (name) => this.vrm.humanoid.getRawBoneNode(name);
    const of = (read) => Object.fromEntries(this.names.map((name) => [name, read(raw(name)).toArray()]));
    const joints = of((node) => node.getWorldPosition(new Vector3()));
    const turns = of((node) => node.getWorldQuaternion(new Quaternion()));
    const { index, time, bones, tags } = this;
    console.log(JSON.stringify({ avatar: index, time, bones, tags, joints, turns }));
    Object.assign(this, { bones: 0, tags: {} });
  }
}

const wanted = JSON.parse(process.argv[2]);
const puppets = await Promise.all(wanted.map(async (one, n) => new Puppet(n, one, await loadAvatar(one.file))));
const ports = await Promise.all(
  puppets.map((puppet) => {
    const socket = dgram.createSocket({ type: "udp4", recvBufferSize: 1 << 20 });
    socket.on("message", (datagram) => readOsc(datagram).forEach((message) => puppet.take(message)));
    return new Promise((done) => socket.bind(0, "127.0.0.1", () => done(socket.address().port)));
  }),
);
console.log(JSON.stringify(ports));
process.stdin.on("end", () => process.exit(0)).resume();
