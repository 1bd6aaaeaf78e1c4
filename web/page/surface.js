// A skin over a sculpture of limbs that flow into each other: its distance field as a mesh (surface nets).
//
// A sculpture is {limbs, blend, floor}: a limb is a chain of balls [[x, y, z, radius], ...] in metres with a skin drawn over
// it, blend the distance over which limbs flow together; below the height `floor` all is cut away.

const FAR = 1e3;

/** The pieces of a limb between ball and ball; the radius goes from one to the next on a cubic, level at both ends. */
function pieces(balls) {
  const apart = (a, b) => Math.hypot(b[0] - a[0], b[1] - a[1], b[2] - a[2]);
  const slope = (n) => {
    if (n === 0 || n === balls.length - 1) return 0;
    const [before, here, after] = balls.slice(n - 1, n + 2);
    return (after[3] - before[3]) / (apart(before, here) + apart(here, after));
  };
  return balls.slice(1).map((b, n) => {
    const a = balls[n];
    const u = [0, 1, 2].map((axis) => b[axis] - a[axis]);
    const length = Math.max(apart(a, b), 1e-6);
    const middle = u.map((value, axis) => a[axis] + value / 2);
    const fat = Math.max(a[3], b[3]);
    return { a, b, u, length, rise: [slope(n) * length, slope(n + 1) * length], middle, fat, reach: length / 2 + fat };
  });
}

/** Distance of a place from a piece of limb; below zero inside. */
function pieceDistance({ a, b, u, length, rise }, x, y, z) {
  const [px, py, pz] = [x - a[0], y - a[1], z - a[2]];
  const t = Math.min(Math.max((px * u[0] + py * u[1] + pz * u[2]) / (length * length), 0), 1);
  const r = (1 + 2 * t) * (1 - t) ** 2 * a[3] + t * (1 - t) ** 2 * rise[0] + t * t * (3 - 2 * t) * b[3] + t * t * (t - 1) * rise[1];
  return Math.hypot(px - t * u[0], py - t * u[1], pz - t * u[2]) - r;
}

/** The smaller of two distances, rounded off where they are alike (Quilez, iquilezles.org/articles/smin). */
function smoothMin(a, b, blend) {
  const h = Math.max(blend - Math.abs(a - b), 0) / blend;
  return Math.min(a, b) - (h * h * blend) / 4;
}

function distance(limbs, { blend, floor }, x, y, z) {
  let d = FAR;
  for (const limb of limbs) {
    let own = FAR;
    for (const piece of limb)
      if (Math.hypot(x - piece.middle[0], y - piece.middle[1], z - piece.middle[2]) < piece.reach + blend)
        own = Math.min(own, pieceDistance(piece, x, y, z));
    d = smoothMin(d, own, blend);
  }
  return floor === undefined ? d : -smoothMin(-d, y - floor, 0.012);
}

/** The mesh of a sculpture: {positions, normals (flat [3 * n]), triangles}; `cell` is its fineness in metres. */
export function skin(sculpture, cell) {
  const limbs = sculpture.limbs.map(pieces);
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

/** The distance at the corners of a grid; only near a limb is it computed. */
function sample(limbs, { blend, floor }, cell) {
  const axes = [0, 1, 2];
  const all = limbs.flat();
  const reach = blend + 2 * cell;
  const low = ({ a, b, fat }, axis) => Math.min(a[axis], b[axis]) - fat - reach;
  const high = ({ a, b, fat }, axis) => Math.max(a[axis], b[axis]) + fat + reach;
  const origin = axes.map((axis) => Math.min(...all.map((piece) => low(piece, axis))));
  const size = axes.map((axis) => Math.ceil((Math.max(...all.map((piece) => high(piece, axis))) - origin[axis]) / cell) + 1);
  const grid = { origin, size, cell, values: new Float32Array(size[0] * size[1] * size[2]).fill(FAR) };
  const own = new Float32Array(grid.values.length).fill(FAR); // of one limb
  for (const limb of limbs) {
    const touched = new Set();
    for (const piece of limb) {
      const from = axes.map((axis) => Math.floor((low(piece, axis) - origin[axis]) / cell));
      const to = axes.map((axis) => Math.floor((high(piece, axis) - origin[axis]) / cell));
      lay(piece, grid, own, from, to, touched);
    }
    for (const n of touched) {
      grid.values[n] = smoothMin(grid.values[n], own[n], blend);
      own[n] = FAR;
    }
  }
  for (let n = 0; floor !== undefined && n < grid.values.length; n++) {
    const y = origin[1] + (Math.floor(n / size[0]) % size[1]) * cell;
    grid.values[n] = Math.max(grid.values[n], floor - y);
  }
  return grid;
}

/** Lay one piece into the grid of its limb, and note where. */
function lay(piece, { origin, size, cell }, own, from, to, touched) {
  for (let k = from[2]; k <= to[2]; k++)
    for (let j = from[1]; j <= to[1]; j++)
      for (let i = from[0]; i <= to[0]; i++) {
        const n = i + size[0] * (j + size[1] * k);
        const d = pieceDistance(piece, origin[0] + i * cell, origin[1] + j * cell, origin[2] + k * cell);
        own[n] = Math.min(own[n], d);
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
