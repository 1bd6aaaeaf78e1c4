// Avatars: .vrm files that are dropped on the page, or the one that the stage names. The part that reads them is built by
// `make web` and is loaded only when it is needed.

const PART = "./dist/avatar.js";
const MISSING =
  "To see avatars run  make web  once where the stage is (without make:  npm ci  and  npm run build  in its folder web), then load this page again.";

export class Wardrobe {
  #gl;
  #say;
  changes = 0; // how often other avatars were put on
  #part = null;
  #named = "";

  constructor(gl, say) {
    this.#gl = gl;
    this.#say = say;
    const shown = (on) => (event) => {
      event.preventDefault();
      document.body.classList.toggle("dropping", on);
    };
    addEventListener("dragover", shown(true));
    addEventListener("dragleave", shown(false));
    addEventListener("drop", (event) => {
      shown(false)(event);
      this.#wear([...event.dataTransfer.files]);
    });
  }

  /** Load the avatar that the stage names, once. */
  name(path) {
    if (!path || path === this.#named) return;
    this.#named = path;
    const take = (answer) => (answer.ok ? answer.blob() : Promise.reject(new Error(answer.statusText)));
    fetch(path).then(take).then((blob) => this.#wear([new File([blob], path.slice(1))]), (error) => this.#say(String(error))); // prettier-ignore
  }

  async #wear(files) {
    const avatars = files.filter((file) => /\.(vrm|glb)$/i.test(file.name));
    if (!avatars.length) return this.#say("That is no .vrm file.");
    this.#say("Loading …");
    const names = avatars.map((file) => file.name).join(", ");
    try {
      const { Avatars } = await import(PART);
      this.#part ??= new Avatars(this.#gl);
    } catch {
      return this.#say(MISSING);
    }
    try {
      await this.#part.load(await Promise.all(avatars.map((file) => file.arrayBuffer())));
      this.changes++;
      return this.#say(names, 4);
    } catch (error) {
      return this.#say(`${names}: ${error.message ?? error}`);
    }
  }

  /** Put this dancer's avatar into the pose; false when it has none (yet). */
  pose(n, body, seconds) {
    return this.#part !== null && this.#part.pose(n, body, seconds);
  }

  /** How large dancer n's avatar is beside our figure. */
  size(n) {
    return this.#part?.size(n) ?? 1;
  }

  /** World positions of the bones of dancer n's avatar: {name: [x, y, z]}; null without one. */
  joints(n) {
    return this.#part?.joints(n) ?? null;
  }

  draw(lens) {
    this.#part?.draw(lens);
  }
}
