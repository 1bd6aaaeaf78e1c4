// node page.mjs < SHOW.json > ANSWER.json
// Runs the page's own modules without a browser: {packets: [[seconds, base64]], ask: [seconds]} to what Stream makes of them.

import { buildBody, JOINTS } from "../../web/page/body.js";
import { readOptions } from "../../web/page/options.js";
import { readOsc } from "../../web/page/osc.js";
import { BONES, OFFSETS, PARENTS, forward } from "../../web/page/skeleton.js";
import { Stream } from "../../web/page/stream.js";

let text = "";
for await (const part of process.stdin) text += part;
const { packets = [], ask = [], queries = [], body = false } = JSON.parse(text);

const stream = new Stream();
const asked = [...ask];
const answers = [];
const bytes = (base64) => {
  const data = Buffer.from(base64, "base64");
  return data.buffer.slice(data.byteOffset, data.byteOffset + data.length);
};

function answer(now) {
  const bodies = stream.bodies(now).map(([n, { root, local }]) => [n, forward(root, local)]);
  answers.push({
    bodies,
    shown: stream.shownTime(now),
    beat: stream.beatPhase(now),
    bar: stream.barPhase(now, 4),
    alive: stream.alive(now),
    show: stream.show,
    styles: stream.styles,
  });
}

for (const [now, packet] of packets) {
  while (asked.length && asked[0] < now) answer(asked.shift());
  for (const [address, values] of readOsc(bytes(packet))) stream.take(address, values, now);
}
asked.forEach(answer);

function skin() {
  const { positions, weights, triangles, joints } = buildBody();
  const edges = new Map(); // an edge and how often it is walked this way, less the other way: 0 on a closed skin
  for (let n = 0; n < triangles.length; n += 3)
    for (const [a, b] of [[0, 1], [1, 2], [2, 0]].map((pair) => pair.map((k) => triangles[n + k]))) {
      const key = a < b ? `${a} ${b}` : `${b} ${a}`;
      edges.set(key, (edges.get(key) ?? 0) + (a < b ? 1 : -1));
    }
  const sums = new Set();
  for (let n = 0; n < weights.length; n += 4) sums.add(weights[n] + weights[n + 1] + weights[n + 2] + weights[n + 3]);
  const axis = (n) => positions.filter((_, at) => at % 3 === n);
  const bounds = [0, 1, 2].map((n) => [Math.min(...axis(n)), Math.max(...axis(n))]);
  return { open: [...edges.values()].filter((n) => n).length, sums: [...sums], bounds, joints: joints.every((n) => n < JOINTS) };
}

const skeleton = { names: BONES, parents: PARENTS, offsets: OFFSETS };
console.log(JSON.stringify({ answers, skeleton, options: queries.map(readOptions), skin: body ? skin() : null }));
