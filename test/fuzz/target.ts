import { createHash } from 'node:crypto';
import { createRandom, type Random } from '../../src/random.ts';

/** What a case gives to the code under test: bytes or text, by file name. */
export type Input = Readonly<Record<string, Uint8Array | string>>;

/** How a case ended: a word to count cases by, such as `usable`, and amounts to add up, such as `records`. */
export interface Outcome {
  label: string;
  amounts?: Readonly<Record<string, number>>;
}

/** Something that is attacked. */
interface Target {
  /** Makes the input of a case. It depends on nothing but the random numbers, so that any case can be made again. */
  make(random: Random): Input | Promise<Input>;
  /**
   * Gives the input to the code under test. Throws if that breaks a promise, such as by throwing anything but an
   * EndcapError.
   */
  run(input: Input): Promise<Outcome>;
}

interface Entry {
  load(): Promise<Target>;
  /** A case that takes longer hangs. */
  deadlineMs: number;
}

/** What `npm run fuzz` attacks. */
export const targets: Readonly<Record<string, Entry>> = {
  models: { load: () => import('./models/target.ts'), deadlineMs: 10_000 },
  orders: { load: () => import('./orders/target.ts'), deadlineMs: 10_000 },
  parquet: { load: () => import('./orders/parquet-target.ts'), deadlineMs: 20_000 },
  http: { load: () => import('./http/target.ts'), deadlineMs: 10_000 },
  import: { load: () => import('./import/target.ts'), deadlineMs: 20_000 },
  solve: { load: () => import('./solve/target.ts'), deadlineMs: 10_000 },
  options: { load: () => import('./options/target.ts'), deadlineMs: 30_000 },
};

/** Attacked only by the fuzzer's own tests. */
const broken: Entry = { load: () => import('./broken.ts'), deadlineMs: 4000 };

/** Throws a RangeError for a name that is not a target's. */
export function targetNamed(name: string): Entry {
  const entry = name === 'broken' ? broken : Object.hasOwn(targets, name) ? targets[name] : undefined;
  if (entry === undefined)
    throw new RangeError(`there is no target '${name}'; there are ${Object.keys(targets).join(', ')}`);
  return entry;
}

/** Identifies a case. Its input follows from these three alone. */
export interface Case {
  target: string;
  seed: number;
  /** From 0. */
  number: number;
}

/** The random numbers that a case is made of. */
export function randomOf({ target, seed, number }: Case): Random {
  return createRandom(createHash('sha256').update(`${target}:${seed}:${number}`).digest().readUIntBE(0, 6));
}

/** Random numbers that follow from an input, for what is asked about it. */
export function randomFrom(input: Input): Random {
  const hash = createHash('sha256');
  for (const part of Object.values(input)) hash.update(part);
  return createRandom(hash.digest().readUIntBE(0, 6));
}
