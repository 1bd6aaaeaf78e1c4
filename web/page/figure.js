// Draws the figure: its skin bent by the bones on the graphics card (dual quaternions, so that no joint caves in), lit by a
// key light, a sky, and two rims of light in the dancer's own colour.

import { JOINTS, TWISTS, buildBody } from "./body.js";
import { program } from "./gl.js";
import { KEY_LIGHT } from "./light.js";
import { inverse, multiply, rotate, twist } from "./quaternion.js";
import { BONES, PARENTS, REST } from "./skeleton.js";

const BEND = `
layout(location = 0) in vec3 position;
layout(location = 1) in vec3 normal;
layout(location = 2) in uvec4 joints;
layout(location = 3) in vec4 weights;
layout(location = 4) in float material;
uniform vec4 bones[${2 * JOINTS}];
uniform float size;

vec3 turned(vec4 q, vec3 v) { return v + 2. * cross(q.xyz, cross(q.xyz, v) + q.w * v); }

void bend(out vec3 place, out vec3 facing) {
  vec4 real = vec4(0.), dual = vec4(0.), first = bones[2u * joints.x];
  for (int n = 0; n < 4; n++) {
    vec4 q = bones[2u * joints[n]];
    float share = dot(q, first) < 0. ? -weights[n] : weights[n];
    real += share * q;
    dual += share * bones[2u * joints[n] + 1u];
  }
  float length = length(real);
  real /= length;
  dual /= length;
  vec3 moved = 2. * (real.w * dual.xyz - dual.w * real.xyz + cross(real.xyz, dual.xyz));
  place = turned(real, size * position) + moved;
  facing = turned(real, normal);
}
`;

const BODY_VERTEX = `${BEND}
uniform mat4 lens;
uniform float upright;
out vec3 rest, world, facing;
flat out int kind;
void main() {
  bend(world, facing);
  rest = position;
  kind = int(material);
  gl_Position = lens * vec4(world * vec3(1., upright, 1.), 1.);
}`;

// what shines by itself: the visor and the piping along arms, sides and legs
const GLOW = `
float line(float at, float wide) {
  float edge = fwidth(at);
  return 1. - smoothstep(wide - edge, wide + edge, abs(at));
}
float glowing(vec3 p, int kind) {
  if (kind == 4) return 1.;
  if (kind == 2) return step(.012, p.y) * line(p.y - .019, .0045);
  if (kind != 0) return 0.;
  float x = abs(p.x);
  float arm = smoothstep(.195, .2, x) * step(1.41, p.y) * line(p.z - .004, .0048);
  float leg = step(p.y, .93) * step(.115, p.y) * step(.095, x) * line(p.z - .002 + .012 * smoothstep(.5, .3, p.y), .0052);
  float collar = step(x, .1) * step(1.36, p.y) * line(p.y - 1.475 + .35 * max(p.z, 0.), .0042);
  return max(max(arm, leg), collar);
}
`;

const BODY_FRAGMENT = `${GLOW}
uniform vec3 eye, accent, key;
uniform float pulse, fade;
in vec3 rest, world, facing;
flat in int kind;
out vec4 colour;

vec3 albedo(out float gloss) {
  gloss = .35;
  if (kind == 1) { gloss = .3; return vec3(.030, .030, .038); }
  if (kind == 2) { gloss = .4; return mix(vec3(.75), vec3(.030, .030, .038), smoothstep(.024, .026, rest.y)); }
  if (kind == 3) { gloss = .8; return vec3(.56, .55, .58); }
  if (kind == 4) { gloss = 1.; return vec3(.01); }
  float x = abs(rest.x);
  float elbow = line(x - .45, .034) * step(1.2, rest.y);
  float knee = line(rest.y - .49, .045) * smoothstep(0., -.01, rest.z);
  float dark = max(max(elbow, knee), line(rest.y - 1.03, .012)); // and a belt
  return mix(vec3(.56, .55, .58), vec3(.045, .045, .055), dark);
}

void main() {
  vec3 n = normalize(facing), v = normalize(eye - world);
  float gloss, toEye = max(dot(n, v), 0.);
  vec3 base = albedo(gloss);
  float lit = max((dot(n, key) + .2) / 1.2, 0.);
  vec3 sky = mix(vec3(.022, .020, .034), vec3(.13, .14, .19), .5 + .5 * n.y);
  float shade = mix(.55, 1., smoothstep(0., .9, world.y)); // less light reaches the legs
  vec3 light = vec3(1.5, 1.42, 1.32) * lit * lit * shade + sky;
  vec3 found = base * light;
  vec3 h = normalize(v + key);
  found += gloss * .5 * lit * pow(max(dot(n, h), 0.), mix(18., 90., gloss));
  float edge = pow(1. - toEye, 3.);
  vec3 aside = normalize(cross(vec3(0., 1., 0.), v));
  float left = max(dot(n, normalize(-aside - .6 * v + vec3(0., .25, 0.))), 0.);
  float right = max(dot(n, normalize(aside - .6 * v + vec3(0., .25, 0.))), 0.);
  found += accent * (1.5 + .9 * pulse) * (right * right * .9 + edge * .25);
  found += vec3(.55, .62, .8) * left * left * .55;
  found += accent * max(-n.y, 0.) * .05; // what the floor gives back
  found = 1. - exp(-1.5 * found);
  float glow = glowing(rest, kind) * (kind == 4 ? .25 + .75 * smoothstep(.2, .9, toEye) : 1.);
  found = mix(found, min(accent * (.75 + .35 * pulse) + .12 + .25 * pulse, 1.), glow);
  found = pow(found, vec3(1. / 2.2));
  float shown = fade * (fade < 1. ? smoothstep(.9, 0., world.y) : 1.);
  colour = vec4(found, 1.) * shown;
}`;

// its shadow on the floor: red where the key light is kept away, green where that is by something close above
const SHADOW_VERTEX = `${BEND}
uniform vec3 square, key; // the floor's square that is drawn: its middle x and z, half its side
out float height;
void main() {
  vec3 world, facing;
  bend(world, facing);
  height = max(world.y, 0.);
  vec2 floor = world.xz - key.xz / key.y * height;
  gl_Position = vec4((floor - square.xy) / square.z, 0., 1.);
}`;
const SHADOW_FRAGMENT = `
in float height;
out vec4 colour;
void main() { colour = vec4(exp(-.55 * height), exp(-height / .1), 0., 0.); }`;

const GLOW_FRAGMENT = `${GLOW}
uniform vec3 accent;
uniform float pulse;
in vec3 rest, world, facing;
flat in int kind;
out vec4 colour;
void main() { colour = vec4(accent * (.35 + .65 * pulse) * glowing(rest, kind), 1.); }`;

export class Figures {
  #gl;
  #array;
  #count;
  #body;
  #shadow;
  #glow;

  constructor(gl) {
    this.#gl = gl;
    this.#body = program(gl, BODY_VERTEX, BODY_FRAGMENT);
    this.#shadow = program(gl, SHADOW_VERTEX, SHADOW_FRAGMENT);
    this.#glow = program(gl, BODY_VERTEX, GLOW_FRAGMENT);
    this.#upload(buildBody());
  }

  #upload({ positions, normals, joints, weights, materials, triangles }) {
    const gl = this.#gl;
    this.#array = gl.createVertexArray();
    gl.bindVertexArray(this.#array);
    const attribute = (place, data, size, kind, normalized) => {
      gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
      gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
      gl.enableVertexAttribArray(place);
      if (place === 2) gl.vertexAttribIPointer(place, size, kind, 0, 0);
      else gl.vertexAttribPointer(place, size, kind, normalized, 0, 0);
    };
    attribute(0, positions, 3, gl.FLOAT, false);
    attribute(1, normals, 3, gl.FLOAT, false);
    attribute(2, joints, 4, gl.UNSIGNED_BYTE, false);
    attribute(3, weights, 4, gl.UNSIGNED_BYTE, true);
    attribute(4, materials, 1, gl.UNSIGNED_BYTE, false);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, triangles, gl.STATIC_DRAW);
    gl.bindVertexArray(null);
    this.#count = triangles.length;
  }

  #draw(program, bodies, uniforms) {
    const gl = this.#gl;
    program.use();
    gl.bindVertexArray(this.#array);
    uniforms();
    for (const { bones, size, accent } of bodies) {
      gl.uniform4fv(program.at.bones, bones);
      gl.uniform1f(program.at.size, size);
      if (program.at.accent) gl.uniform3fv(program.at.accent, accent);
      gl.drawElements(gl.TRIANGLES, this.#count, gl.UNSIGNED_INT, 0);
    }
    gl.bindVertexArray(null);
  }

  /** bodies: [{bones (of `bent`), size, accent [3]}]; pulse 0-1; upside down for what a glossy floor shows (fade 0-1). */
  draw(bodies, lens, eye, pulse, upright = 1, fade = 1) {
    const [gl, { at }] = [this.#gl, this.#body];
    gl.frontFace(upright < 0 ? gl.CW : gl.CCW);
    this.#draw(this.#body, bodies, () => {
      gl.uniformMatrix4fv(at.lens, false, lens);
      gl.uniform3fv(at.eye, [eye[0], upright * eye[1], eye[2]]);
      gl.uniform3fv(at.key, KEY_LIGHT);
      gl.uniform1f(at.pulse, pulse);
      gl.uniform1f(at.upright, upright);
      gl.uniform1f(at.fade, fade);
    });
    gl.frontFace(gl.CCW);
  }

  /** Only what shines. */
  drawGlow(bodies, lens, pulse) {
    const [gl, { at }] = [this.#gl, this.#glow];
    this.#draw(this.#glow, bodies, () => {
      gl.uniformMatrix4fv(at.lens, false, lens);
      gl.uniform1f(at.upright, 1);
      gl.uniform1f(at.pulse, pulse);
    });
  }

  /** The shadows on the square of the floor [x, z, half side]. */
  drawShadow(bodies, square) {
    const [gl, { at }] = [this.#gl, this.#shadow];
    this.#draw(this.#shadow, bodies, () => {
      gl.uniform3fv(at.square, square);
      gl.uniform3fv(at.key, KEY_LIGHT);
    });
  }
}

/** The joints as dual quaternions [JOINTS * 8]: from the skin at rest, made `size` times as large, to this pose. */
export function bent({ positions, rotations }, size = 1) {
  const bones = new Float32Array(8 * JOINTS);
  const put = (joint, n, rotation) => {
    const [x, y, z] = rotate(rotation, REST[n]);
    const [px, py, pz] = positions[n];
    const moved = [px - size * x, py - size * y, pz - size * z, 0];
    bones.set(rotation, 8 * joint);
    bones.set(multiply(moved, rotation).map((value) => value / 2), 8 * joint + 4); // prettier-ignore
  };
  rotations.forEach((rotation, n) => put(n, n, rotation));
  TWISTS.forEach(({ bone, of, axis, share }, n) => {
    const local = multiply(inverse(rotations[PARENTS[of]]), rotations[of]);
    put(BONES.length + n, bone, multiply(rotations[bone], twist(local, axis, share)));
  });
  return bones;
}
