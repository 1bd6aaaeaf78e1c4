// A camera that circles the dancers and goes with them; a hand on mouse or screen moves it.

import { lookFrom, perspective } from "./matrix.js";

const ANGLE = 0.56; // radians from the picture's top to its bottom
const FOLLOW_SECONDS = 0.9;
const LOOK_HEIGHT = 0.9;
const BODY_HEIGHT = 2.3; // metres that must fit around a dancer
const BODY_WIDTH = 2.0;
const LIFTS = [-0.02, 1.5];
const ZOOMS = [0.3, 5];
const ORBIT = 0.16; // radians a second
const [NEAR, FAR] = [0.1, 80];

const front = { turn: 0, lift: 0.13, zoom: 1, height: LOOK_HEIGHT };
const VIEWS = {
  front,
  orbit: front,
  still: front,
  side: { ...front, turn: Math.PI / 2 },
  back: { ...front, turn: Math.PI },
  close: { ...front, zoom: 2.1, height: 1.25 },
  wide: { ...front, zoom: 0.55, lift: 0.2 },
  top: { ...front, lift: 1.45, zoom: 0.8 },
};

export class Camera {
  target = [0, LOOK_HEIGHT, 0];
  distance = 5;
  aspect = 16 / 9;
  #name;
  #seen = false;

  constructor(name) {
    this.#name = name;
    this.reset();
  }

  reset() {
    Object.assign(this, VIEWS[this.#name]);
    this.#seen = false;
  }

  /** Move towards a view of all places [[x, y, z], ...], as far as `seconds` allow. */
  follow(places, seconds) {
    if (this.#name === "orbit") this.turn += ORBIT * seconds;
    if (!places.length || (this.#name === "still" && this.#seen)) return;
    const share = this.#seen ? 1 - Math.exp(-seconds / FOLLOW_SECONDS) : 1;
    this.#seen = true;
    const { right, back } = this.axes();
    const middle = (axis) => {
      const values = places.map((place) => place[axis]);
      return (Math.min(...values) + Math.max(...values)) / 2;
    };
    const extent = (direction) => {
      const values = places.map((place) => place[0] * direction[0] + place[1] * direction[1] + place[2] * direction[2]);
      return Math.max(...values) - Math.min(...values);
    };
    const across = extent(right) + BODY_WIDTH;
    const needed = Math.max(BODY_HEIGHT, across / this.aspect) / (2 * Math.tan(ANGLE / 2)) + extent(back) / 2;
    [middle(0), this.height, middle(2)].forEach((value, axis) => (this.target[axis] += share * (value - this.target[axis])));
    this.distance += share * (needed - this.distance);
  }

  /** Unit vectors right, up and back (towards the eye). */
  axes() {
    const [s, c] = [Math.sin(this.turn), Math.cos(this.turn)];
    const [sl, cl] = [Math.sin(this.lift), Math.cos(this.lift)];
    return { right: [c, 0, -s], up: [-s * sl, cl, -c * sl], back: [s * cl, sl, c * cl] };
  }

  /** {eye [3], view, projection} as they are now. */
  lens() {
    const { right, up, back } = this.axes();
    const distance = this.distance / this.zoom;
    const eye = this.target.map((value, axis) => value + distance * back[axis]);
    eye[1] = Math.max(eye[1], 0.05); // never below the floor
    return { eye, view: lookFrom(eye, right, up, back), projection: perspective(ANGLE, this.aspect, NEAR, FAR) };
  }

  turnBy(right, up) {
    this.turn -= right;
    this.lift = Math.min(Math.max(this.lift + up, LIFTS[0]), LIFTS[1]);
  }

  zoomBy(factor) {
    this.zoom = Math.min(Math.max(this.zoom * factor, ZOOMS[0]), ZOOMS[1]);
  }

  liftBy(metres) {
    this.height = Math.min(Math.max(this.height + metres, 0), 2);
  }
}

/** One finger or button turns, two fingers or the wheel zoom, the right button raises; a double click goes back. */
export function handle(element, camera, mirrored) {
  const fingers = new Map();
  const apart = () => {
    const [a, b] = [...fingers.values()];
    return Math.hypot(a.x - b.x, a.y - b.y);
  };
  element.addEventListener("pointerdown", (event) => {
    element.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  element.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const was = fingers.size === 2 ? apart() : 0;
    fingers.set(event.pointerId, now);
    if (fingers.size === 2) camera.zoomBy(apart() / Math.max(was, 1));
    else if (event.buttons & 2) camera.liftBy((now.y - before.y) / 300);
    else camera.turnBy(((mirrored ? -1 : 1) * (now.x - before.x)) / 180, (now.y - before.y) / 240);
  });
  for (const end of ["pointerup", "pointercancel"])
    element.addEventListener(end, (event) => fingers.delete(event.pointerId));
  element.addEventListener("wheel", (event) => {
    event.preventDefault();
    camera.zoomBy(Math.exp(-event.deltaY / 700));
  }, { passive: false }); // prettier-ignore
  element.addEventListener("dblclick", () => camera.reset());
  element.addEventListener("contextmenu", (event) => event.preventDefault());
}
