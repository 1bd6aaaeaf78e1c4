// Unit quaternions [x, y, z, w]; they map a bone's axes to its parent's, as in motion/rotation.py.

export function multiply([ax, ay, az, aw], [bx, by, bz, bw]) {
  return [
    aw * bx + ax * bw + ay * bz - az * by,
    aw * by - ax * bz + ay * bw + az * bx,
    aw * bz + ax * by - ay * bx + az * bw,
    aw * bw - ax * bx - ay * by - az * bz,
  ];
}

export function inverse([x, y, z, w]) {
  return [-x, -y, -z, w];
}

export function normalize(q) {
  const length = Math.hypot(...q) || 1;
  return q.map((n) => n / length);
}

/** The vector v [3] turned by q. */
export function rotate([x, y, z, w], [vx, vy, vz]) {
  const tx = 2 * (y * vz - z * vy);
  const ty = 2 * (z * vx - x * vz);
  const tz = 2 * (x * vy - y * vx);
  return [vx + w * tx + y * tz - z * ty, vy + w * ty + z * tx - x * tz, vz + w * tz + x * ty - y * tx];
}

/** The rotation of a vector [3]: its axis times its angle in radians. */
export function fromAxisAngle([x, y, z]) {
  const half = Math.hypot(x, y, z) / 2;
  const scale = half < 1e-9 ? 0.5 : Math.sin(half) / half / 2;
  return [x * scale, y * scale, z * scale, Math.cos(half)];
}

/** The vector [3] of a rotation, the short way round: an angle of 0 to pi. */
export function toAxisAngle([x, y, z, w]) {
  const sine = Math.hypot(x, y, z);
  const scale = (w < 0 ? -1 : 1) * (sine < 1e-7 ? 2 : (2 * Math.atan2(sine, Math.abs(w))) / sine);
  return [x * scale, y * scale, z * scale];
}

/** The part of q that turns about an axis (0: x, 1: y, 2: z), scaled by `share` (0-1). */
export function twist(q, axis, share) {
  const sign = q[3] < 0 ? -1 : 1;
  const half = Math.atan2(sign * q[axis], sign * q[3]) * share;
  const part = [0, 0, 0, Math.cos(half)];
  part[axis] = Math.sin(half);
  return part;
}
