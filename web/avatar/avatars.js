// VRM avatars (0.x and 1.0) drawn by three.js into the page's own picture, one for each dancer.

import { DirectionalLight, HemisphereLight, PerspectiveCamera, Scene, Vector3, WebGLRenderer } from "three";
import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";
import { VRMLoaderPlugin, VRMUtils } from "@pixiv/three-vrm";
import { KEY_LIGHT } from "../page/light.js";
import { BONES } from "../page/skeleton.js";
import { Rig } from "./rig.js";

const SKY = [0x9aa4c8, 0x3a3346, 2.1]; // from above, from below, how strong
const KEY = [0xfff2e2, 3.4];

/** An avatar out of a file's bytes: {vrm, rig}. Throws what can be said to whoever dropped it. */
async function load(bytes) {
  const loader = new GLTFLoader();
  loader.register((parser) => new VRMLoaderPlugin(parser));
  const { userData } = await loader.parseAsync(bytes, "");
  if (!userData.vrm) throw new Error("This file holds no VRM avatar.");
  userData.vrm.scene.traverse((node) => (node.frustumCulled = false)); // its box at rest says nothing of a dance
  return { vrm: userData.vrm, rig: new Rig(userData.vrm) };
}

export class Avatars {
  #gl;
  #renderer;
  #scene = new Scene();
  #camera = new PerspectiveCamera();
  #models = [];
  #worn = new Map(); // dancer -> {vrm, rig}, or null while it loads

  constructor(gl) {
    this.#gl = gl;
    this.#renderer = new WebGLRenderer({ canvas: gl.canvas, context: gl });
    this.#renderer.autoClear = false;
    this.#camera.matrixWorldAutoUpdate = false;
    const key = new DirectionalLight(...KEY);
    key.position.set(...KEY_LIGHT);
    this.#scene.add(new HemisphereLight(...SKY), key);
  }

  /** Take the files' bytes [ArrayBuffer, ...]; dancer n wears the one whose turn it is. A bad file changes nothing. */
  async load(models) {
    const first = await Promise.all(models.map(load));
    for (const avatar of this.#worn.values()) if (avatar) this.#drop(avatar);
    this.#worn = new Map();
    this.#models = models;
    first.forEach((avatar, n) => this.#wear(n, avatar));
  }

  #wear(n, avatar) {
    this.#worn.set(n, avatar);
    this.#scene.add(avatar.vrm.scene);
  }

  #drop({ vrm }) {
    this.#scene.remove(vrm.scene);
    VRMUtils.deepDispose(vrm.scene);
  }

  /** Make one more of the file whose turn it is; files that were changed meanwhile win. */
  async #more(n) {
    const [models, worn] = [this.#models, this.#worn];
    const avatar = await load(models[n % models.length]);
    if (worn === this.#worn) this.#wear(n, avatar);
  }

  /** Put dancer n's avatar into the pose {root, local}, `seconds` after the last; false while it has none. */
  pose(n, body, seconds) {
    if (this.#models.length && !this.#worn.has(n)) {
      this.#worn.set(n, null);
      this.#more(n);
    }
    const avatar = this.#worn.get(n);
    if (!avatar) return false;
    avatar.rig.pose(body);
    avatar.vrm.scene.visible = true;
    avatar.vrm.update(seconds);
    return true;
  }

  /** How large dancer n's avatar is beside our figure. */
  size(n) {
    return this.#worn.get(n)?.rig.size ?? 1;
  }

  /** World positions of dancer n's own bones: {name: [x, y, z]}; null while it has none. */
  joints(n) {
    if (!this.#worn.get(n)) return null;
    const { scene, humanoid } = this.#worn.get(n).vrm;
    scene.updateWorldMatrix(true, true);
    const nodes = BONES.map((name) => [name, humanoid.getRawBoneNode(name)]).filter(([, node]) => node);
    return Object.fromEntries(nodes.map(([name, node]) => [name, node.getWorldPosition(new Vector3()).toArray()]));
  }

  /** Draw all that were posed since the last time, over what is there; view and projection as 16 numbers. */
  draw({ view, projection }) {
    const camera = this.#camera;
    camera.projectionMatrix.fromArray(projection);
    camera.projectionMatrixInverse.copy(camera.projectionMatrix).invert();
    camera.matrixWorldInverse.fromArray(view);
    camera.matrixWorld.copy(camera.matrixWorldInverse).invert();
    this.#renderer.resetState();
    this.#renderer.setViewport(0, 0, this.#gl.drawingBufferWidth, this.#gl.drawingBufferHeight);
    this.#renderer.render(this.#scene, camera);
    this.#renderer.resetState();
    for (const avatar of this.#worn.values()) if (avatar) avatar.vrm.scene.visible = false;
  }
}
