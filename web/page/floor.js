// The stage: a backdrop, a floor with a grid, soft shadows on it, and a ring that goes out from each dancer on the beat.

import { WHOLE, program } from "./gl.js";
import { KEY_LIGHT } from "./light.js";

const MOST_RINGS = 16;
const REACH = 26; // metres from the middle to where the floor is gone

const BACKDROP = `
uniform float horizon, shape;
in vec2 place;
out vec4 colour;
float grain(vec2 p) { return fract(sin(dot(p, vec2(12.9898, 78.233))) * 43758.5453); }
void main() {
  float up = (place.y - horizon) / (1. - horizon);
  vec3 found = mix(vec3(.060, .056, .095), vec3(.012, .012, .022), smoothstep(-.1, .9, up));
  vec2 aside = (place - vec2(.5, horizon)) * vec2(shape, 1.);
  found += vec3(.050, .040, .085) * exp(-3.2 * dot(aside, aside));
  colour = vec4(found + (grain(gl_FragCoord.xy) - .5) / 255., 1.);
}`;

const FLOOR_VERTEX = `
uniform mat4 lens;
uniform vec2 middle;
out vec2 place;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2. - 1.;
  place = middle + ${REACH}. * corner;
  gl_Position = lens * vec4(place.x, 0., place.y, 1.);
}`;
const FLOOR_FRAGMENT = `
uniform sampler2D shadows;
uniform vec3 square, eye;
uniform vec2 middle;
uniform float shadowOnly, phase, sure;
uniform int dancers;
uniform vec4 feet[${MOST_RINGS}]; // x, z, and the strength of its ring
uniform vec3 accents[${MOST_RINGS}];
in vec2 place;
out vec4 colour;

float lines(float step, float wide) {
  vec2 at = abs(fract(place / step - .5) - .5) * step, edge = fwidth(place);
  vec2 on = 1. - smoothstep(wide - edge * .5, wide + edge, at);
  vec2 thin = min(vec2(1.), 2. * wide / max(edge, 1e-5)); // lines thinner than a pixel grow faint, not broken
  return max(on.x * thin.x, on.y * thin.y);
}
float grain(vec2 p) { return fract(sin(dot(p, vec2(12.9898, 78.233))) * 43758.5453); }

void main() {
  vec2 inside = (place - square.xy) / square.z;
  vec2 shade = max(abs(inside.x), abs(inside.y)) < 1. ? texture(shadows, .5 * inside + .5).rg : vec2(0.);
  float dark = 1. - (1. - .62 * shade.r) * (1. - .8 * shade.g);
  if (shadowOnly > 0.) {
    colour = vec4(0., 0., 0., .7 * dark);
    return;
  }
  float away = distance(place, middle);
  float pool = exp(-away * away / 9.);
  vec3 found = vec3(.042, .040, .066) + vec3(.115, .108, .150) * pool;
  found += (lines(.5, .003) * .10 + lines(2.5, .006) * .12) * vec3(.62, .60, .92) * (.25 + pool);
  found *= 1. - dark;
  for (int n = 0; n < dancers; n++) {
    float far = distance(place, feet[n].xy);
    float ring = exp(-pow((far - .35 - 1.9 * phase) / (.03 + .05 * phase), 2.)) * pow(1. - phase, 2.);
    found += accents[n] * (ring * .55 * sure + .055 * exp(-far * far * 2.2) * (1. - dark)) * feet[n].z;
  }
  float there = exp(-away * away / 60.) * smoothstep(${REACH}., ${REACH - 8}., away);
  colour = vec4((found + (grain(gl_FragCoord.xy) - .5) / 255.) * there, there);
}`;

export class Floor {
  #gl;
  #backdrop;
  #floor;

  constructor(gl) {
    this.#gl = gl;
    this.#backdrop = program(gl, WHOLE, BACKDROP);
    this.#floor = program(gl, FLOOR_VERTEX, FLOOR_FRAGMENT);
  }

  /** horizon: its height in the picture, 0-1. */
  drawBackdrop(horizon, aspect) {
    const gl = this.#gl;
    this.#backdrop.use();
    gl.uniform1f(this.#backdrop.at.horizon, Math.min(Math.max(horizon, 0.05), 0.95));
    gl.uniform1f(this.#backdrop.at.shape, aspect);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  /** scene: {lens, eye, middle [2], square [3], phase, sure, dancers: [{place [3], accent [3]}]}. */
  draw({ lens, eye, middle, square, phase, sure, dancers }, shadows, shadowOnly) {
    const [gl, { at }] = [this.#gl, this.#floor];
    const shown = dancers.slice(0, MOST_RINGS);
    this.#floor.use();
    gl.uniformMatrix4fv(at.lens, false, lens);
    gl.uniform3fv(at.eye, eye);
    gl.uniform2fv(at.middle, middle);
    gl.uniform3fv(at.square, square);
    gl.uniform1f(at.phase, phase);
    gl.uniform1f(at.sure, sure);
    gl.uniform1f(at.shadowOnly, shadowOnly ? 1 : 0);
    gl.uniform1i(at.shadows, 0);
    gl.uniform1i(at.dancers, shown.length);
    if (shown.length) {
      gl.uniform4fv(at.feet, shown.flatMap(({ place }) => [place[0], place[2], 1, 0])); // prettier-ignore
      gl.uniform3fv(at.accents, shown.flatMap(({ accent }) => accent)); // prettier-ignore
    }
    gl.bindTexture(gl.TEXTURE_2D, shadows.texture);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }
}

/** The square of the floor on which all shadows fall: [x, z, half its side], for bodies that stand at these places. */
export function shadowSquare(places) {
  const slant = [-KEY_LIGHT[0] / KEY_LIGHT[1], -KEY_LIGHT[2] / KEY_LIGHT[1]];
  const span = (axis, lean) => {
    const values = places.map((place) => place[axis]);
    return [Math.min(...values, ...values.map((v) => v + 1.9 * lean)), Math.max(...values, ...values.map((v) => v + 1.9 * lean))];
  };
  if (!places.length) return [0, 0, 1];
  const [[left, right], [near, far]] = [span(0, slant[0]), span(2, slant[1])];
  return [(left + right) / 2, (near + far) / 2, Math.max(right - left, far - near) / 2 + 1.15];
}
