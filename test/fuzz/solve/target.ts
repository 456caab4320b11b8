/** Requests to `endcap solve`: sound sessions that are spoiled, in their numbers or in their bytes. */
import { EndcapError } from '../../../src/errors.ts';
import type { Random } from '../../../src/random.ts';
import { answers, fillFrom, frameOf, type Request, requests } from '../../../src/training/solve/protocol.ts';
import { solveBlocks } from '../../../src/training/solve/solve.ts';
import { readAnswer } from '../../training/solve/client.ts';
import { chance, extremeNumbers, mutateBytes, pick, rowsBelow, several, whole } from '../draw.ts';
import type { Input, Outcome } from '../target.ts';

const codes = ['frame_unreadable', 'invalid_options', 'diverged', 'out_of_memory'];

export function make(random: Random): Input {
  const sound = Buffer.concat(session(random).flat());
  return { 'requests.bin': chance(random, 0.5) ? mutateBytes(random, sound) : sound };
}

/** Requests that mostly follow from one another; now and then one has other numbers than it should, or is out of turn. */
function session(random: Random): Uint8Array[][] {
  const factors = pick(random, [1, 2, 15, 16, 17, 33]);
  const products = whole(random, 1, 40);
  const floats = (length: number) => Float32Array.from({ length }, () => random.normal());
  const block = () => {
    const rows = several(whole(random, 0, 20), () => rowsBelow(random, products, 0.2));
    const offsets = [0];
    for (const row of rows) offsets.push(offsets.at(-1)! + row.length);
    const bought = rows.flat();
    const weights = Float32Array.from(bought, () => 0.1 + random.uniform());
    const pairs = [
      Uint32Array.from(offsets),
      Uint32Array.from(bought),
      weights,
      floats(chance(random, 0.5) ? 0 : bought.length),
    ];
    return { rows: rows.length, pairs };
  };
  const adding = () => {
    const { rows, pairs } = block();
    return [...pairs, floats(rows * factors)];
  };
  const made: Readonly<Record<Request, () => ArrayBufferView[]>> = {
    products: () => [Float64Array.of(factors, random.below(9)), floats(products * factors)],
    gram: () => [Float64Array.of(random.uniform()), floats(chance(random, 0.8) ? 0 : factors * factors)],
    seed: () => [Float64Array.of(random.below(100))],
    draw: () => [Float64Array.of(random.below(50), factors, random.below(2))],
    solve: () => {
      const { rows, pairs } = block();
      const penalties = Float32Array.from({ length: rows }, () => random.uniform());
      return [Float64Array.of(whole(random, 1, 5)), ...pairs, penalties, floats(rows * factors)];
    },
    customersGram: () => [Float64Array.of(factors), floats(factors * random.below(20))],
    addResiduals: adding,
    addProducts: adding,
    addSquares: adding,
    sums: () => [],
    held: () => [],
  };
  const usual: Request[] = ['products', 'gram', 'solve', 'customersGram', 'addResiduals', 'sums', 'addSquares', 'sums'];
  const asked = several(whole(random, 1, 12), (i) =>
    chance(random, 0.85) ? usual[i % usual.length] : pick(random, Object.keys(requests) as Request[]),
  );
  return asked.map((request) => {
    const arrays = made[request]();
    if (chance(random, 0.1)) spoil(random, arrays);
    return frameOf(requests[request].kind, arrays);
  });
}

/** Sets a number of an array to one at which things change. */
function spoil(random: Random, arrays: ArrayBufferView[]): void {
  const filled = arrays.filter((array) => array.byteLength > 0) as Float32Array[];
  if (filled.length === 0) return;
  const array = pick(random, filled);
  array[random.below(array.length)] = pick(random, extremeNumbers);
}

/** Answers come whole, one for each request, and an error ends them; nothing but an EndcapError is thrown. */
export async function run(input: Input): Promise<Outcome> {
  const bytes = input['requests.bin'] as Uint8Array;
  async function* source() {
    for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
  }
  const pieces: Uint8Array[] = [];
  let code = '';
  try {
    for await (const piece of solveBlocks(source(), { threads: 1 })) pieces.push(piece);
  } catch (error) {
    if (!(error instanceof EndcapError)) throw error;
    code = error.code;
    if (!codes.includes(code)) throw new Error(`an error of another kind: ${code}`, { cause: error });
  }
  async function* answered() {
    yield* pieces;
  }
  const fill = fillFrom(answered());
  let kind = 0;
  let count = 0;
  for (let answer = await readAnswer(fill); answer; answer = await readAnswer(fill)) {
    if (kind === answers.error) throw new Error('an answer follows an error');
    kind = answer.kind;
    count++;
  }
  if ((kind === answers.error) !== (code !== ''))
    throw new Error(`the last answer is ${kind}, but thrown is '${code}'`);
  return { label: code || 'answered', amounts: { answers: count } };
}
