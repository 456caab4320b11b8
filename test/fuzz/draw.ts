/** Ways to draw from random numbers. */
import type { Random } from '../../src/random.ts';

export function pick<const T>(random: Random, choices: readonly T[]): T {
  return choices[random.below(choices.length)];
}

/** True with this probability. */
export function chance(random: Random, probability: number): boolean {
  return random.uniform() < probability;
}

/** A whole number from `min` to `max`. */
export function whole(random: Random, min: number, max: number): number {
  return min + random.below(max - min + 1);
}

/** Draws `count` times. */
export function several<T>(count: number, draw: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => draw(index));
}

/** Distinct whole numbers below `limit`, ascending, each with the same probability. */
export function rowsBelow(random: Random, limit: number, probability: number): number[] {
  return several(limit, (row) => row).filter(() => chance(random, probability));
}

/** Changes 1 to 8 bytes: other bits, other values, moved, repeated, or removed pieces. */
export function mutateBytes(random: Random, bytes: Uint8Array): Uint8Array {
  let changed = Buffer.from(bytes);
  for (let changes = 2 ** random.below(4); changes > 0 && changed.length > 0; changes--) {
    const at = random.below(changed.length);
    const length = 1 + random.below(Math.min(64, changed.length - at));
    const piece = changed.subarray(at, at + length);
    const other = random.below(changed.length);
    switch (random.below(9)) {
      case 0:
      case 1:
      case 2:
        changed[at] ^= 1 << random.below(8);
        break;
      case 3:
        changed[at] = random.below(256);
        break;
      case 4:
        changed[at] = pick(random, [0, 1, 0x7f, 0x80, 0xff, 0x0a, 0x22, 0x2c]);
        break;
      case 5:
        changed = Buffer.concat([changed.subarray(0, at), changed.subarray(at + length)]);
        break;
      case 6:
        changed = Buffer.concat([changed.subarray(0, other), piece, changed.subarray(other)]);
        break;
      case 7:
        piece.copy(changed, other);
        break;
      default:
        if (chance(random, 0.3)) changed = changed.subarray(0, at);
    }
  }
  return changed;
}

/** Numbers at which arithmetic, comparisons, and conversions change their ways. */
export const extremeNumbers = [
  0,
  -0,
  1,
  -1,
  0.5,
  2,
  127,
  255,
  256,
  1000,
  10_000,
  10_001,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  -(2 ** 31),
  -(2 ** 53),
  1e-45,
  1e-38,
  1e30,
  3e37,
  1e38,
  3.4e38,
  1e39,
  1e308,
  -1e308,
  5e-324,
  Number.NaN,
  Infinity,
  -Infinity,
] as const;

/** Texts that break parsers, escapes, and look-ups. */
export const hostileTexts = [
  '',
  ' ',
  '0',
  '-1',
  '1e999',
  'NaN',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'null',
  '\0',
  '\ud83d',
  '\ude00\ud83d',
  '😀',
  'ﷺ',
  '\ufeff',
  '\u202e',
  '\n',
  '"',
  "'",
  ',',
  '=1+1',
  '<script>',
  '%s%n',
  '../../etc/passwd',
  'é',
  'ß'.repeat(300),
  'x'.repeat(5000),
] as const;

/** A JSON value of any shape, at most `depth` deep. */
export function anyJson(random: Random, depth = 3): unknown {
  switch (random.below(depth > 0 ? 8 : 5)) {
    case 0:
      return pick(random, [null, true, false]);
    case 1:
      return pick(random, extremeNumbers);
    case 2:
      return whole(random, -3, 20);
    case 3:
      return pick(random, hostileTexts);
    case 4:
      return `p${random.below(20)}`;
    case 5:
      return several(random.below(4), () => anyJson(random, depth - 1));
    case 6: {
      let nested: unknown = 1;
      for (let i = random.below(200); i > 0; i--) nested = i % 2 ? [nested] : { a: nested };
      return nested;
    }
    default:
      return Object.fromEntries(
        several(random.below(4), () => [pick(random, ['a', ...hostileTexts]), anyJson(random, depth - 1)]),
      );
  }
}
