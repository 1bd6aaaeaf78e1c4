// Audio time against this computer's clock, as realtime/arrival.py has it: frames are held up on their way, never hurried,
// so the earliest of the last ones tells where audio time lies. Seconds.

const WINDOW = 60; // frames over which the earliest arrival counts: clocks that drift apart stay together
const MOVED = 8; // so many frames in a row that are late by more than JITTER_LIMIT: the stream itself has moved
const JITTER_LIMIT = 0.06;
const FORGOTTEN = 0.02; // of the jitter that is over, each frame

export class ArrivalClock {
  jitter = 0; // that frames come late now and then
  #offsets = [];

  /** A frame with this audio time came at `now`. */
  came(now, audioTime) {
    this.#offsets.push(now - audioTime);
    if (this.#offsets.length > WINDOW) this.#offsets.shift();
    const newest = this.#offsets.slice(-MOVED);
    if (newest.length === MOVED && Math.min(...newest) > this.offset + JITTER_LIMIT) this.#offsets = newest;
    const late = Math.min(now - audioTime - this.offset, JITTER_LIMIT);
    this.jitter = Math.max(late, this.jitter + FORGOTTEN * (late - this.jitter));
  }

  /** What to add to an audio time to have the instant at which it came, had nothing held it up; null before the first. */
  get offset() {
    return this.#offsets.length ? Math.min(...this.#offsets) : null;
  }
}
