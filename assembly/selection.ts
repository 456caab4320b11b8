// The list of one query while it is made.

export const noRow: u32 = 0xffffffff, noGroup: u32 = 0xffffffff;

// Longer lists are sorted now and then; up to this length, and with a limit for each group up to the second, they are in order
// all the time, which costs them less.
const shortList: u32 = 512, shortLimited: u32 = 64;

// What holds for all lists of a call.
@unmanaged
export class ListRules {
  n: u32;
  groupLimit: u32;
  groups: usize; // null if groups have no limit
  // For long lists only: where keys begin by their bytes, as many keys as a selection has, and a table with room for n groups
  // and how many candidates of each are on a list.
  ends: usize;
  spare: usize;
  counts: usize;
  slots: u32;
  keys: usize; // of all selections; null if lists are short
}
export const rulesBytes: usize = offsetof<ListRules>();
const endsBytes: usize = 8 * 256 * 4, countBytes: usize = 8;

// Sets the rules of a call, with their table in scratch.
export function setRules(rules: ListRules, n: u32, groups: usize, groupLimit: u32, scratch: usize): void {
  rules.n = n;
  rules.groupLimit = groupLimit;
  rules.groups = groupLimit ? groups : 0;
  rules.keys = 0;
  if (n <= (rules.groups ? shortLimited : shortList)) return;
  rules.slots = 2;
  while (rules.slots / 2 < n) rules.slots *= 2;
  rules.ends = (scratch + 7) & ~7;
  rules.spare = rules.ends + endsBytes;
  rules.counts = rules.spare + keysBytes(n);
  rules.keys = rules.counts + rules.slots * countBytes;
}

// Bytes of the keys of one selection.
export function keysBytes(n: u32): usize {
  return n << 4;
}

// The best candidates of one query so far; the rows that are excluded; and the rows that have a bonus. A short list is in the
// output arrays, best first. A long one has 2 n keys: when they are full, the best n stay. 1024 bits follow: bit r % 1024 is
// set if row r is excluded or raised.
@unmanaged
export class Selection {
  rows: usize;
  scores: usize;
  keys: usize; // null if the list is short
  size: u32;
  exclude: usize;
  excluded: u32;
  raised: usize;
  bonuses: usize;
  raises: u32;
  bar: f32; // no candidate below this score has a chance
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

// A score and a row as one number: whoever is ahead has the larger one.
@inline
function keyOf(score: f32, row: u32): u64 {
  const bits = reinterpret<u32>(score + 0); // -0 ties with 0
  return (u64(bits ^ (bits >> 31 ? 0xffffffff : 0x80000000)) << 32) | u64(~row);
}

@inline
function scoreIn(key: u64): f32 {
  return reinterpret<f32>(u32(key >> 32) ^ (key >> 63 ? 0x80000000 : 0xffffffff));
}

@inline
function rowIn(key: u64): u32 {
  return ~u32(key);
}

// Sorts keys, the largest first, by one byte after another. Bytes that are the same in all of them cost nothing.
function sortKeys(keys: usize, spare: usize, length: u32, ends: usize): void {
  const bytes: usize = length << 3;
  memory.fill(ends, 0, endsBytes);
  for (let i: usize = 0; i < bytes; i += 8) {
    let key = load<u64>(keys + i);
    for (let own = ends; own < ends + endsBytes; own += 1024, key >>= 8) {
      const end = own + (usize(key & 255) << 2);
      store<u32>(end, load<u32>(end) + 1);
    }
  }
  let from = keys, to = spare;
  for (let b: u64 = 0, own = ends; b < 64 && length; b += 8, own += 1024) {
    if (load<u32>(own + (usize((load<u64>(keys) >> b) & 255) << 2)) == length) continue;
    for (let end = own + 1020; end > own; end -= 4) store<u32>(end - 4, load<u32>(end - 4) + load<u32>(end));
    for (let i = bytes; i > 0; i -= 8) {
      const key = load<u64>(from + i - 8), end = own + (usize((key >> b) & 255) << 2), place = load<u32>(end) - 1;
      store<u32>(end, place);
      store<u64>(to + (place << 3), key);
    }
    const sorted = to;
    to = from;
    from = sorted;
  }
  if (from != keys) memory.copy(keys, from, bytes);
}

// Keeps the first n of sorted keys whose groups are not full by then. Returns how many there are.
function keepWithinLimit(rules: ListRules, keys: usize, length: u32): u32 {
  const mask = rules.slots - 1;
  let kept: u32 = 0;
  memory.fill(rules.counts, 0, rules.slots * countBytes);
  for (let i: u32 = 0; i < length && kept < rules.n; i++) {
    const key = load<u64>(keys + (i << 3)), group = load<u32>(rules.groups + (rowIn(key) << 2));
    if (group != noGroup) {
      let slot = (group * 0x9e3779b1) & mask;
      while (load<u32>(rules.counts + slot * countBytes, 4) && load<u32>(rules.counts + slot * countBytes) != group)
        slot = (slot + 1) & mask;
      const place = rules.counts + slot * countBytes, count = load<u32>(place, 4);
      if (count == rules.groupLimit) continue;
      store<u32>(place, group);
      store<u32>(place, count + 1, 4);
    }
    store<u64>(keys + (kept++ << 3), key);
  }
  return kept;
}

// Puts a long list in order.
function sortList(rules: ListRules, s: Selection): void {
  sortKeys(s.keys, rules.spare, s.size, rules.ends);
  if (rules.groups) s.size = keepWithinLimit(rules, s.keys, s.size);
  if (s.size < rules.n) return;
  s.size = rules.n;
  s.bar = scoreIn(load<u64>(s.keys + ((rules.n - 1) << 3)));
}

// The place in a short list that a candidate takes from another: the last one, or the last of its group if that is full;
// `size` if it takes none.
@inline
function placeFor(rules: ListRules, s: Selection, row: u32): u32 {
  const free = s.size < rules.n ? s.size : rules.n - 1;
  if (!rules.groups) return free;
  const group = load<u32>(rules.groups + (row << 2));
  if (group == noGroup) return free;
  let count: u32 = 0, last: u32 = 0;
  for (let i: u32 = 0; i < s.size; i++) {
    if (load<u32>(rules.groups + (load<u32>(s.rows + (i << 2)) << 2)) != group) continue;
    count++;
    last = i;
  }
  return count == rules.groupLimit ? last : free;
}

// Offers a candidate to a list. Returns whether the bar may have risen.
export function offer(rules: ListRules, s: Selection, score: f32, row: u32): bool {
  if (score < s.bar) return false;
  if (s.keys) {
    store<u64>(s.keys + (s.size++ << 3), keyOf(score, row));
    if (s.size < 2 * rules.n) return false;
    sortList(rules, s);
    return true;
  }
  const place = placeFor(rules, s, row);
  let at: usize = place << 2;
  if (place < s.size) {
    if (!ahead(score, row, s, at)) return false;
  } else s.size++;
  for (; at > 0 && ahead(score, row, s, at - 4); at -= 4) {
    store<f32>(s.scores + at, load<f32>(s.scores + at - 4));
    store<u32>(s.rows + at, load<u32>(s.rows + at - 4));
  }
  store<f32>(s.scores + at, score);
  store<u32>(s.rows + at, row);
  if (s.size == rules.n) s.bar = load<f32>(s.scores + ((rules.n - 1) << 2));
  return true;
}

// Puts a long list into the output arrays, and marks the unused end. Returns false if a score is not finite.
export function finish(rules: ListRules, s: Selection): bool {
  if (s.keys) {
    sortList(rules, s);
    for (let i: u32 = 0; i < s.size; i++) {
      const key = load<u64>(s.keys + (i << 3));
      store<u32>(s.rows + (i << 2), rowIn(key));
      store<f32>(s.scores + (i << 2), scoreIn(key));
    }
  }
  for (let i = s.size; i < rules.n; i++) {
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

// Begins the list of a query, which is the `index`th of its call.
export function select(rules: ListRules, s: Selection, index: u32, query: u32, rows: usize, scores: usize): void {
  s.rows = rows + ((query * rules.n) << 2);
  s.scores = scores + ((query * rules.n) << 2);
  s.keys = rules.keys ? rules.keys + index * keysBytes(rules.n) : 0;
  s.size = 0;
  s.excluded = 0;
  s.raises = 0;
  s.bar = -Infinity;
  s.allowance = 0;
  memory.fill(changetype<usize>(s) + listed, 0, listedBytes);
}
