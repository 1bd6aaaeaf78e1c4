// VRM avatars (0.x and 1.0) drawn by three.js into the page's own picture, one for each dancer.

import { DirectionalLight, HemisphereLight, PerspectiveCamera, Scene, Vector3, WebGLRenderer } from "three";
import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";
import { VRMLoaderPlugin, VRMUtils } from "@pixiv/three-vrm";
import { KEY_LIGHT } from "../page/light.js";
import { BONES } from "../page/skeleton.js";
import { Rig } from "./rig.js";

const SKY = [0x9aa4c8, 0x3a3346, 1.5]; // from above, from below, how strong
const KEY = [0xfff2e2, 2.6];

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
  #models;
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

  /** Take the files' bytes [ArrayBuffer, ...]; dancer n wears the one whose turn it is. */
  async load(models) {
    this.#models = models;
    const first = await Promise.all(models.map(load));
    first.forEach((avatar, n) => this.#wear(n, avatar));
  }

  #wear(n, avatar) {
    this.#worn.set(n, avatar);
    this.#scene.add(avatar.vrm.scene);
  }

  /** Put dancer n's avatar into the pose {root, local}, `seconds` after the last; false while it has none. */
  pose(n, body, seconds) {
    if (!this.#worn.has(n)) {
      this.#worn.set(n, null);
      load(this.#models[n % this.#models.length]).then((avatar) => this.#wear(n, avatar));
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

  /** World positions of dancer n's own bones: {name: [x, y, z]}. */
  joints(n) {
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

  dispose() {
    for (const avatar of this.#worn.values()) if (avatar) VRMUtils.deepDispose(avatar.vrm.scene);
  }
}
