// The list of one query while it is made.

export const noRow: u32 = 0xffffffff, noGroup: u32 = 0xffffffff;

// Longer lists are sorted now and then; up to this length, they are in order all the time, which costs them less.
const shortList: u32 = 512;
// Lists with a limit up to this length are in order from the start.
const briefList: u32 = 32;

// What a list holds of a group: a slot of a table, free if the count is 0.
@unmanaged
class GroupOnList {
  group: u32;
  count: u32;
  bar: f32; // once the group is full, none of its candidates below this score has a chance
  // While the list is filled: the places of its worst candidate, and of the one that came last.
  worst: u32;
  last: u32;
}
const groupBytes: usize = offsetof<GroupOnList>();

// What holds for all lists of a call.
@unmanaged
export class ListRules {
  n: u32;
  groupLimit: u32;
  groups: usize; // null if no group can be full
  slots: u32; // of each list's table: at least half of them are free
  // For the lists of a call, one after the other. Null if lists are short, and if groups have no limit.
  keys: usize;
  tables: usize;
  chains: usize; // null if lists are not filled before they are in order
  // For lists that are sorted: where keys begin by their bytes, and as many keys as a long list has.
  ends: usize;
  spare: usize;
}
export const rulesBytes: usize = offsetof<ListRules>();
const endsBytes: usize = 8 * 256 * 4;

// Sets the rules of a call, with the keys and tables of its lists in scratch. Returns where they end.
export function setRules(
  rules: ListRules, n: u32, groups: usize, groupLimit: u32, lists: u32, scratch: usize,
): usize {
  rules.n = n;
  rules.groupLimit = groupLimit;
  rules.groups = groupLimit && groupLimit < n ? groups : 0;
  rules.slots = 2;
  while (rules.slots / 2 < n) rules.slots *= 2;
  rules.keys = 0;
  rules.tables = 0;
  rules.chains = 0;
  if (n > shortList || (rules.groups && n > briefList)) {
    rules.ends = (scratch + 7) & ~7;
    rules.spare = rules.ends + endsBytes;
    scratch = rules.spare + keysBytes(n);
  }
  if (n > shortList) {
    rules.keys = scratch;
    scratch += lists * keysBytes(n);
  }
  if (!rules.groups) return scratch;
  if (n > briefList && n <= shortList) {
    rules.chains = scratch;
    scratch += lists * (n << 2);
  }
  rules.tables = scratch;
  return scratch + lists * rules.slots * groupBytes;
}

// Bytes of the keys of one list.
function keysBytes(n: u32): usize {
  return n << 4;
}

// The best candidates of one query so far; the rows that are excluded; and the rows that have a bonus. A short list is in the
// output arrays, best first; with a limit for each group, it is put in order when it has n candidates. A long one has 2 n keys:
// when they are full, the best n stay. 1024 bits follow: bit r % 1024 is set if row r is excluded, or among the first raised ones.
@unmanaged
export class Selection {
  rows: usize;
  scores: usize;
  keys: usize; // null if the list is short
  chain: usize; // by place, the one before of the same group; null if the list is in order
  groups: usize; // null if groups have no limit; of a long list, the groups when it was sorted
  size: u32;
  exclude: usize;
  excluded: u32;
  raised: usize;
  bonuses: usize;
  raises: u32;
  ascending: u32; // the first so many raised rows are in order
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

// Sorts keys by their bits from `first` on, the largest first. Bytes that are the same in all of them cost nothing.
function sortByBytes(keys: usize, spare: usize, length: u32, ends: usize, first: u64): void {
  const bytes: usize = length << 3, endsEnd = ends + endsBytes - (<usize>first << 7);
  memory.fill(ends, 0, endsEnd - ends);
  for (let i: usize = 0; i < bytes; i += 8) {
    let key = load<u64>(keys + i) >> first;
    for (let own = ends; own < endsEnd; own += 1024, key >>= 8) {
      const end = own + (usize(key & 255) << 2);
      store<u32>(end, load<u32>(end) + 1);
    }
  }
  let from = keys, to = spare;
  for (let b = first, own = ends; b < 64 && length; b += 8, own += 1024) {
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

// Sorts keys, the largest first. Most lists have no equal scores, and those are all that rows decide.
function sortKeys(keys: usize, spare: usize, length: u32, ends: usize): void {
  sortByBytes(keys, spare, length, ends, 32);
  for (let i = keys + 8; i < keys + (length << 3); i += 8) {
    if (load<u64>(i - 8) >= load<u64>(i)) continue;
    sortByBytes(keys, spare, length, ends, 0);
    return;
  }
}

@inline
function groupOf(rules: ListRules, s: Selection, group: u32): GroupOnList {
  let slot = (group * 0x9e3779b1) & (rules.slots - 1), own = changetype<GroupOnList>(s.groups + slot * groupBytes);
  while (own.count && own.group != group) {
    slot = (slot + 1) & (rules.slots - 1);
    own = changetype<GroupOnList>(s.groups + slot * groupBytes);
  }
  return own;
}

function clearGroups(rules: ListRules, s: Selection): void {
  memory.fill(s.groups, 0, rules.slots * groupBytes);
}

function addTo(own: GroupOnList, group: u32, score: f32): void {
  own.group = group;
  own.bar = own.count && own.bar < score ? own.bar : score;
  own.count++;
}

// Takes a candidate of a group out of a list's table. What was put further on because of it moves up.
function removeFrom(rules: ListRules, s: Selection, group: u32): void {
  if (group == noGroup) return;
  let own = groupOf(rules, s, group);
  if (--own.count) return;
  const last = rules.slots - 1;
  let slot = u32((changetype<usize>(own) - s.groups) / groupBytes);
  for (let at = (slot + 1) & last; ; at = (at + 1) & last) {
    const next = changetype<GroupOnList>(s.groups + at * groupBytes);
    if (!next.count) return;
    const home = (next.group * 0x9e3779b1) & last;
    if (((at - home) & last) < ((at - slot) & last)) continue;
    memory.copy(changetype<usize>(own), changetype<usize>(next), groupBytes);
    next.count = 0;
    slot = at;
    own = next;
  }
}

// No candidate of this group below this score has a chance.
@inline
export function barOfGroup(rules: ListRules, s: Selection, group: u32): f32 {
  if (group == noGroup) return -Infinity;
  const own = groupOf(rules, s, group);
  return own.count == rules.groupLimit ? own.bar : -Infinity;
}

// Keeps the first n of sorted keys whose groups are not full by then.
function keepWithinLimit(rules: ListRules, s: Selection): void {
  let kept: u32 = 0;
  clearGroups(rules, s);
  for (let i: u32 = 0; i < s.size && kept < rules.n; i++) {
    const key = load<u64>(s.keys + (i << 3)), group = load<u32>(rules.groups + (rowIn(key) << 2));
    if (group != noGroup) {
      const own = groupOf(rules, s, group);
      if (own.count == rules.groupLimit) continue;
      addTo(own, group, scoreIn(key));
    }
    store<u64>(s.keys + (kept++ << 3), key);
  }
  s.size = kept;
}

// Puts a long list in order.
function sortList(rules: ListRules, s: Selection): void {
  sortKeys(s.keys, rules.spare, s.size, rules.ends);
  if (rules.groups) keepWithinLimit(rules, s);
  if (s.size < rules.n) return;
  s.size = rules.n;
  s.bar = scoreIn(load<u64>(s.keys + ((rules.n - 1) << 3)));
}

// Puts a candidate into a short list, from this place up. Returns false if the one that is there is ahead.
function insert(s: Selection, n: u32, place: u32, score: f32, row: u32): bool {
  let at: usize = place << 2;
  if (place < s.size) {
    if (!ahead(score, row, s, at)) return false;
  } else s.size++;
  for (; at > 0 && score > load<f32>(s.scores + at - 4); at -= 4) moveDown(s, at);
  for (; at > 0 && ahead(score, row, s, at - 4); at -= 4) moveDown(s, at);
  store<f32>(s.scores + at, score);
  store<u32>(s.rows + at, row);
  if (s.size == n) s.bar = load<f32>(s.scores + ((n - 1) << 2));
  return true;
}

@inline
function moveDown(s: Selection, at: usize): void {
  store<f32>(s.scores + at, load<f32>(s.scores + at - 4));
  store<u32>(s.rows + at, load<u32>(s.rows + at - 4));
}

// How many on a short list are ahead of a candidate.
function placeOf(s: Selection, score: f32, row: u32): u32 {
  let from: u32 = 0;
  for (let left = s.size; left > 0;) {
    const half = left >> 1, middle = from + half, other = load<f32>(s.scores + (middle << 2));
    if (other > score || (other == score && load<u32>(s.rows + (middle << 2)) < row)) {
      from = middle + 1;
      left -= half + 1;
    } else left = half;
  }
  return from;
}

@inline
function groupAt(rules: ListRules, s: Selection, at: u32): u32 {
  return load<u32>(rules.groups + (load<u32>(s.rows + (at << 2)) << 2));
}

// Puts a candidate into a short list with a limit for each group, where it takes the place of the last one, or of the last of
// its group if that is full.
function insertWithinLimit(rules: ListRules, s: Selection, score: f32, row: u32, group: u32, own: GroupOnList): bool {
  const place = placeOf(s, score, row);
  if (place == rules.n) return false;
  let at = s.size < rules.n ? s.size : rules.n - 1;
  if (changetype<usize>(own) && own.count == rules.groupLimit) {
    at = placeOf(s, own.bar, noRow) - 1;
    while (groupAt(rules, s, at) != group) at--;
    if (place > at) return false;
    own.bar = score;
    for (let i = at; i > place; i--) {
      if (groupAt(rules, s, i - 1) != group) continue;
      own.bar = load<f32>(s.scores + ((i - 1) << 2));
      break;
    }
  } else {
    if (at < s.size) removeFrom(rules, s, groupAt(rules, s, at));
    // A slot may have moved.
    if (group != noGroup) addTo(groupOf(rules, s, group), group, score);
  }
  if (at == s.size) s.size++;
  const first: usize = place << 2, bytes: usize = (at - place) << 2;
  memory.copy(s.scores + first + 4, s.scores + first, bytes);
  memory.copy(s.rows + first + 4, s.rows + first, bytes);
  store<f32>(s.scores + first, score);
  store<u32>(s.rows + first, row);
  if (s.size == rules.n) s.bar = load<f32>(s.scores + ((rules.n - 1) << 2));
  return true;
}

// Puts a short list in order.
function orderList(rules: ListRules, s: Selection): void {
  const keys = rules.spare;
  for (let i: u32 = 0; i < s.size; i++) store<u64>(keys + (i << 3), keyAt(s, i));
  sortKeys(keys, keys + (rules.n << 3), s.size, rules.ends);
  takeKeys(s, keys);
  s.chain = 0;
  if (s.size == rules.n) s.bar = load<f32>(s.scores + ((rules.n - 1) << 2));
}

@inline
function keyAt(s: Selection, place: u32): u64 {
  return keyOf(load<f32>(s.scores + (place << 2)), load<u32>(s.rows + (place << 2)));
}

// Puts the keys of a list into the output arrays.
function takeKeys(s: Selection, keys: usize): void {
  for (let i: u32 = 0; i < s.size; i++) {
    const key = load<u64>(keys + (i << 3));
    store<u32>(s.rows + (i << 2), rowIn(key));
    store<f32>(s.scores + (i << 2), scoreIn(key));
  }
}

// Puts a candidate on a short list that has fewer than n, at its end or, if its group is full, in the place of the worst of
// that. Such a list need not be in order, which costs less than searching the place of each. Returns whether a bar has risen.
function fillWithinLimit(rules: ListRules, s: Selection, score: f32, row: u32, group: u32, own: GroupOnList): bool {
  const isFull = changetype<usize>(own) != 0 && own.count == rules.groupLimit;
  const at = isFull ? own.worst : s.size++;
  if (isFull && !ahead(score, row, s, at << 2)) return false;
  store<f32>(s.scores + (at << 2), score);
  store<u32>(s.rows + (at << 2), row);
  if (isFull) {
    let least = keyAt(s, at), worst = at;
    for (let i = own.last, left = own.count; left > 0; i = load<u32>(s.chain + (i << 2)), left--) {
      const key = keyAt(s, i);
      worst = key <= least ? i : worst;
      least = min(key, least);
    }
    own.worst = worst;
    own.bar = load<f32>(s.scores + (worst << 2));
  } else if (changetype<usize>(own)) {
    own.worst = own.count && keyAt(s, own.worst) < keyAt(s, at) ? own.worst : at;
    store<u32>(s.chain + (at << 2), own.last);
    own.last = at;
    addTo(own, group, score);
  }
  if (s.size == rules.n) orderList(rules, s);
  return s.size == rules.n || (changetype<usize>(own) != 0 && own.count == rules.groupLimit);
}

// Offers a candidate to a list that is long or has a limit for each group.
function offerElsewhere(rules: ListRules, s: Selection, score: f32, row: u32): bool {
  if (rules.groups) {
    // Such a score is reported, as infinity is, and lists remain in order.
    if (isNaN<f32>(score)) score = Infinity;
    const group = load<u32>(rules.groups + (row << 2));
    const own = group == noGroup ? changetype<GroupOnList>(0) : groupOf(rules, s, group);
    if (changetype<usize>(own) && own.count == rules.groupLimit && score < own.bar) return false;
    if (s.chain) return fillWithinLimit(rules, s, score, row, group, own);
    if (!s.keys) return insertWithinLimit(rules, s, score, row, group, own);
  }
  store<u64>(s.keys + (s.size++ << 3), keyOf(score, row));
  if (s.size < 2 * rules.n) return false;
  sortList(rules, s);
  return true;
}

// Offers a candidate to a list. Returns whether the bar may have risen.
export function offer(rules: ListRules, s: Selection, score: f32, row: u32): bool {
  if (score < s.bar) return false;
  if (s.keys || s.groups) return offerElsewhere(rules, s, score, row);
  return insert(s, rules.n, s.size < rules.n ? s.size : rules.n - 1, score, row);
}

// Puts a long list into the output arrays, and marks the unused end. Returns false if a score is not finite.
export function finish(rules: ListRules, s: Selection): bool {
  if (s.keys) {
    sortList(rules, s);
    takeKeys(s, s.keys);
  }
  if (s.chain) orderList(rules, s);
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

// The place of a row among the rows with a bonus; `raises` if it is not there.
export function findRaised(s: Selection, row: u32): u32 {
  const at = mayBeListed(s, row) ? find(s.raised, s.ascending, row) : s.ascending;
  if (at < s.ascending) return at;
  for (let i = s.ascending; i < s.raises; i++) if (load<u32>(s.raised + (i << 2)) == row) return i;
  return s.raises;
}

// How many rows at the beginning are in ascending order.
export function ascendingRows(rows: usize, length: u32): u32 {
  let ascending: u32 = length ? 1 : 0;
  for (let row = rows + 4; ascending < length && load<u32>(row - 4) < load<u32>(row); row += 4) ascending++;
  return ascending;
}

// Begins the list of a query, which is the `index`th of its call.
export function select(rules: ListRules, s: Selection, index: u32, query: u32, rows: usize, scores: usize): void {
  s.rows = rows + ((query * rules.n) << 2);
  s.scores = scores + ((query * rules.n) << 2);
  s.keys = rules.keys ? rules.keys + index * keysBytes(rules.n) : 0;
  s.chain = rules.chains ? rules.chains + index * (rules.n << 2) : 0;
  s.groups = rules.tables ? rules.tables + index * rules.slots * groupBytes : 0;
  s.size = 0;
  s.excluded = 0;
  s.raises = 0;
  s.ascending = 0;
  s.bar = -Infinity;
  s.allowance = 0;
  memory.fill(changetype<usize>(s) + listed, 0, listedBytes);
  if (s.groups) clearGroups(rules, s);
}
