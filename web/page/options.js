// What the page's address says: ?port= &bg= &hud= &camera= &dancer= &mirror= &fps=

const CAMERAS = ["front", "side", "back", "close", "wide", "top", "orbit", "still"];

/** The options of a query text, each in its bounds; what is missing or odd has its default. */
export function readOptions(query) {
  const given = new URLSearchParams(query);
  const whole = (name, low, high, otherwise) => {
    const value = Number(given.get(name) ?? NaN);
    return Number.isInteger(value) && value >= low && value <= high ? value : otherwise;
  };
  const bg = (given.get("bg") ?? "").replace(/^#/, "");
  const camera = given.get("camera") ?? "front";
  return {
    port: whole("port", 1, 65535, null), // of the stage's server; null: the page's own
    background: bg === "transparent" ? "transparent" : /^[0-9a-f]{6}$/i.test(bg) ? `#${bg}` : "stage",
    hud: given.get("hud") !== "0",
    camera: CAMERAS.includes(camera) ? camera : "front",
    dancer: whole("dancer", 0, 1023, null), // this one alone; null: all
    mirror: given.get("mirror") === "1",
    fps: whole("fps", 1, 240, null), // pictures a second at most; null: the screen's own
  };
}
