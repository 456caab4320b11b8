/** Values for options: right ones, and whatever else JavaScript has. */
import fc from 'fast-check';
import { extremeNumbers, hostileTexts } from '../draw.ts';

/** Anything but what does harm by itself: no getters, and no functions that throw. */
export const wild: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(...extremeNumbers),
  fc.constantFrom<unknown>(...hostileTexts),
  fc.constantFrom<unknown>(null, true, false, {}, [], '', 0, 1n, Symbol('x'), () => {}, Object.create(null)),
  fc.constantFrom<unknown>({ toString: 1 }, [[{ valueOf: null }]], new Date(Number.NaN), /x/, new Map(), new Set([1])),
  fc.constantFrom<unknown>(new Float32Array(3), new Float64Array(2), Buffer.from('x'), new SharedArrayBuffer(8)),
  fc.anything({ maxDepth: 2, maxKeys: 3, withBigInt: true, withDate: true, withNullPrototype: true }),
);

/** An object of some of these options. Often one of them has a wild value, and rarely something else is there. */
export function optionsOf(known: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<unknown> {
  const names = Object.keys(known);
  const right = fc.record({ ...known }, { requiredKeys: [] });
  const one = fc.record({ right, name: fc.constantFrom(...names), value: wild });
  return fc.oneof(
    { weight: 4, arbitrary: right },
    { weight: 6, arbitrary: one.map(({ right, name, value }) => ({ ...right, [name]: value })) },
    {
      weight: 1,
      arbitrary: fc.tuple(right, fc.string(), wild).map(([options, name, value]) => ({ ...options, [name]: value })),
    },
    { weight: 1, arbitrary: wild },
  );
}

/** The value itself, or a copy in which a part at any depth is wild, missing, or of another type. */
export function spoiled<T extends object>(value: () => T): fc.Arbitrary<unknown> {
  const steps = fc.array(fc.nat(100), { minLength: 1, maxLength: 3 });
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined).map(value) },
    { weight: 6, arbitrary: fc.tuple(steps, spoiling).map(([path, spoil]) => spoilAt(value(), path, spoil)) },
    { weight: 1, arbitrary: wild },
  );
}

type Spoil = (part: unknown) => unknown;

const spoiling: fc.Arbitrary<Spoil> = fc.oneof(
  wild.map(
    (value): Spoil =>
      () =>
        value,
  ),
  fc.constantFrom<Spoil>(
    () => undefined,
    (part) => (isList(part) ? Array.from(part) : part),
    (part) => (isList(part) ? Array.from(part).slice(1) : part),
    (part) => (isList(part) ? new Float64Array(part.length) : part),
    (part) => (part instanceof Float32Array ? part.map((_, i) => (i === 0 ? Number.NaN : 1e38)) : part),
    (part) => (part instanceof Uint32Array ? part.map(() => 2 ** 32 - 1) : part),
    (part) => (typeof part === 'number' ? -part : part),
  ),
);

function isList(value: unknown): value is ArrayLike<unknown> & Iterable<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function spoilAt(value: unknown, [step, ...rest]: readonly number[], spoil: Spoil): unknown {
  if (step === undefined || typeof value !== 'object' || value === null || isList(value)) return spoil(value);
  const names = Object.keys(value);
  if (names.length === 0) return spoil(value);
  const name = names[step % names.length];
  return { ...value, [name]: spoilAt(value[name as keyof typeof value], rest, spoil) };
}
