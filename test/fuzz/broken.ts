/** A target that breaks in every way that a campaign must notice. Its input says how. */
import type { Random } from '../../src/random.ts';
import { pick } from './draw.ts';
import type { Input, Outcome } from './target.ts';

const ways = {
  work: () => {},
  throw: () => {
    throw new TypeError('not typed');
  },
  reject: () => {
    void Promise.reject(new TypeError('nobody listens'));
  },
  crash: () => process.kill(process.pid, 'SIGSEGV'),
  exit: () => process.exit(3),
  // Stops the event loop as an endless loop does, but leaves the processor to others.
  hang: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
  grow: () => {
    const kept: Buffer[] = [];
    for (;;) kept.push(Buffer.alloc(1 << 24, 1));
  },
};

export type Way = keyof typeof ways;

/** Most cases work. */
export function make(random: Random): Input {
  const way: Way = random.below(10) < 8 ? 'work' : pick(random, Object.keys(ways) as Way[]);
  return { 'way.txt': way };
}

export async function run(input: Input): Promise<Outcome> {
  const way = String(input['way.txt']) as Way;
  ways[way]();
  return { label: way, amounts: { letters: way.length } };
}
