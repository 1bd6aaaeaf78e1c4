// Synthetic VRM avatars without a mesh: a skeleton with given rest offsets, as VRM 1.0 and as VRM 0.x.

import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";
import { VRMLoaderPlugin } from "@pixiv/three-vrm";

globalThis.self ??= globalThis;

/** bones: [{name, parent (index or -1), offset [x, y, z]}] in VRM 1.0 axes; version "1" or "0". */
export async function loadAvatar(bones, version) {
  const loader = new GLTFLoader();
  loader.register((parser) => new VRMLoaderPlugin(parser));
  const gltf = await loader.parseAsync(glb(version === "1" ? vrm1(bones) : vrm0(bones)), "");
  return gltf.userData.vrm;
}

function skeleton(bones, flip) {
  return {
    asset: { version: "2.0" },
    scene: 0,
    scenes: [{ nodes: [0] }],
    nodes: bones.map(({ name, offset: [x, y, z] }, index) => {
      const children = bones.flatMap((bone, n) => (bone.parent === index ? [n] : []));
      return { name, translation: [flip * x, y, flip * z], ...(children.length ? { children } : {}) };
    }),
  };
}

function vrm1(bones) {
  const humanBones = Object.fromEntries(bones.map(({ name }, node) => [name, { node }]));
  const meta = { name: "t", version: "1", authors: ["t"], licenseUrl: "https://vrm.dev/licenses/1.0/" };
  const VRMC_vrm = { specVersion: "1.0", meta, humanoid: { humanBones } };
  return { ...skeleton(bones, 1), extensionsUsed: ["VRMC_vrm"], extensions: { VRMC_vrm } };
}

function vrm0(bones) {
  // a VRM 0.x model stands turned round by 180 degrees: it faces -Z and its left is at -X
  const VRM = {
    specVersion: "0.0",
    meta: { title: "t" },
    humanoid: { humanBones: bones.map(({ name: bone }, node) => ({ bone, node })) },
    firstPerson: {},
    blendShapeMaster: { blendShapeGroups: [] },
    secondaryAnimation: {},
    materialProperties: [],
  };
  return { ...skeleton(bones, -1), extensionsUsed: ["VRM"], extensions: { VRM } };
}

function glb(json) {
  const text = Buffer.from(JSON.stringify(json));
  const body = Buffer.concat([text, Buffer.alloc((4 - (text.length % 4)) % 4, " ")]);
  const head = Buffer.alloc(20);
  head.write("glTF", 0);
  [2, 20 + body.length, body.length, 0x4e4f534a].forEach((word, n) => head.writeUInt32LE(word, 4 + 4 * n));
  const all = Buffer.concat([head, body]);
  return all.buffer.slice(all.byteOffset, all.byteOffset + all.byteLength);
}
