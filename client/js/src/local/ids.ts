/** The value of each hexadecimal digit by its code; 16 for what is none. */
const digits = new Uint8Array(128).fill(16);
for (let i = 0; i < 16; i++) {
  digits["0123456789abcdef".charCodeAt(i)] = i;
  digits["0123456789ABCDEF".charCodeAt(i)] = i;
}

/** Where each of the 16 bytes begins in the text of an id. */
const places = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

/**
 * Reads the text of a UUID into four words, as they stand in a document on this machine. It reports whether the text is
 * one; otherwise the words mean nothing.
 */
export function readID(id: string, words: Uint32Array): boolean {
  if (id.length !== 36) return false;
  if (id.charCodeAt(8) !== 45 || id.charCodeAt(13) !== 45 || id.charCodeAt(18) !== 45 || id.charCodeAt(23) !== 45) return false;
  let bad = 0;
  for (let w = 0; w < 4; w++) {
    let word = 0;
    for (let b = 3; b >= 0; b--) {
      const at = places[w * 4 + b]!;
      const high = digits[id.charCodeAt(at)] ?? 16;
      const low = digits[id.charCodeAt(at + 1)] ?? 16;
      bad |= (high | low) & 16;
      word = (word << 8) | (high << 4) | low;
    }
    words[w] = word;
  }
  return bad === 0;
}

/** The text of the id at a place in a list of ids. */
export function textOfID(ids: Uint8Array, place: number): string {
  let text = "";
  for (let i = 0; i < 16; i++) {
    if (i === 4 || i === 6 || i === 8 || i === 10) text += "-";
    text += ids[place * 16 + i]!.toString(16).padStart(2, "0");
  }
  return text;
}

/** Numbers of a document are little-endian; so is every machine that runs JavaScript, and another one must not guess. */
export function assertLittleEndian(): void {
  if (new Uint8Array(Uint32Array.of(1).buffer)[0] !== 1) throw new Error("rolecall: this machine is not little-endian");
}
