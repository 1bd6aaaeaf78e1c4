// Draws one picture: backdrop, floor, shadows, what the floor reflects, the bodies, and the glow around what shines.

import { Figures } from "./figure.js";
import { Floor, shadowSquare } from "./floor.js";
import { Blur, WHOLE, program, target } from "./gl.js";
import { multiply } from "./matrix.js";

const SHADOW_PIXELS = 512;
const SHADOW_SOFT = 0.06; // metres
const REFLECTED = 0.16;
const GLOW_SHARE = 6; // pixels of the picture for each of the glow

export class Stage {
  #gl;
  #background;
  #figures;
  #floor;
  #blur;
  #add;
  #shadow;
  #glow;
  #spare;

  constructor(gl, background) {
    this.#gl = gl;
    this.#background = background;
    this.#figures = new Figures(gl);
    this.#floor = new Floor(gl);
    this.#blur = new Blur(gl);
    this.#add = program(gl, WHOLE, `
      uniform sampler2D picture;
      in vec2 place;
      out vec4 colour;
      void main() {
        vec3 light = texture(picture, place).rgb;
        colour = vec4(light, max(light.r, max(light.g, light.b)));
      }`); // prettier-ignore
    this.#shadow = [target(gl, SHADOW_PIXELS, SHADOW_PIXELS), target(gl, SHADOW_PIXELS, SHADOW_PIXELS)];
    this.#glow = target(gl, 4, 4, true);
    this.#spare = target(gl, 4, 4);
  }

  /**
   * scene: {camera, dancers: [{place [3], accent [3], bones, size, avatar}], phase, pulse, sure, drawAvatars(lens)}.
   * A dancer with an avatar casts the figure's shadow but is drawn by drawAvatars.
   */
  draw({ camera, dancers, phase, pulse, sure, drawAvatars }) {
    const gl = this.#gl;
    const { eye, view, projection } = camera.lens();
    const lens = multiply(projection, view);
    const [width, height] = [gl.drawingBufferWidth, gl.drawingBufferHeight];
    const square = shadowSquare(dancers.map(({ place }) => place));
    const figures = dancers.filter(({ avatar }) => !avatar);
    gl.activeTexture(gl.TEXTURE0);
    gl.enable(gl.CULL_FACE);
    gl.cullFace(gl.BACK);
    gl.depthMask(true);
    this.#drawShadow(dancers, square);
    this.#drawGlow(figures, lens, pulse, width, height);

    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, width, height);
    gl.clearColor(...this.#clear());
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.disable(gl.CULL_FACE);
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.BLEND);
    const bare = this.#background !== "stage";
    if (!bare) this.#floor.drawBackdrop(0.5 + (0.5 * Math.tan(-camera.lift)) / Math.tan(0.28), camera.aspect);
    gl.enable(gl.BLEND);
    gl.blendEquation(gl.FUNC_ADD);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    const middle = [camera.target[0], camera.target[2]];
    this.#floor.draw({ lens, eye, middle, square, phase, sure, dancers }, this.#shadow[0], bare);
    gl.enable(gl.CULL_FACE);
    gl.enable(gl.DEPTH_TEST);
    if (!bare && eye[1] > 0.06) {
      this.#figures.draw(figures, lens, eye, pulse, -1, REFLECTED);
      gl.clear(gl.DEPTH_BUFFER_BIT);
    }
    gl.disable(gl.BLEND);
    this.#figures.draw(figures, lens, eye, pulse);
    drawAvatars({ view, projection });
    this.#addGlow();
  }

  /** What the picture is before anything is drawn, premultiplied RGBA. */
  #clear() {
    if (!this.#background.startsWith("#")) return [0, 0, 0, 0];
    return [1, 3, 5].map((at) => parseInt(this.#background.slice(at, at + 2), 16) / 255).concat(1);
  }

  #drawShadow(bodies, square) {
    const gl = this.#gl;
    this.#shadow[0].bind();
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.CULL_FACE);
    gl.enable(gl.BLEND);
    gl.blendEquation(gl.MAX);
    this.#figures.drawShadow(bodies, square);
    gl.blendEquation(gl.FUNC_ADD);
    this.#blur.run(...this.#shadow, (SHADOW_SOFT / square[2]) * (SHADOW_PIXELS / 2));
    gl.enable(gl.CULL_FACE);
  }

  #drawGlow(bodies, lens, pulse, width, height) {
    const gl = this.#gl;
    const size = [Math.ceil(width / GLOW_SHARE), Math.ceil(height / GLOW_SHARE)];
    this.#glow.resize(...size);
    this.#spare.resize(...size);
    this.#glow.bind();
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    gl.disable(gl.BLEND);
    this.#figures.drawGlow(bodies, lens, pulse);
    this.#blur.run(this.#glow, this.#spare, size[1] / 24);
  }

  #addGlow() {
    const gl = this.#gl;
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.CULL_FACE);
    gl.enable(gl.BLEND);
    gl.blendEquation(gl.FUNC_ADD);
    gl.blendFunc(gl.ONE, gl.ONE);
    this.#add.use();
    gl.uniform1i(this.#add.at.picture, 0);
    gl.bindTexture(gl.TEXTURE_2D, this.#glow.texture);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }
}
