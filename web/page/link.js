// The wire to the stage: a WebSocket that comes back by itself, and how far away the stage is.

const AGAIN = [0.25, 0.5, 1, 2]; // seconds until the next try
const PING_SECONDS = 1;
const PINGS = 5;

export class Link {
  open = false;
  #url;
  #take;
  #tries = 0;
  #pings = []; // seconds there and back

  /** take(ArrayBuffer) gets every packet. */
  constructor(url, take) {
    this.#url = url;
    this.#take = take;
    this.#connect();
  }

  /** Seconds from the stage to here; null while unknown. */
  get distance() {
    return this.open && this.#pings.length ? Math.min(...this.#pings) / 2 : null;
  }

  #connect() {
    const socket = new WebSocket(this.#url);
    socket.binaryType = "arraybuffer";
    const ping = () => socket.readyState === WebSocket.OPEN && socket.send(String(performance.now()));
    let timer = 0;
    socket.onopen = () => {
      this.open = true;
      this.#tries = 0;
      this.#pings = [];
      timer = setInterval(ping, 1000 * PING_SECONDS);
      ping();
    };
    socket.onmessage = ({ data }) => (typeof data === "string" ? this.#pong(Number(data)) : this.#take(data));
    socket.onclose = () => {
      this.open = false;
      clearInterval(timer);
      const wait = AGAIN[Math.min(this.#tries++, AGAIN.length - 1)];
      setTimeout(() => this.#connect(), 1000 * wait);
    };
  }

  #pong(sent) {
    this.#pings.push((performance.now() - sent) / 1000);
    if (this.#pings.length > PINGS) this.#pings.shift();
  }
}
