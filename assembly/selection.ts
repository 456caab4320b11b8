// The list of one query while it is made.

const noRow: u32 = 0xffffffff;

// The best candidates of one query so far, best first, in the output arrays; the rows that are excluded; and the rows that
// have a bonus. 1024 bits follow: bit r % 1024 is set if row r is excluded or raised.
@unmanaged
export class Selection {
  rows: usize;
  scores: usize;
  size: u32;
  exclude: usize;
  excluded: u32;
  raised: usize;
  bonuses: usize;
  raises: u32;
  allowance: f32; // the largest bonus among candidates that were not offered before the sweep
}
const listed: usize = offsetof<Selection>(), listedBytes: usize = 128;
export const selectionBytes: usize = listed + listedBytes;

export function list(s: Selection, rows: usize, length: u32): void {
  for (const end = rows + (length << 2); rows < end; rows += 4) {
    const row = load<u32>(rows), word = changetype<usize>(s) + listed + (((row >> 5) & 31) << 2);
    store<u32>(word, load<u32>(word) | (1 << (row & 31)));
  }
}

// Equal scores go to the lower row.
@inline
function ahead(score: f32, row: u32, s: Selection, at: usize): bool {
  const other = load<f32>(s.scores + at);
  return score > other || (score == other && row < load<u32>(s.rows + at));
}

// Puts a candidate in its place. Returns whether it is among the best n.
export function offer(s: Selection, n: u32, score: f32, row: u32): bool {
  if (s.size == n && !ahead(score, row, s, (n - 1) << 2)) return false;
  let at: usize = (s.size < n ? s.size++ : n - 1) << 2;
  for (; at > 0 && ahead(score, row, s, at - 4); at -= 4) {
    store<f32>(s.scores + at, load<f32>(s.scores + at - 4));
    store<u32>(s.rows + at, load<u32>(s.rows + at - 4));
  }
  store<f32>(s.scores + at, score);
  store<u32>(s.rows + at, row);
  return true;
}

// Marks the unused end. Returns false if a score is not finite.
export function finish(s: Selection, n: u32): bool {
  for (let i = s.size; i < n; i++) {
    store<u32>(s.rows + (i << 2), noRow);
    store<f32>(s.scores + (i << 2), 0);
  }
  for (let i: u32 = 0; i < s.size; i++) if (!isFinite<f32>(load<f32>(s.scores + (i << 2)))) return false;
  return true;
}

// Spares most searches.
@inline
export function mayBeListed(s: Selection, row: u32): bool {
  return ((load<u32>(changetype<usize>(s) + listed + (((row >> 5) & 31) << 2)) >> (row & 31)) & 1) != 0;
}

// The place of a row among ascending rows; `length` if it is not there.
export function find(rows: usize, length: u32, row: u32): u32 {
  let from: u32 = 0;
  for (let left = length; left > 0;) {
    const half = left >> 1;
    if (load<u32>(rows + ((from + half) << 2)) < row) {
      from += half + 1;
      left -= half + 1;
    } else left = half;
  }
  return from < length && load<u32>(rows + (from << 2)) == row ? from : length;
}

export function select(s: Selection, query: u32, n: u32, rows: usize, scores: usize): void {
  s.rows = rows + ((query * n) << 2);
  s.scores = scores + ((query * n) << 2);
  s.size = 0;
  s.excluded = 0;
  s.raises = 0;
  s.allowance = 0;
  memory.fill(changetype<usize>(s) + listed, 0, listedBytes);
}
