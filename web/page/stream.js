// What the page makes of the stream: a smooth movement that can be asked for at any instant (as realtime/view_stream.py).
//
// Poses are shown one frame late (later still when the dancer leads by more), so that there is always a next pose to move
// to; the movement between two poses is the stage's own, but that it may have to begin before the pose after the next is
// there. All times are seconds.

import { ArrivalClock } from "./arrival.js";
import { BONES } from "./skeleton.js";
import { at, between, key } from "./upsample.js";

const KEYS = 6; // poses remembered for each dancer
const EARLY = 0.09; // that a pose should still be ahead of the sound when it is shown
export const SILENT_SECONDS = 1;

/** The last poses of one dancer. */
class Track {
  #keys = [];
  #passed = -Infinity; // up to here speeds are settled, so that no later pose changes a movement midway
  #span = null; // what is shown

  add(time, root, local) {
    this.#keys.push(key(time, root, local));
    if (this.#keys.length > KEYS) this.#keys.shift();
  }

  /** {root [3], local [22][4]} at `time`; the nearest pose outside what is known. */
  at(time) {
    const keys = this.#keys;
    if (keys.length === 1) return keys[0];
    const next = keys.findIndex((known, n) => n > 0 && known.time >= time);
    const end = next < 0 ? keys.length - 1 : next;
    if (this.#span?.a.time !== keys[end - 1].time) {
      for (let n = 0; n <= end; n++) this.#settle(n);
      this.#span = between(keys[end - 1], keys[end]);
    }
    return at(this.#span, time);
  }

  /** Give key n its speeds, from the next pose too where that has come. */
  #settle(n) {
    const { time, root, local } = this.#keys[n];
    if (time <= this.#passed) return;
    this.#keys[n] = key(time, root, local, this.#keys[n - 1], this.#keys[n + 1]);
    this.#passed = time;
  }
}

/** Everything heard so far. Feed it messages with the time of their arrival, ask it at any `now` of the same clock. */
export class Stream {
  show = { index: 0, audioTime: 0, lead: 0, beatPhase: 0, barPhase: 0, bpm: 0, confidence: 0, beatInBar: 1, music: false,
           loudness: -120, energy: 0, clock: "heard", clip: false }; // prettier-ignore
  fps = 15;
  avatar = ""; // where a body for the dancers is, "" for none
  styles = []; // of each dancer
  #tracks = new Map();
  #dancers = 0;
  #arrived = -Infinity;
  #clock = new ArrivalClock();
  #root = [0, 0, 0]; // of the dancer whose rotations come next

  /** One message; addresses that mean nothing here are passed over. */
  take(address, values, now) {
    const words = address.split("/").slice(1);
    if (words[0] !== "dance") return;
    if (words[1] === "hello" && values.length > 2) this.#hello(values[1], values[2]);
    else if (words[1] === "avatar" && values.length === 1) this.avatar = String(values[0]);
    else if (words[1] === "style") this.styles = values.map(String);
    else if (words[1] === "clock" && values.length === 1) this.show.clock = String(values[0]);
    else if (words[1] === "clip" && values.length === 1) this.show.clip = values[0] !== 0;
    else if (values.every(Number.isFinite)) this.#numbers(words, values, now);
  }

  #numbers(words, values, now) {
    const show = this.show;
    const kind = `${words.length === 3 ? words[2] : words[1]} ${values.length}`;
    if (kind === "frame 3") this.#frame(...values, now);
    else if (kind === "beat 6") {
      [show.beatPhase, show.barPhase, show.bpm, show.confidence, show.beatInBar] = values;
      show.music = values[5] !== 0;
    } else if (kind === "level 2") [show.loudness, show.energy] = values;
    else if (kind === "root 7") this.#root = values.slice(0, 3);
    else if (kind === "rotations 88" && /^\d+$/.test(words[1])) {
      const local = BONES.map((_, n) => values.slice(4 * n, 4 * n + 4));
      this.#track(Number(words[1])).add(show.audioTime, this.#root, local);
    }
  }

  #track(n) {
    if (!this.#tracks.has(n)) this.#tracks.set(n, new Track());
    return this.#tracks.get(n);
  }

  #frame(index, audioTime, lead, now) {
    const show = this.show;
    if (audioTime <= show.audioTime || now - this.#arrived > SILENT_SECONDS) {
      this.#tracks.clear(); // another show has begun
      this.#clock = new ArrivalClock();
    }
    Object.assign(show, { index, audioTime, lead });
    this.#arrived = now;
    this.#clock.came(now, audioTime);
  }

  #hello(dancers, fps) {
    if (fps > 0) this.fps = fps;
    if (dancers === this.#dancers) return;
    this.#dancers = dancers;
    for (const n of this.#tracks.keys()) if (n >= dancers) this.#tracks.delete(n);
  }

  /** Whether poses are coming. */
  alive(now) {
    return now - this.#arrived < SILENT_SECONDS;
  }

  /** From a pose's arrival to its being shown. */
  get delay() {
    return Math.max(1 / this.fps + this.#clock.jitter, Math.min(this.show.lead - EARLY, KEYS / 2 / this.fps));
  }

  /** Audio time of the pose to show now. */
  shownTime(now) {
    return (this.#clock.offset === null ? 0 : now - this.#clock.offset) - this.delay;
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
