/** Lengths of the codes for the 256 bytes and for the end of the string, in bits (RFC 7541, appendix B). */
const LENGTHS =
  '13 23 28 28 28 28 28 28 28 24 30 28 28 30 28 28 28 28 28 28 28 28 30 28 28 28 28 28 28 28 28 28 ' +
  '6 10 10 12 13 6 8 11 10 10 8 11 8 6 6 6 5 5 5 6 6 6 6 6 6 6 7 8 15 6 12 10 ' +
  '13 6 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 8 7 8 13 19 13 14 6 ' +
  '15 5 6 5 6 5 6 6 6 5 7 7 6 6 6 5 6 7 6 5 5 6 7 7 7 7 7 15 11 14 13 28 ' +
  '20 22 20 20 22 22 22 23 22 23 23 23 23 23 24 23 24 24 22 23 24 23 23 23 23 21 22 23 22 23 23 24 ' +
  '22 21 20 22 22 23 23 21 23 22 22 24 21 22 23 23 21 21 22 21 23 22 23 23 20 22 22 22 23 22 22 23 ' +
  '26 26 20 19 22 23 22 25 26 26 26 27 27 26 24 25 19 21 26 27 27 26 27 24 21 21 26 26 28 27 27 27 ' +
  '20 24 20 21 22 21 21 23 22 22 25 25 24 24 26 23 26 27 26 26 27 27 27 27 27 28 27 27 27 27 27 26 30';

/** Two numbers a node of the code's tree: where a 0 leads and where a 1 leads. A byte b is -1 - b; 0: nowhere. */
const tree = new Int16Array(2 * 257);
{
  const lengths = LENGTHS.split(' ').map(Number);
  let nodes = 1;
  let code = 0;
  // The code is canonical: codes of one length follow each other in the order of their bytes.
  for (let length = 1; length <= 30; length++) {
    code *= 2;
    for (const [byte, itsLength] of lengths.entries()) {
      if (itsLength !== length) continue;
      let node = 0;
      for (let bit = length - 1; bit > 0; bit--) {
        const place = 2 * node + ((code >> bit) & 1);
        if (tree[place] === 0) tree[place] = nodes++;
        node = tree[place]!;
      }
      tree[2 * node + (code & 1)] = -1 - byte;
      code++;
    }
  }
}

/** What a node and the next four bits lead to: the node after them, or -1: an error; and the byte that ended on the way. */
const nextNode = new Int16Array(257 * 16);
const ended = new Int16Array(257 * 16);
for (let node = 0; node < 257; node++) {
  for (let bits = 0; bits < 16; bits++) {
    let at = node;
    let byte = -1;
    for (let bit = 3; bit >= 0 && at >= 0; bit--) {
      const next = tree[2 * at + ((bits >> bit) & 1)]!;
      if (next < 0) {
        byte = -1 - next;
        at = byte === 256 ? -1 : 0;
      } else {
        at = next === 0 ? -1 : next;
      }
    }
    nextNode[node * 16 + bits] = at;
    ended[node * 16 + bits] = byte;
  }
}

/** Where a text may end: at the root, or up to seven ones behind it, which begin the code for its end. */
const isEnd = new Uint8Array(257);
for (let ones = 0, node = 0; ones < 8; ones++, node = tree[2 * node + 1]!) isEnd[node] = 1;

/** Writes the decoded text to the target, and returns its length. Undefined: it is not one, or does not fit. */
export function decodeHuffman(
  bytes: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
): number | undefined {
  let node = 0;
  let length = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    for (let shift = 4; shift >= 0; shift -= 4) {
      const step = node * 16 + ((byte >> shift) & 15);
      if (ended[step]! >= 0) target[length++] = ended[step]!;
      node = nextNode[step]!;
      if (node < 0) return undefined;
    }
  }
  return isEnd[node] === 0 || length > target.length ? undefined : length;
}
