// node mannequin.mjs OUT.vrm: a VRM 1.0 avatar with a smooth skin, the page's own figure in stripes, on which a twisted limb
// would show. Linear skinning with one bone for each limb, as most avatars have it.

import { writeFileSync } from "node:fs";
import { TWISTS, buildBody } from "../../web/page/body.js";
import { BONES, OFFSETS, PARENTS, REST } from "../../web/page/skeleton.js";

const [F32, U8, U32] = [5126, 5121, 5125];
const { positions, normals, joints, weights, materials, triangles } = buildBody();
const COLOURS = [
  [0.9, 0.62, 0.25], // suit
  [0.1, 0.12, 0.2],
  [0.85, 0.85, 0.9],
  [0.85, 0.55, 0.42],
  [0.02, 0.02, 0.03],
];

function colour(n) {
  const stripe = materials[n] === 0 && Math.abs(positions[3 * n + 2]) < 0.012; // along the outside of limbs
  return stripe ? [0.2, 0.25, 0.75] : COLOURS[materials[n]];
}

const colours = new Float32Array(Array.from(materials, (_, n) => colour(n)).flat());
const bones = joints.map((n) => (n < BONES.length ? n : TWISTS[n - BONES.length].bone));
const binds = new Float32Array(REST.flatMap(([x, y, z]) => [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, -x, -y, -z, 1]));
const box = (pick) => [0, 1, 2].map((axis) => pick((a, b) => a, axis));
const values = (axis) => positions.filter((_, n) => n % 3 === axis);
const bounds = { min: box((_, axis) => Math.min(...values(axis))), max: box((_, axis) => Math.max(...values(axis))) };

const parts = [];
const add = (array, type, componentType, count, more = {}) => parts.push({ array, accessor: { type, componentType, count, ...more } }) - 1;
const count = materials.length;
const attributes = {
  POSITION: add(positions, "VEC3", F32, count, bounds),
  NORMAL: add(normals, "VEC3", F32, count),
  COLOR_0: add(colours, "VEC3", F32, count),
  JOINTS_0: add(bones, "VEC4", U8, count),
  WEIGHTS_0: add(weights, "VEC4", U8, count, { normalized: true }),
};
const indices = add(triangles, "SCALAR", U32, triangles.length);
const inverseBindMatrices = add(binds, "MAT4", F32, BONES.length);
let byteLength = 0;
const bufferViews = parts.map(({ array }) => {
  const view = { buffer: 0, byteOffset: byteLength, byteLength: array.byteLength };
  byteLength += Math.ceil(array.byteLength / 4) * 4;
  return view;
});
const data = Buffer.alloc(byteLength);
parts.forEach(({ array }, n) => Buffer.from(array.buffer).copy(data, bufferViews[n].byteOffset));

const nodes = BONES.map((name, index) => {
  const children = BONES.flatMap((_, n) => (PARENTS[n] === index ? [n] : []));
  return { name, translation: OFFSETS[index], ...(children.length ? { children } : {}) };
});
const meta = { name: "mannequin", version: "1", authors: ["t"], licenseUrl: "https://vrm.dev/licenses/1.0/" };
const humanBones = Object.fromEntries(BONES.map((name, node) => [name, { node }]));
const json = Buffer.from(
  JSON.stringify({
    asset: { version: "2.0" },
    scene: 0,
    scenes: [{ nodes: [0, BONES.length] }],
    nodes: [...nodes, { name: "skin", mesh: 0, skin: 0 }],
    skins: [{ joints: BONES.map((_, n) => n), inverseBindMatrices }],
    meshes: [{ primitives: [{ attributes, indices, material: 0 }] }],
    materials: [{ pbrMetallicRoughness: { metallicFactor: 0, roughnessFactor: 0.6 } }],
    buffers: [{ byteLength }],
    bufferViews,
    accessors: parts.map(({ accessor }, bufferView) => ({ bufferView, ...accessor })),
    extensionsUsed: ["VRMC_vrm"],
    extensions: { VRMC_vrm: { specVersion: "1.0", meta, humanoid: { humanBones } } },
  }),
);
const padded = Buffer.concat([json, Buffer.alloc(-json.length & 3, " ")]);
const head = (...words) => Buffer.from(new Uint32Array(words).buffer);
const length = 12 + 8 + padded.length + 8 + data.length;
writeFileSync(
  process.argv[2],
  Buffer.concat([head(0x46546c67, 2, length), head(padded.length, 0x4e4f534a), padded, head(data.length, 0x004e4942), data]),
);
