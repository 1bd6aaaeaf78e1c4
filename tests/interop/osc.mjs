// Reads OSC 1.0 (the specification's own words: big-endian, 4-byte aligned), independently of the Python side.

/** All messages of a datagram, bundles opened: [{address, tags, args}]. */
export function readOsc(buffer) {
  const text = (at) => {
    const end = buffer.indexOf(0, at);
    return [buffer.toString("utf8", at, end), at + (((end - at) >> 2) + 1) * 4];
  };
  const [head, next] = text(0);
  if (head === "#bundle") {
    const found = [];
    for (let at = 16; at < buffer.length; ) {
      const size = buffer.readInt32BE(at);
      found.push(...readOsc(buffer.subarray(at + 4, at + 4 + size)));
      at += 4 + size;
    }
    return found;
  }
  const [tags, body] = text(next);
  const args = [];
  let at = body;
  for (const tag of tags.slice(1)) {
    if (tag === "f") args.push(buffer.readFloatBE(at));
    else if (tag === "i") args.push(buffer.readInt32BE(at));
    else if (tag === "s") {
      const [value, end] = text(at);
      args.push(value);
      at = end - 4;
    } else throw new Error(`type tag ${tag}`);
    at += 4;
  }
  return [{ address: head, tags: tags.slice(1), args }];
}
