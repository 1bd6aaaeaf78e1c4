// node files.mjs REQUEST.json
// Reads recorded dances with software that is not ours and plays them. The request is a list of
//   {kind: "glb" | "bvh" | "vrma" | "validate", file, times: [seconds], bones: [name], avatar: FILE.vrm};
// the answer, a line of JSON each: the places [times][bones][3] of the bones, or the validator's counts.

import { readFileSync } from "node:fs";
import validator from "gltf-validator";
import { AnimationMixer, Group, LoopOnce, Vector3 } from "three";
import { BVHLoader } from "three/examples/jsm/loaders/BVHLoader.js";
import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";
import { VRMAnimationLoaderPlugin, createVRMAnimationClip } from "@pixiv/three-vrm-animation";
import { loadAvatar } from "./avatars.mjs";

globalThis.self ??= globalThis;

const bytes = (file) => new Uint8Array(readFileSync(file)).buffer;

/** Plays a clip on `root`; node(name) is a bone; update() brings it into the world. */
function play(root, clip, times, bones, node, update = () => {}) {
  const mixer = new AnimationMixer(root);
  const action = mixer.clipAction(clip).setLoop(LoopOnce);
  action.clampWhenFinished = true;
  action.play();
  const at = new Vector3();
  return times.map((time) => {
    mixer.setTime(time);
    update();
    root.updateMatrixWorld(true);
    return bones.map((bone) => node(bone).getWorldPosition(at).toArray());
  });
}

const readers = {
  async glb({ file, times, bones }) {
    const gltf = await new GLTFLoader().parseAsync(bytes(file), "");
    return play(gltf.scene, gltf.animations[0], times, bones, (bone) => gltf.scene.getObjectByName(bone));
  },
  async bvh({ file, times, bones }) {
    const { skeleton, clip } = new BVHLoader().parse(readFileSync(file, "utf8"));
    const root = new Group().add(skeleton.bones[0]);
    return play(root, clip, times, bones, (bone) => root.getObjectByName(bone));
  },
  async vrma({ file, times, bones, avatar }) {
    const loader = new GLTFLoader();
    loader.register((parser) => new VRMAnimationLoaderPlugin(parser));
    const gltf = await loader.parseAsync(bytes(file), "");
    const vrm = await loadAvatar(avatar);
    const clip = createVRMAnimationClip(gltf.userData.vrmAnimations[0], vrm);
    const raw = (bone) => vrm.humanoid.getRawBoneNode(bone);
    return play(vrm.scene, clip, times, bones, raw, () => vrm.update(0));
  },
  async validate({ file }) {
    const report = await validator.validateBytes(new Uint8Array(readFileSync(file)));
    const { issues, info } = report;
    return { errors: issues.numErrors, warnings: issues.numWarnings, messages: issues.messages, info };
  },
};

for (const request of JSON.parse(readFileSync(process.argv[2], "utf8"))) {
  console.log(JSON.stringify(await readers[request.kind](request)));
}
