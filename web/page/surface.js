// A skin over a sculpture of round cones that flow into each other: its distance field as a mesh (surface nets).
//
// A cone is {a [3], b [3], ra, rb}: two balls and what a band around both encloses, in metres. A sculpture is
// {limbs, blend, floor}: a limb is a chain of cones, blend the distance over which limbs flow together; below the height
// `floor` all is cut away.

const FAR = 1e3;
const JOINED = 0.008; // metres over which the cones of one limb are rounded off

/** Distance of p from a cone with two radii; below zero inside (Quilez, iquilezles.org/articles/distfunctions). */
function coneDistance(cone, x, y, z) {
  const { a, u, l2, rr, a2, il2, ra, rb } = cone;
  const [px, py, pz] = [x - a[0], y - a[1], z - a[2]];
  const along = px * u[0] + py * u[1] + pz * u[2];
  const beyond = along - l2;
  const qx = px * l2 - u[0] * along;
  const qy = py * l2 - u[1] * along;
  const qz = pz * l2 - u[2] * along;
  const x2 = qx * qx + qy * qy + qz * qz;
  const y2 = along * along * l2;
  const z2 = beyond * beyond * l2;
  const k = Math.sign(rr) * rr * rr * x2;
  if (Math.sign(beyond) * a2 * z2 > k) return Math.sqrt(x2 + z2) * il2 - rb;
  if (Math.sign(along) * a2 * y2 < k) return Math.sqrt(x2 + y2) * il2 - ra;
  return (Math.sqrt(x2 * a2 * il2) + along * rr) * il2 - ra;
}

function prepare({ a, b, ra, rb }) {
  const u = [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
  const l2 = Math.max(u[0] ** 2 + u[1] ** 2 + u[2] ** 2, 1e-9);
  const rr = ra - rb;
  const middle = [0, 1, 2].map((axis) => a[axis] + u[axis] / 2);
  return { a, b, u, l2, rr, a2: l2 - rr * rr, il2: 1 / l2, ra, rb, middle, reach: Math.sqrt(l2) / 2 + Math.max(ra, rb) };
}

/** The smaller of two distances, rounded off where they are alike (Quilez, iquilezles.org/articles/smin). */
function smoothMin(a, b, blend) {
  const h = Math.max(blend - Math.abs(a - b), 0) / blend;
  return Math.min(a, b) - (h * h * blend) / 4;
}

function distance(limbs, { blend, floor }, x, y, z) {
  let d = FAR;
  for (const cones of limbs) {
    let own = FAR;
    for (const cone of cones)
      if (Math.hypot(x - cone.middle[0], y - cone.middle[1], z - cone.middle[2]) < cone.reach + blend)
        own = smoothMin(own, coneDistance(cone, x, y, z), JOINED);
    d = smoothMin(d, own, blend);
  }
  return floor === undefined ? d : -smoothMin(-d, y - floor, 0.012);
}

/** The mesh of a sculpture: {positions, normals (flat [3 * n]), triangles}; `cell` is its fineness in metres. */
export function skin(sculpture, cell) {
  const limbs = sculpture.limbs.map((cones) => cones.map(prepare));
  const grid = sample(limbs, sculpture, cell);
  const { places, triangles } = net(grid);
  const positions = [];
  const normals = [];
  for (const [x, y, z] of places) {
    const normal = gradient(limbs, sculpture, x, y, z, cell / 3);
    const d = distance(limbs, sculpture, x, y, z);
    positions.push(x - normal[0] * d, y - normal[1] * d, z - normal[2] * d);
    normals.push(...normal);
  }
  return { positions, normals, triangles };
}

function gradient(limbs, sculpture, x, y, z, e) {
  const at = (dx, dy, dz) => distance(limbs, sculpture, x + dx * e, y + dy * e, z + dz * e);
  const g = [0, 0, 0];
  for (const [sx, sy, sz] of [[1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1]]) { // prettier-ignore
    const d = at(sx, sy, sz);
    g[0] += sx * d;
    g[1] += sy * d;
    g[2] += sz * d;
  }
  const length = Math.hypot(...g) || 1;
  return g.map((n) => n / length);
}

/** The distance at the corners of a grid; only near a cone is it computed. */
function sample(limbs, { blend, floor }, cell) {
  const axes = [0, 1, 2];
  const all = limbs.flat();
  const reach = blend + 2 * cell;
  const low = ({ a, b, ra, rb }, axis) => Math.min(a[axis] - ra, b[axis] - rb) - reach;
  const high = ({ a, b, ra, rb }, axis) => Math.max(a[axis] + ra, b[axis] + rb) + reach;
  const origin = axes.map((axis) => Math.min(...all.map((cone) => low(cone, axis))));
  const size = axes.map((axis) => Math.ceil((Math.max(...all.map((cone) => high(cone, axis))) - origin[axis]) / cell) + 1);
  const grid = { origin, size, cell, values: new Float32Array(size[0] * size[1] * size[2]).fill(FAR) };
  const limb = new Float32Array(grid.values.length).fill(FAR);
  for (const cones of limbs) {
    const touched = new Set();
    for (const cone of cones) {
      const from = axes.map((axis) => Math.floor((low(cone, axis) - origin[axis]) / cell));
      const to = axes.map((axis) => Math.floor((high(cone, axis) - origin[axis]) / cell));
      lay(cone, grid, limb, from, to, touched);
    }
    for (const n of touched) {
      grid.values[n] = smoothMin(grid.values[n], limb[n], blend);
      limb[n] = FAR;
    }
  }
  for (let n = 0; floor !== undefined && n < grid.values.length; n++) {
    const y = origin[1] + (Math.floor(n / size[0]) % size[1]) * cell;
    grid.values[n] = Math.max(grid.values[n], floor - y);
  }
  return grid;
}

/** Lay one cone into the grid of its limb, and note where. */
function lay(cone, { origin, size, cell }, limb, from, to, touched) {
  for (let k = from[2]; k <= to[2]; k++)
    for (let j = from[1]; j <= to[1]; j++)
      for (let i = from[0]; i <= to[0]; i++) {
        const n = i + size[0] * (j + size[1] * k);
        const d = coneDistance(cone, origin[0] + i * cell, origin[1] + j * cell, origin[2] + k * cell);
        limb[n] = smoothMin(limb[n], d, JOINED);
        touched.add(n);
      }
}

/** Naive surface nets: a point in each cell that the surface crosses, four of them to each crossed edge of the grid. */
function net({ origin, size, cell, values }) {
  const [nx, ny, nz] = size;
  const steps = [1, nx, nx * ny];
  const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((c) => (c & 1) + nx * ((c >> 1) & 1) + nx * ny * (c >> 2));
  const pointOf = new Int32Array(values.length).fill(-1);
  const places = [];
  const triangles = [];
  for (let k = 0; k < nz - 1; k++)
    for (let j = 0; j < ny - 1; j++)
      for (let i = 0; i < nx - 1; i++) {
        const n = i + nx * (j + ny * k);
        if (Math.abs(values[n]) > 2 * cell) continue; // the surface is not near
        const inner = crossing(values, n, corners, steps);
        if (!inner) continue;
        pointOf[n] = places.length;
        places.push([i, j, k].map((index, axis) => origin[axis] + (index + inner[axis]) * cell));
      }
  for (let k = 1; k < nz - 1; k++)
    for (let j = 1; j < ny - 1; j++)
      for (let i = 1; i < nx - 1; i++) {
        const n = i + nx * (j + ny * k);
        if (Math.abs(values[n]) > 2 * cell) continue;
        for (let axis = 0; axis < 3; axis++) {
          const inside = values[n] < 0;
          if (inside === values[n + steps[axis]] < 0) continue;
          const [s, t] = [steps[(axis + 1) % 3], steps[(axis + 2) % 3]];
          const [a, b, c, d] = [pointOf[n - s - t], pointOf[n - t], pointOf[n], pointOf[n - s]];
          if (inside) triangles.push(a, b, c, a, c, d);
          else triangles.push(a, c, b, a, d, c);
        }
      }
  return { places, triangles };
}

/** The mean of the points where the surface crosses the edges of cell n, in cells from its corner; null without any. */
function crossing(values, n, corners, steps) {
  let inside = 0;
  for (let c = 0; c < 8; c++) if (values[n + corners[c]] < 0) inside++;
  if (inside === 0 || inside === 8) return null;
  const sum = [0, 0, 0];
  let count = 0;
  for (let c = 0; c < 8; c++)
    for (let axis = 0; axis < 3; axis++) {
      if (c & (1 << axis)) continue;
      const p = values[n + corners[c]];
      const q = values[n + corners[c] + steps[axis]];
      if (p < 0 === q < 0) continue;
      for (let m = 0; m < 3; m++) sum[m] += m === axis ? p / (p - q) : (c >> m) & 1;
      count++;
    }
  return sum.map((value) => value / count);
}
