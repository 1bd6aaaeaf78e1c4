// What the page makes of the stream: a smooth movement that can be asked for at any instant (as realtime/view_stream.py).
//
// Poses are shown one frame late (later still when the dancer leads by more), so that there is always a next pose to move
// to. Between two poses rotations follow a cubic whose speed does not jump; places come from the rotations, so limbs keep
// their length. All times are seconds.

import { normalize } from "./quaternion.js";
import { BONES } from "./skeleton.js";

const KEYS = 32; // poses remembered for each dancer
const EARLY = 0.09; // that a pose should still be ahead of the sound when it is shown
const LATEST = 0.2; // that poses are held back at most so that they are not too early
const JITTER_LIMIT = 0.06;
const CLOCK_WINDOW = 60; // frames over which the earliest arrival sets the clock
export const SILENT_SECONDS = 1;

/** The last poses of one dancer. */
class Track {
  #keys = []; // {time, values: [root 3, rotations 22 * 4], speed once used}

  add(time, root, local) {
    const before = this.#keys.at(-1)?.values;
    const values = Float64Array.from([...root, ...local]);
    for (let at = 3; before && at < values.length; at += 4) {
      let dot = 0;
      for (let n = at; n < at + 4; n++) dot += values[n] * before[n];
      for (let n = at; dot < 0 && n < at + 4; n++) values[n] *= -1;
    }
    this.#keys.push({ time, values, speed: null });
    if (this.#keys.length > KEYS) this.#keys.shift();
  }

  /** {root [3], local [22][4]} at `time`; the nearest pose outside what is known. */
  at(time) {
    const keys = this.#keys;
    const after = keys.findIndex((key) => key.time >= time);
    if (after <= 0) return pose((after < 0 ? keys.at(-1) : keys[0]).values);
    const [a, b] = [keys[after - 1], keys[after]];
    return pose(hermite(a, this.#speed(after - 1), b, this.#speed(after), time));
  }

  /** Speed at key n, kept once used, so that no later pose changes a movement midway. */
  #speed(n) {
    const keys = this.#keys;
    if (keys[n].speed) return keys[n].speed;
    if (n > 0 && n < keys.length - 1) keys[n].speed = this.#slope(n - 1, n + 1);
    else if (n >= 2) {
      const [late, early] = [this.#slope(n - 1, n), this.#slope(n - 2, n - 1)];
      keys[n].speed = late.map((value, i) => 1.5 * value - 0.5 * early[i]);
    } else keys[n].speed = this.#slope(Math.max(n - 1, 0), Math.max(n, 1));
    return keys[n].speed;
  }

  #slope(n, m) {
    const [a, b] = [this.#keys[n], this.#keys[m]];
    return b.values.map((value, i) => (value - a.values[i]) / (b.time - a.time));
  }
}

function hermite(a, speedA, b, speedB, time) {
  const span = b.time - a.time;
  const u = (time - a.time) / span;
  const [fromA, fromB] = [(1 + 2 * u) * (1 - u) ** 2, u * u * (3 - 2 * u)];
  const [byA, byB] = [u * (1 - u) ** 2 * span, u * u * (u - 1) * span];
  return a.values.map((value, i) => fromA * value + byA * speedA[i] + fromB * b.values[i] + byB * speedB[i]);
}

function pose(values) {
  const local = BONES.map((_, n) => normalize(Array.from(values.subarray(3 + 4 * n, 7 + 4 * n))));
  return { root: Array.from(values.subarray(0, 3)), local };
}

/** Everything heard so far. Feed it messages with the time of their arrival, ask it at any `now` of the same clock. */
export class Stream {
  show = { index: 0, audioTime: 0, lead: 0, beatPhase: 0, barPhase: 0, bpm: 0, confidence: 0, beatInBar: 1, music: false,
           loudness: -120, energy: 0 }; // prettier-ignore
  fps = 15;
  avatar = ""; // where a body for the dancers is, "" for none
  styles = new Map(); // dancer -> name
  #tracks = new Map();
  #dancers = 0;
  #arrived = -Infinity;
  #offsets = [];
  #jitter = 0;
  #root = [0, 0, 0]; // of the dancer whose rotations come next

  /** One message; addresses that mean nothing here are passed over. */
  take(address, values, now) {
    const words = address.split("/").slice(1);
    if (words[0] !== "dance") return;
    if (words[1] === "hello" && values.length > 2) this.#hello(values[1], values[2]);
    else if (words[1] === "avatar" && values.length === 1) this.avatar = String(values[0]);
    else if (words[2] === "style" && values.length === 1) this.styles.set(Number(words[1]), String(values[0]));
    else if (values.every(Number.isFinite)) this.#numbers(words, values, now);
  }

  #numbers(words, values, now) {
    const show = this.show;
    const key = `${words.length === 3 ? words[2] : words[1]} ${values.length}`;
    if (key === "frame 3") this.#frame(...values, now);
    else if (key === "beat 6") {
      [show.beatPhase, show.barPhase, show.bpm, show.confidence, show.beatInBar] = values;
      show.music = values[5] !== 0;
    } else if (key === "level 2") [show.loudness, show.energy] = values;
    else if (key === "root 7") this.#root = values.slice(0, 3);
    else if (key === "rotations 88" && /^\d+$/.test(words[1])) this.#track(Number(words[1])).add(show.audioTime, this.#root, values);
  }

  #track(n) {
    if (!this.#tracks.has(n)) this.#tracks.set(n, new Track());
    return this.#tracks.get(n);
  }

  #frame(index, audioTime, lead, now) {
    const show = this.show;
    if (audioTime <= show.audioTime || now - this.#arrived > SILENT_SECONDS) {
      this.#tracks.clear(); // another show has begun
      this.#offsets.length = 0;
      this.#jitter = 0;
    }
    Object.assign(show, { index, audioTime, lead });
    this.#arrived = now;
    this.#offsets.push(now - audioTime);
    if (this.#offsets.length > CLOCK_WINDOW) this.#offsets.shift();
    const late = Math.min(now - audioTime - Math.min(...this.#offsets), JITTER_LIMIT);
    this.#jitter = Math.max(late, this.#jitter + 0.02 * (late - this.#jitter));
  }

  #hello(dancers, fps) {
    if (fps > 0) this.fps = fps;
    if (dancers === this.#dancers) return;
    this.#dancers = dancers;
    for (const names of [this.#tracks, this.styles])
      for (const n of names.keys()) if (n >= dancers) names.delete(n);
  }

  /** Whether poses are coming. */
  alive(now) {
    return now - this.#arrived < SILENT_SECONDS;
  }

  /** From a pose's arrival to its being shown. */
  get delay() {
    return Math.max(1 / this.fps + this.#jitter, Math.min(this.show.lead - EARLY, LATEST));
  }

  /** Audio time of the pose to show now. */
  shownTime(now) {
    return now - (this.#offsets.length ? Math.min(...this.#offsets) : now) - this.delay;
  }

  /** Beat phase 0-1 of what is shown now, as the stage predicted it. */
  beatPhase(now) {
    return this.#phase(this.show.beatPhase, 1, now);
  }

  /** Bar phase 0-1 of what is shown now, in bars of so many beats. */
  barPhase(now, beats) {
    return this.#phase(this.show.barPhase, beats, now);
  }

  #phase(phase, beats, now) {
    const passed = this.shownTime(now) - this.show.audioTime;
    const found = phase + (passed * this.show.bpm) / 60 / beats;
    return found - Math.floor(found);
  }

  /** [dancer, {root, local}] of everyone, at the instant to show now. */
  bodies(now) {
    const time = this.shownTime(now);
    return [...this.#tracks].sort(([a], [b]) => a - b).map(([n, track]) => [n, track.at(time)]);
  }
}
