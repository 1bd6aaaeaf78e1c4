// The words and lamps over the picture: tempo, beats, style, level, and how far behind the sound all of it is.

const LEVELS = [-60, 0]; // dB
const HINT_SECONDS = 8;

const [LAMPS, METER] = [7, 24]; // most beats of a bar that are shown; steps of the meter

export class Hud {
  #parts = {};
  #note = { text: "", until: 0 };
  #pictures = { count: 0, since: 0, rate: 0 };

  constructor(root, shown) {
    root.hidden = !shown;
    for (const element of root.querySelectorAll("[id]")) this.#parts[element.id] = element;
    for (const [id, count] of [["lamps", LAMPS], ["meter", METER]]) // prettier-ignore
      for (let n = 0; n < count; n++) this.#parts[id].append(document.createElement("i"));
    this.say("drag to turn · wheel to zoom · drop a .vrm on it", HINT_SECONDS);
  }

  /** Say something for a while. */
  say(text, seconds = HINT_SECONDS) {
    this.#note = { text, until: performance.now() / 1000 + seconds };
  }

  draw(stream, link, now, dancer) {
    const { show } = stream;
    const alive = stream.alive(now);
    this.#text("state", alive ? "" : link.open ? "The stage is there, but no dance comes." : "Waiting for the stage …");
    this.#text("remedy", alive || link.open ? "" : "start it with  python -m realtime.run --sink web");
    this.#text("note", now < this.#note.until ? this.#note.text : "");
    const known = alive && show.music && show.bpm > 0;
    this.#text("bpm", known ? show.bpm.toFixed(0) : "--");
    this.#text("style", alive ? (stream.styles[dancer] ?? "") : "");
    this.#text("clock", known && show.clock !== "heard" ? show.clock : "");
    this.#parts.confidence.style.setProperty("--share", known ? show.confidence.toFixed(3) : 0);
    this.#beats(stream, now, known);
    this.#level(show, alive);
    this.#timing(stream, link, now, alive);
  }

  #beats(stream, now, known) {
    const beats = Math.min(Math.max(4, stream.show.beatInBar), LAMPS);
    const [here, phase] = [Math.floor(stream.barPhase(now, beats) * beats), stream.beatPhase(now)];
    [...this.#parts.lamps.children].forEach((lamp, n) => {
      lamp.hidden = n >= beats;
      lamp.classList.toggle("lit", known && n === here);
      lamp.style.setProperty("--pulse", known && n === here ? ((1 - phase) ** 2).toFixed(3) : 0);
    });
  }

  #level({ loudness, clip }, alive) {
    const share = alive ? (loudness - LEVELS[0]) / (LEVELS[1] - LEVELS[0]) : 0;
    [...this.#parts.meter.children].forEach((step, n) => step.classList.toggle("lit", (n + 0.5) / METER < share));
    const heard = clip ? "too loud: the sound is cut off" : `${loudness.toFixed(0)} dB`;
    this.#text("level", !alive ? "" : share > 0 ? heard : "no signal: nothing is heard");
    this.#parts.level.classList.toggle("warn", alive && (share <= 0 || clip));
  }

  #timing(stream, link, now, alive) {
    const pictures = this.#pictures;
    pictures.count++;
    if (now - pictures.since > 1) {
      Object.assign(pictures, { rate: pictures.count / (now - pictures.since), since: now, count: 0 });
    }
    this.#text("rates", alive ? `${stream.fps.toFixed(0)} poses/s   ${pictures.rate.toFixed(0)} pictures/s` : "");
    if (!alive || link.distance === null) return this.#text("latency", "");
    const late = stream.delay + link.distance;
    const ahead = Math.round(1000 * (stream.show.lead - late));
    const when = ahead < 0 ? `${-ahead} ms after the sound` : `${ahead} ms before the sound`;
    return this.#text("latency", `shown ${(1000 * late).toFixed(0)} ms after it is danced: ${when}`);
  }

  #text(id, text) {
    if (this.#parts[id].textContent !== text) this.#parts[id].textContent = text;
  }
}
