/** The options of every public function: whatever they are, there is a result or an EndcapError. */
import fc from 'fast-check';
import { EndcapError } from '../../../src/errors.ts';
import type { Random } from '../../../src/random.ts';
import { pick } from '../draw.ts';
import type { Input, Outcome } from '../target.ts';

const callName = 'call.json';
/** How long a failing call is made simpler. */
const shrinkMs = 3000;

/** Training and what trains takes longest, so that single questions would rarely be asked if all came as often. */
const kinds = ['calls', 'questions', 'questions'] as const;

/** The arguments cannot be stored: some are functions. They follow from the seed. */
export function make(random: Random): Input {
  return {
    [callName]: JSON.stringify({ kind: pick(random, kinds), place: random.uniform(), seed: random.below(2 ** 31) }),
  };
}

export async function run(input: Input): Promise<Outcome> {
  const { kind, place, seed }: { kind: (typeof kinds)[number]; place: number; seed: number } = JSON.parse(
    String(input[callName]),
  );
  const all = Object.entries((await import('./calls.ts'))[kind]);
  const [name, { args, run }] = all[Math.floor(place * all.length)];
  let label = 'answered';
  const property = fc.asyncProperty(args, async (args) => {
    try {
      await run(...(args as never[]));
    } catch (error) {
      if (!(error instanceof EndcapError)) throw error;
      label = error.code;
    }
  });
  const details = await fc.check(property, { seed, numRuns: 1, interruptAfterTimeLimit: shrinkMs });
  if (!details.failed || details.counterexample === null) return { label, amounts: { [name]: 1 } };
  const text = `${details.errorInstance}\nof ${name}(${details.counterexample.map((one) => fc.stringify(one)).join(', ')})`;
  throw new Error(text.slice(0, 4000), { cause: details.errorInstance });
}
