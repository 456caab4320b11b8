/** Sets of products as bits, 32 rows in a word. */

/**
 * Writes the bits of the rows of words `[from, to)`, from `words[0]` on.
 *
 * @param count rows that there are; the bits past them are 0.
 */
export function fillRows(
  words: Uint32Array,
  from: number,
  to: number,
  count: number,
  meets: (row: number) => boolean,
): void {
  for (let word = from; word < to; word++) {
    const first = word * 32;
    const rows = Math.min(32, count - first);
    let bits = 0;
    for (let bit = 0; bit < rows; bit++) if (meets(first + bit)) bits |= 1 << bit;
    words[word - from] = bits;
  }
}

/** Ones for all rows of words `[from, to)`. */
export function fillAll(words: Uint32Array, from: number, to: number, count: number): void {
  for (let word = from; word < to; word++) {
    const rows = count - word * 32;
    words[word - from] = rows >= 32 ? 0xffffffff : rows <= 0 ? 0 : (1 << rows) - 1;
  }
}
