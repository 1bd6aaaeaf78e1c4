// 4x4 matrices as WebGL takes them: 16 numbers, column by column.

export function perspective(angle, aspect, near, far) {
  const f = 1 / Math.tan(angle / 2);
  const range = 1 / (near - far);
  return [f / aspect, 0, 0, 0, 0, f, 0, 0, 0, 0, (near + far) * range, -1, 0, 0, 2 * near * far * range, 0];
}

/** World to eye, for an eye with these unit vectors to its right, up and back. */
export function lookFrom(eye, right, up, back) {
  const dot = (a) => -(a[0] * eye[0] + a[1] * eye[1] + a[2] * eye[2]);
  return [
    right[0], up[0], back[0], 0,
    right[1], up[1], back[1], 0,
    right[2], up[2], back[2], 0,
    dot(right), dot(up), dot(back), 1,
  ]; // prettier-ignore
}

export function multiply(a, b) {
  const out = new Array(16).fill(0);
  for (let column = 0; column < 4; column++)
    for (let row = 0; row < 4; row++)
      for (let n = 0; n < 4; n++) out[4 * column + row] += a[4 * n + row] * b[4 * column + n];
  return out;
}
