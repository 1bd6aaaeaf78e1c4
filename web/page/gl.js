// The little of WebGL 2 that everything here is drawn with.

/** A program with its uniforms' places: {use(), at: {name: location}}. */
export function program(gl, vertex, fragment) {
  const linked = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) { // prettier-ignore
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, `#version 300 es\nprecision highp float;\n${source}`);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
    gl.attachShader(linked, shader);
  }
  gl.linkProgram(linked);
  if (!gl.getProgramParameter(linked, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(linked));
  const at = {};
  for (let n = 0; n < gl.getProgramParameter(linked, gl.ACTIVE_UNIFORMS); n++) {
    const name = gl.getActiveUniform(linked, n).name.replace("[0]", "");
    at[name] = gl.getUniformLocation(linked, name);
  }
  return { use: () => gl.useProgram(linked), at };
}

/** A picture to draw into: {texture, bind(), resize(width, height)}; `depth` for things in front of each other. */
export function target(gl, width, height, depth = false) {
  const texture = gl.createTexture();
  const frame = gl.createFramebuffer();
  const buffer = depth ? gl.createRenderbuffer() : null;
  const made = { texture, width: 0, height: 0 };
  made.resize = (wide, high) => {
    if (wide === made.width && high === made.height) return;
    [made.width, made.height] = [wide, high];
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, wide, high, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
    for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
    for (const way of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, way, gl.LINEAR);
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    if (depth) {
      gl.bindRenderbuffer(gl.RENDERBUFFER, buffer);
      gl.renderbufferStorage(gl.RENDERBUFFER, gl.DEPTH_COMPONENT16, wide, high);
      gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.DEPTH_ATTACHMENT, gl.RENDERBUFFER, buffer);
    }
  };
  made.bind = () => {
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
    gl.viewport(0, 0, made.width, made.height);
  };
  made.resize(width, height);
  return made;
}

/** Covers the whole picture with one triangle; the program gets `place`, 0-1 across it. */
export const WHOLE = `
out vec2 place;
void main() {
  place = vec2(gl_VertexID == 1 ? 2. : 0., gl_VertexID == 2 ? 2. : 0.);
  gl_Position = vec4(2. * place - 1., 0., 1.);
}`;

/** Blurs a target: across into `spare`, down and back again. `reach` is in pixels of the target. */
export class Blur {
  #gl;
  #program;

  constructor(gl) {
    this.#gl = gl;
    this.#program = program(gl, WHOLE, `
      uniform sampler2D picture;
      uniform vec2 pace;
      in vec2 place;
      out vec4 colour;
      void main() { // nine shares of a bell in five looks: between two pixels the card mixes them by itself
        colour = .2270 * texture(picture, place);
        colour += .3162 * (texture(picture, place + 1.3846 * pace) + texture(picture, place - 1.3846 * pace));
        colour += .0703 * (texture(picture, place + 3.2308 * pace) + texture(picture, place - 3.2308 * pace));
      }`); // prettier-ignore
  }

  run(picture, spare, reach) {
    const gl = this.#gl;
    gl.disable(gl.BLEND);
    gl.disable(gl.DEPTH_TEST);
    this.#program.use();
    gl.uniform1i(this.#program.at.picture, 0);
    for (const [from, to, x, y] of [[picture, spare, 1, 0], [spare, picture, 0, 1]]) { // prettier-ignore
      to.bind();
      gl.bindTexture(gl.TEXTURE_2D, from.texture);
      gl.uniform2f(this.#program.at.pace, (x * reach) / 4 / from.width, (y * reach) / 4 / from.height);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    }
  }
}
