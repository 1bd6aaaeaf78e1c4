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

/** The part of q that turns about an axis (0: x, 1: y, 2: z), scaled by `share` (0-1). */
export function twist(q, axis, share) {
  const sign = q[3] < 0 ? -1 : 1;
  const half = Math.atan2(sign * q[axis], sign * q[3]) * share;
  const part = [0, 0, 0, Math.cos(half)];
  part[axis] = Math.sin(half);
  return part;
}
