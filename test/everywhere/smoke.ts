/** Runs `smoke.mjs` in hosts and compares what they say. */
import * as assert from 'uvu/assert';
import { type RunOptions, run } from '../support/commands.ts';

/** What `answersOf` of `answers.mjs` returns. */
export interface Answers {
  kernel: { backend: string; isa: string; threads: number };
  customers: number;
  /** Hashes of the model's factors, and of the rows of all customers' lists. */
  factors: string;
  blocks: string;
  request: { status: number; source: string; products: string[] };
  /** Products and scores of the first 50 customers, by their ids. */
  lists: Record<string, [product: string, score: number][]>;
}

/** What `smoke.mjs` prints. */
export interface Smoke extends Answers {
  host: string;
  failed: { what: string; reason: string }[];
  /** What the process was warned of. */
  warnings: string[];
}

/** Runs a command that prints the line of `smoke.mjs`, with no settings of Endcap but these. */
export async function smokeOf(
  [command, ...args]: readonly string[],
  { env, ...options }: RunOptions & { cwd: string },
): Promise<Smoke> {
  const others = Object.entries(process.env).filter(([name]) => !/^(ENDCAP|NODE_OPTIONS|npm_)/.test(name));
  const { stdout, stderr, code } = await run(command, args, {
    ...options,
    env: { ...Object.fromEntries(others), ...env },
  });
  assert.is(code, 0, stderr + stdout);
  const line = stdout.split('\n').findLast((line) => line.startsWith('{'));
  assert.ok(line, `nothing was printed:\n${stderr}${stdout}`);
  return JSON.parse(line);
}

/** The largest difference of scores, relative to the largest, between kernels that round differently. */
const tolerance = 1e-4;

/**
 * Asserts that two hosts answer the same. If they learned the same bytes, all lists are equal. Otherwise a kernel rounds
 * differently, and a list may have another product only where the scores are as good as equal.
 */
export function assertSameAnswers(actual: Answers, expected: Answers, host: string): void {
  assert.is(actual.customers, expected.customers, host);
  assert.is(actual.request.status, 200, host);
  assert.is(actual.request.source, expected.request.source, host);
  assert.equal(Object.keys(actual.lists), Object.keys(expected.lists), host);
  assert.is(Object.keys(actual.lists).length, 50, host);
  assert.equal(
    actual.request.products,
    Object.values(actual.lists)[0].map(([product]) => product),
    host,
  );
  for (const [customer, list] of Object.entries(expected.lists)) {
    const other = actual.lists[customer];
    assert.is(other.length, list.length, host);
    const largest = Math.max(...list.map(([, score]) => Math.abs(score)));
    const isClose = (a: number, b: number) => Math.abs(a - b) <= tolerance * largest;
    for (let place = 0; place < list.length; place++) {
      const [product, score] = list[place];
      const [otherProduct, otherScore] = other[place];
      const what = `${host}, customer ${customer}, place ${place}: ${other[place]} instead of ${list[place]}`;
      assert.ok(isClose(otherScore, score), what);
      // It stands elsewhere in the list, or has as good as pushed out the last.
      const [, standing] = list.find(([product]) => product === otherProduct) ?? list[list.length - 1];
      assert.ok(otherProduct === product || isClose(standing, score), what);
    }
  }
  if (actual.factors === expected.factors) assert.is(actual.blocks, expected.blocks, host);
}
