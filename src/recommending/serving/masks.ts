import type { Memory } from '../../kernel/memory.ts';
import type { Mask } from './mask.ts';

/** Products that a request asks for, as a running shop finds them. */
export interface Selection {
  /** Selections with the same key are the same. */
  readonly key: string;
  /** What it costs to look at a product, in conditions. */
  readonly size: number;
  /** Whether a product is one of them now. */
  meets(row: number): boolean;
  /** Writes a bit for each row of words `[from, to)`, from `words[0]` on, which are 0 before. */
  fill(words: Uint32Array, from: number, to: number): void;
}

/** A mask of a selection, which is kept while somebody has it. */
export interface Borrowed {
  readonly mask: Mask;
  isMade(): boolean;
  /** Makes a part of it, in about a millisecond: for those who have others waiting. */
  makePart(): void;
  giveBack(): void;
}

/** Masks of selections: made once, kept for other requests, and changed with the products. */
export interface Masks {
  /** Whether these can be borrowed without more memory than requests may have: who has others waiting waits for it. */
  hasRoom(selections: readonly Selection[]): boolean;
  borrow(selection: Selection): Borrowed;
  /** Looks at a product again, in every mask. */
  update(row: number): void;
  /** Masks that are kept. */
  kept(): number;
}

/**
 * What is kept while nobody has it, and what requests have until others wait; a product that is written is looked at by so many
 * conditions.
 */
const maxMasks = 64;
const maxBytes = 2 ** 26;
const maxConditions = 512;

/** Conditions that are looked at in a piece, of one row each: about a millisecond. */
const conditionsOfPiece = 2 ** 16;

/** With fewer products than this share of all, a list is made of them alone, as if a request had named them. */
const fewShare = 1 / 32;

interface Kept {
  readonly selection: Selection;
  readonly mask: SelectedMask;
  /** Words that are made. */
  made: number;
  /** Requests that have it. */
  users: number;
  /** Whether a second request has asked for it. */
  isShared: boolean;
}

/** @param shop what no list may hold, in any mask. */
export function createMasks(memory: Memory, count: number, shop: Mask): Masks {
  /** Least recently borrowed first. */
  const kept = new Map<string, Kept>();
  const words = Math.ceil(count / 32);
  let conditions = 0;
  let bytes = 0;
  const used = { conditions: 0, bytes: 0 };
  const bytesOf = ({ key }: Selection) => 4 * words + 2 * key.length;

  function evict(): void {
    while (kept.size > maxMasks || bytes > maxBytes || conditions > maxConditions) {
      const one = leastWanted();
      if (!one) return;
      const { selection, mask } = one;
      kept.delete(selection.key);
      conditions -= selection.size;
      bytes -= bytesOf(selection);
      memory.free(mask.bits);
    }
  }

  /** Who sends one filter after another has up to half of what is kept, and leaves alone what others ask for again. */
  function leastWanted(): Kept | undefined {
    const unused = [...kept.values()].filter(({ users }) => users === 0);
    const once = unused.filter(({ isShared }) => !isShared);
    return once.length * 2 > unused.length ? once[0] : (unused.find(({ isShared }) => isShared) ?? once[0]);
  }

  function use({ selection }: Kept, by: 1 | -1): void {
    used.conditions += by * selection.size;
    used.bytes += by * bytesOf(selection);
  }

  function makePart(one: Kept): void {
    const { selection, mask } = one;
    const from = one.made;
    const to = Math.min(words, from + Math.max(1, Math.floor(conditionsOfPiece / 32 / selection.size)));
    const part = new Uint32Array(to - from);
    selection.fill(part, from, to);
    for (let word = from; word < to; word++) part[word - from] &= shop.bits[word];
    mask.setWords(from, part);
    one.made = to;
  }

  return {
    hasRoom: (selections) =>
      (used.conditions <= maxConditions && used.bytes <= maxBytes) || selections.every(({ key }) => kept.has(key)),
    borrow(selection) {
      const { key } = selection;
      let one = kept.get(key);
      if (one) {
        kept.delete(key);
        one.isShared = true;
      } else {
        one = { selection, mask: createSelectedMask(memory, count), made: 0, users: 0, isShared: false };
        conditions += selection.size;
        bytes += bytesOf(selection);
      }
      kept.set(key, one);
      if (one.users++ === 0) use(one, 1);
      evict();
      const mine = one;
      let isBack = false;
      return {
        mask: mine.mask,
        isMade: () => mine.made === words,
        makePart: () => makePart(mine),
        giveBack() {
          if (isBack) return;
          isBack = true;
          if (--mine.users === 0) use(mine, -1);
          evict();
        },
      };
    },
    update(row) {
      // What is not made yet will be made of the product as it is then.
      for (const { selection, mask, made } of kept.values())
        if (row >>> 5 < made) mask.set(row, shop.has(row) && selection.meets(row));
    },
    kept: () => kept.size,
  };
}

/** A mask that is made a part at a time. */
interface SelectedMask extends Mask {
  /** Puts words in place of those from one on, which hide all their rows. */
  setWords(from: number, words: Uint32Array): void;
}

function createSelectedMask(memory: Memory, count: number): SelectedMask {
  const bits = memory.allocate(Uint32Array, Math.ceil(count / 32));
  let listed = 0;
  /** Forgotten when a bit changes. */
  let few: Uint32Array | undefined;
  const has = (row: number) => ((bits[row >>> 5] >>> (row & 31)) & 1) === 1;
  return {
    bits,
    hidden: () => count - listed,
    has,
    set(row, isListed) {
      if (has(row) === isListed) return;
      bits[row >>> 5] ^= 1 << (row & 31);
      listed += isListed ? 1 : -1;
      few = undefined;
    },
    few() {
      if (listed > fewShare * count) return undefined;
      few ??= rowsOf(bits, listed);
      return few;
    },
    setWords(from, words) {
      bits.set(words, from);
      for (const word of words) listed += bitsOf(word);
    },
  };
}

function rowsOf(bits: Uint32Array, length: number): Uint32Array {
  const rows = new Uint32Array(length);
  let at = 0;
  for (const [word, value] of bits.entries())
    for (let rest = value; rest !== 0; rest &= rest - 1) rows[at++] = word * 32 + 31 - Math.clz32(rest & -rest);
  return rows;
}

function bitsOf(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}
