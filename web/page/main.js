// The page: what the stage sends, drawn at the screen's own pace.

import { Camera, handle } from "./camera.js";
import { Wardrobe } from "./drop.js";
import { bent } from "./figure.js";
import { Hud } from "./hud.js";
import { Link } from "./link.js";
import { readOptions } from "./options.js";
import { readOsc } from "./osc.js";
import { forward } from "./skeleton.js";
import { Stage } from "./stage.js";
import { Stream } from "./stream.js";

const ACCENTS = [
  [1, 0.09, 0.055],
  [0.02, 0.4, 1],
  [0.45, 0.14, 1],
  [1, 0.45, 0.02],
  [0.03, 0.72, 0.3],
  [1, 0.1, 0.45],
]; // linear light

const options = readOptions(location.search);
const canvas = document.querySelector("canvas");
const gl = canvas.getContext("webgl2", { alpha: true, antialias: true, powerPreference: "high-performance" });
const hud = new Hud(document.querySelector("#hud"), options.hud || !gl);
const seconds = () => performance.now() / 1000;

const stream = new Stream();
const server = `${location.hostname}:${options.port ?? location.port}`;
const link = new Link(`ws://${server}/stream`, (packet) => {
  for (const [address, values] of readOsc(packet)) stream.take(address, values, seconds());
});
const camera = new Camera(options.camera);
handle(canvas, camera, options.mirror);
canvas.classList.toggle("mirrored", options.mirror);
canvas.addEventListener("webglcontextlost", () => location.reload()); // the page remembers nothing that would be lost
addEventListener("keydown", ({ key }) => {
  if (key === "f") document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
});

/** The dancers as they are to be drawn now: [{n, place, accent, bones, size, avatar}]. */
function dancers(wardrobe, now, passed) {
  const shown = stream.bodies(now).filter(([n]) => options.dancer === null || n === options.dancer);
  return shown.map(([n, body]) => {
    const avatar = wardrobe.pose(n, body, passed);
    const size = avatar ? wardrobe.size(n) : 1;
    const { positions, rotations } = forward(body.root, body.local);
    const placed = { positions: positions.map((place) => place.map((value) => size * value)), rotations };
    return { n, place: placed.positions[0], accent: ACCENTS[n % ACCENTS.length], bones: bent(placed, size), size, avatar };
  });
}

/** Pixels of the picture for each of the screen's; fewer where a computer would draw less than 24 pictures a second. */
class Fineness {
  #most = Math.min(devicePixelRatio, 2);
  #share = 1;
  #took = [];

  get scale() {
    return this.#share * this.#most;
  }

  /** One picture more, so many seconds after the last; every now and then a decision. */
  tune(passed) {
    this.#took.push(passed);
    if (this.#took.length < 20) return;
    const usual = this.#took.sort((a, b) => a - b)[10];
    this.#took = [];
    if (usual > 1 / 24) this.#share = Math.max(this.#share * 0.8, 0.4);
    else if (usual < 1 / 40) this.#share = Math.min(this.#share * 1.1, 1);
  }
}

function run() {
  const fineness = new Fineness();
  const stage = new Stage(gl, options.background);
  const wardrobe = new Wardrobe(gl, (text, time) => hud.say(text, time));
  const dance = { stream, camera, wardrobe, pictures: 0 };
  globalThis.dance = dance; // for the console, and for pages that are built on this one
  let last = seconds();
  function picture() {
    requestAnimationFrame(picture);
    const now = seconds();
    if (options.fps && now - last < 1 / options.fps - 0.004) return;
    const passed = Math.min(now - last, 0.1);
    last = now;
    if (!options.fps) fineness.tune(passed);
    const [width, height] = [innerWidth, innerHeight].map((size) => Math.max(1, Math.round(size * fineness.scale)));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    camera.aspect = width / height;
    wardrobe.name(stream.avatar);
    const shown = dancers(wardrobe, now, passed);
    camera.follow(shown.map(({ place }) => place), passed); // prettier-ignore
    const phase = stream.beatPhase(now);
    const sure = stream.alive(now) && stream.show.music ? stream.show.confidence : 0;
    const drawAvatars = (lens) => wardrobe.draw(lens);
    stage.draw({ camera, dancers: shown, phase, pulse: sure * (1 - phase) ** 3, sure, drawAvatars });
    hud.draw(stream, link, now, options.dancer ?? 0);
    dance.pictures++;
  }
  requestAnimationFrame(picture);
}

if (gl) run();
else hud.say("This browser draws no WebGL 2: use a current one, and switch on its hardware acceleration.", Infinity);
