/** How long an entry is: 16 bytes of a hash among the hashes, and 4 among the places. */
const size = 20;

/** Throws unless the hashes ascend and each leads to a member. */
export function checkAliases(section: Uint8Array, members: number): void {
  const n = section.length / size;
  if (!Number.isInteger(n)) throw new RangeError("aliases of another length");
  for (let i = 0; i < n; i++) {
    if (placeAt(section, n, i) >= members) throw new RangeError("an alias of nobody");
    if (i > 0 && compare(section, i - 1, section.subarray(i * 16)) >= 0) throw new RangeError("aliases out of order");
  }
}

/** The place of the member that a text names; undefined if nobody. */
export async function placeOf(section: Uint8Array, text: string): Promise<number | undefined> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  const n = section.length / size;
  let low = 0;
  for (let high = n; low < high; ) {
    const middle = (low + high) >>> 1;
    if (compare(section, middle, hash) < 0) low = middle + 1;
    else high = middle;
  }
  return low < n && compare(section, low, hash) === 0 ? placeAt(section, n, low) : undefined;
}

function placeAt(section: Uint8Array, n: number, i: number): number {
  return new DataView(section.buffer, section.byteOffset + n * 16 + i * 4, 4).getUint32(0, true);
}

/** Compares the hash at a place with another one. */
function compare(section: Uint8Array, place: number, other: Uint8Array): number {
  for (let i = 0; i < 16; i++) {
    const d = section[place * 16 + i]! - other[i]!;
    if (d !== 0) return d;
  }
  return 0;
}
