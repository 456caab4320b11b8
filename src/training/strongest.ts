/** Selects the rows of the `most` largest of the first `count` values above 0, ascending; of equal values, the lower rows. */
export function createStrongest(most: number): (rows: Uint32Array, values: Float64Array, count: number) => Uint32Array {
  const best = new Uint32Array(most);
  const largest = new Float64Array(most);
  return (rows, values, count) => {
    let length = 0;
    for (let i = 0; i < count; i++) {
      const value = values[i];
      if (value === 0 || (length === most && value < largest[most - 1])) continue;
      const row = rows[i];
      let at = length;
      for (; at > 0; at--) {
        const other = largest[at - 1];
        if (other > value || (other === value && best[at - 1] < row)) break;
        if (at === most) continue;
        largest[at] = other;
        best[at] = best[at - 1];
      }
      if (at === most) continue;
      largest[at] = value;
      best[at] = row;
      if (length < most) length++;
    }
    return best.subarray(0, length).sort();
  };
}
