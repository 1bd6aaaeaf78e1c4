// Reads OSC 1.0 packets: big-endian, everything on 4-byte borders, bundles in bundles.

const BUNDLE = 0x2362756e; // "#bun"
const words = new TextDecoder();

/** All messages of an ArrayBuffer, bundles opened: [[address, arguments], ...]. What is not OSC gives none. */
export function readOsc(buffer) {
  const found = [];
  try {
    read(new DataView(buffer), 0, buffer.byteLength, found);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // the packet ended too early
  }
  return found;
}

function read(view, from, to, found) {
  if (view.getUint32(from) === BUNDLE) {
    for (let at = from + 16; at < to; ) {
      const size = view.getInt32(at);
      if (size <= 0 || at + 4 + size > to) return;
      read(view, at + 4, at + 4 + size, found);
      at += 4 + size;
    }
    return;
  }
  const [address, tagsAt] = text(view, from);
  const [tags, bodyAt] = text(view, tagsAt);
  const values = [];
  let at = bodyAt;
  for (const tag of tags.slice(1)) {
    if (tag === "s") {
      const [value, next] = text(view, at);
      values.push(value);
      at = next;
      continue;
    }
    if (tag !== "f" && tag !== "i") return; // nothing of ours
    values.push(tag === "f" ? view.getFloat32(at) : view.getInt32(at));
    at += 4;
  }
  found.push([address, values]);
}

/** A string that ends with zeros, and where the next thing begins. */
function text(view, from) {
  let end = from;
  while (view.getUint8(end) !== 0) end++;
  return [words.decode(new Uint8Array(view.buffer, view.byteOffset + from, end - from)), from + ((end - from) >> 2) * 4 + 4];
}
