import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import type { EndcapError } from '../../../src/errors.ts';
import type { KernelOptions } from '../../../src/kernel/open.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { fit } from '../../../src/training/fit.ts';
import { frameOf, maxArrayBytes, requests } from '../../../src/training/solve/protocol.ts';
import { solveBlocks } from '../../../src/training/solve/solve.ts';
import { start } from '../../cli/run.ts';
import { absentBackend, backends } from '../../kernel/backends.ts';
import { endcapErrorOf, thrownBy } from '../../support/errors.ts';
import { testUnless } from '../../support/skip.ts';
import { type Answer, doublesOf, floatsOf, readAnswer, type Solver, solverHere, solverOf } from './client.ts';
import { trainOnCluster } from './cluster.ts';

const test = suite('solve');
const dataset = await readOrders(sampleOrders({ lines: 4000 }) as Iterable<never>);

/** The largest difference, relative to the largest number. */
function difference(actual: Float32Array, expected: Float32Array): number {
  assert.is(actual.length, expected.length);
  let [largest, apart] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]));
    apart = Math.max(apart, Math.abs(actual[i] - expected[i]));
  }
  return apart / largest;
}

/** The factors and lists of a training whose customers are in several places are those of `fit` by conjugate gradients. */
async function compare(solvers: Solver[], options: Parameters<typeof trainOnCluster>[1], backend?: object) {
  const found = await trainOnCluster(dataset, options, solvers);
  for (const solver of solvers) await solver.end();
  const model = await fit(dataset, { ...options, ...backend, solver: 'cg', threads: 1 });
  const { customerFactors, productFactors } = model;
  assert.ok(difference(found.customerFactors, customerFactors) < 1e-4, 'customers');
  assert.ok(difference(found.productFactors, productFactors) < 1e-4, 'products');
}

for (const backend of backends.filter(({ options: { isa } }) => ['avx2', 'neon', 'simd', 'scalar'].includes(isa!)))
  testUnless(test, backend.absent, `${backend.name}: customers in three places are trained as in one`, async () => {
    const solvers = [1, 2, 3].map(() => solverHere({ ...backend.options, threads: 1 }));
    await compare(solvers, { factors: 19, iterations: 4, regularization: 3, unobservedWeight: 0.2 }, backend.options);
  });

for (const [name, options] of Object.entries({
  'a multiple of 16 factors': { factors: 32, iterations: 2 },
  'no unobserved pairs, penalties of one size': {
    factors: 8,
    iterations: 3,
    unobservedWeight: 0,
    frequencyExponent: 0,
  },
  'one step, and no other weights at the end': { factors: 8, iterations: 3, cgSteps: 1, decay: 0.8, tasteDecay: 0.8 },
}))
  test(`likewise with ${name}`, () => compare([solverHere({ threads: 2 }), solverHere({ threads: 1 })], options));

test('the command is such a solver, and ends with its input', async () => {
  const running = [1, 2].map(() => start(['solve', '--threads', '1'], { cwd: '.', hasStdin: true }));
  await compare(
    running.map(({ child }) => solverOf(child)),
    { factors: 16, iterations: 2 },
  );
  for (const { ran } of running) assert.is((await ran).code, 0);
});

/** Everything that is answered to these bytes, and the error that ends it. */
async function answered(...pieces: Uint8Array[]): Promise<{ answers: Answer[]; error?: unknown }> {
  return answeredBy({ threads: 1 }, pieces);
}

async function answeredBy(options: KernelOptions, pieces: Uint8Array[]) {
  async function* source() {
    yield* pieces;
  }
  const bytes: Uint8Array[] = [];
  let error: unknown;
  try {
    for await (const piece of solveBlocks(source(), options)) bytes.push(piece);
  } catch (caught) {
    error = caught;
  }
  const whole = Buffer.concat(bytes);
  let at = 0;
  const found: Answer[] = [];
  for (;;) {
    const answer = await readAnswer(async (into) => {
      const piece = whole.subarray(at, at + into.length);
      into.set(piece);
      at += piece.length;
      return piece.length;
    });
    if (!answer) return { answers: found, error };
    found.push(answer);
  }
}

const frame = (request: keyof typeof requests, ...arrays: ArrayBufferView[]) =>
  Buffer.concat(frameOf(requests[request].kind, arrays));
const f32 = (...values: number[]) => Float32Array.from(values);
const f64 = (...values: number[]) => Float64Array.from(values);
const u32 = (...values: number[]) => Uint32Array.from(values);
const three = frame('products', f64(2, 7), f32(1, 0, 0, 1, 1, 1));
const block = [u32(0, 2, 3), u32(0, 2, 1), f32(1, 2, 3), f32()];
const solvable = Buffer.concat([three, frame('gram', f64(1), f32())]);
const solving = (...changes: [number, ArrayBufferView][]) => {
  const arrays = [f64(3), ...block, f32(1, 1), f32(0, 0, 0, 0)];
  for (const [at, array] of changes) arrays[at] = array as Float32Array<ArrayBuffer>;
  return Buffer.concat([solvable, frame('solve', ...arrays)]);
};

test('requests may be cut anywhere', async () => {
  const bytes = solving();
  const whole = await answered(bytes);
  assert.is(whole.error, undefined);
  assert.is(whole.answers.length, 3);
  const cut = await answered(...Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)));
  assert.equal(cut.answers, whole.answers);
});

test('the system of each customer is solved', async () => {
  const { answers } = await answered(solving([0, f64(50)]));
  const [x, objective] = [floatsOf(answers[2].arrays[0]), doublesOf(answers[2].arrays[1])[0]];
  // G + I + sum of w y y' is (6 3; 3 5) and (3 1; 1 6); the right sides are (3 2) and (0 3).
  const expected = [9 / 21, 3 / 21, -3 / 17, 9 / 17];
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(x[i] - value) < 1e-5, `${x}`);
  assert.ok(Math.abs(objective + 33 / 21 + 27 / 17) < 1e-5);
});

test('sums over customers add up, block by block, with right sides apart from weights', async () => {
  const [offsets, products, weights] = block;
  const x = f32(1, 2, 3, 4);
  const residuals = frame('addResiduals', offsets, products, weights, f32(5, 7, 7), x);
  const moves = frame('addProducts', ...block, x);
  const { answers } = await answered(three, residuals, residuals, frame('sums'), moves, frame('sums'));
  const [twice, once] = [answers[3], answers[5]].map(({ arrays }) => Array.from(floatsOf(arrays[0])));
  // (5 - 1) (1 2), (7 - 12) (3 4), (7 - 6) (1 2), two times
  assert.equal(twice, [8, 16, -30, -40, 2, 4]);
  assert.equal(once, [-1, -2, -36, -48, -6, -12]);
});

test('other products have another Gram matrix', async () => {
  const { error } = await answered(solvable, three, solving().subarray(solvable.length));
  assert.match((error as Error).message, /before there is a Gram matrix/);
});

test('a solver says which products it holds, and forgets sums with them', async () => {
  const add = frame('addSquares', ...block, f32(1, 2, 3, 4));
  const { answers, error } = await answered(
    ...[frame('held'), three, frame('held'), add, frame('sums'), add, three, frame('sums')],
  );
  assert.equal(
    [0, 2].map((i) => Array.from(doublesOf(answers[i].arrays[0]))),
    [[], [7]],
  );
  assert.equal(Array.from(floatsOf(answers[4].arrays[0])), [1, 48, 18]);
  assert.is((error as Error).message, 'a frame asks for sums before anything was added');
});

const edited = (bytes: Uint8Array, at: number, ...values: number[]) => {
  const copy = Buffer.from(bytes);
  copy.set(values, at);
  return copy;
};
const claiming = (bytes: bigint) => {
  const header = Buffer.from(three.subarray(0, 28));
  header.writeBigUInt64LE(bytes, 20);
  return header;
};

const wrong: Record<string, [Uint8Array, RegExp]> = {
  'other bytes': [Buffer.from('GET / HTTP/1.1\r\n'), /begins with "GET "/],
  'another version': [edited(three, 4, 2), /version 2/],
  'an unknown kind': [edited(three, 6, 99), /kind 99/],
  'a kind of answers': [edited(three, 6, 100), /kind 100/],
  'a wrong number of arrays': [edited(three, 8, 255, 255, 255, 255), /has 4294967295 arrays, not 2/],
  'half a header': [three.subarray(0, 7), /ends after 7 bytes/],
  'half of the lengths': [three.subarray(0, 20), /before the lengths/],
  'half an array': [three.subarray(0, 50), /ends 18 bytes before its end/],
  'an array past the limit': [claiming(BigInt(maxArrayBytes) + 4n), /at most 4294967296/],
  'an array of 2^64 - 1 bytes': [claiming(2n ** 64n - 1n), /at most/],
  'an array of 4 GiB that does not come': [claiming(BigInt(maxArrayBytes)), /before its end/],
  'half a number': [claiming(25n), /whose elements take 4/],
  'no factors': [frame('products', f64(0, 1), f32()), /from 1 to 2048/],
  'NaN factors': [frame('products', f64(Number.NaN, 1), f32(1)), /from 1 to 2048/],
  'no settings': [frame('products', f64(), f32(1)), /0 settings/],
  'no products': [frame('products', f64(2, 1), f32()), /no products/],
  'products that are cut': [frame('products', f64(2, 1), f32(1, 2, 3)), /no rows of 2/],
  'a Gram matrix of nothing': [frame('gram', f64(1), f32()), /needs products/],
  'a Gram matrix of another size': [Buffer.concat([three, frame('gram', f64(1), f32(1))]), /not of 2 x 2/],
  'a scale below 0': [Buffer.concat([three, frame('gram', f64(-1), f32())]), /scale of -1/],
  'a wrong seed': [frame('seed', f64(0.5)), /seed/],
  'a draw without a seed': [frame('draw', f64(1, 1, 1)), /before there is a seed/],
  'a draw of 2^32 rows': [Buffer.concat([frame('seed', f64(1)), frame('draw', f64(2 ** 32, 128, 1))]), /at most/],
  'customers without a Gram matrix': [
    Buffer.concat([three, frame('solve', f64(1), ...block, f32(1, 1), f32(0, 0, 0, 0))]),
    /before there is a Gram/,
  ],
  '101 steps': [solving([0, f64(101)]), /101 steps/],
  'offsets that go back': [solving([1, u32(0, 2, 1, 3)]), /go back/],
  'offsets past the pairs': [solving([1, u32(0, 2 ** 32 - 1, 3)]), /too far/],
  'offsets from 1': [solving([1, u32(1, 2, 3)]), /from 0/],
  'no offsets': [solving([1, u32()]), /from 0/],
  'a product of 2^32 - 1': [solving([2, u32(0, 2 ** 32 - 1, 1)]), /there are 3 products/],
  'products that do not ascend': [solving([2, u32(2, 0, 1)]), /ascend/],
  'a product twice': [solving([2, u32(2, 2, 1)]), /ascend/],
  'a weight of 0': [solving([3, f32(1, 0, 1)]), /weight of 0/],
  'a weight of NaN': [solving([3, f32(1, Number.NaN, 1)]), /weight of NaN/],
  'too few weights': [solving([3, f32(1)]), /1 weights/],
  'too few right sides': [solving([4, f32(1)]), /1 right sides/],
  'a right side of infinity': [solving([4, f32(1, Infinity, 1)]), /right side/],
  'too few penalties': [solving([5, f32(1)]), /penalties/],
  'a penalty below 0': [solving([5, f32(1, -1)]), /penalties/],
  'factors of other customers': [solving([6, f32(0, 0)]), /factors of 1 customers/],
  'factors that are not finite': [solving([6, f32(0, Number.NaN, 0, 0)]), /not finite/],
  'sums of nothing': [Buffer.concat([three, frame('sums')]), /before anything/],
  'sums of two kinds': [
    Buffer.concat([
      three,
      ...['addSquares', 'addResiduals'].map((kind) => frame(kind as 'addSquares', ...block, f32(1, 2, 3, 4))),
    ]),
    /of vectors|adds vectors/,
  ],
};

for (const [name, [bytes, message]] of Object.entries(wrong))
  test(`${name}: answered with an error, which ends the answers`, async () => {
    const { answers, error } = await answered(bytes);
    assert.match((error as Error).message, message);
    const last = answers.at(-1)!;
    assert.is(last.kind, 103);
    const [code, text] = last.arrays.map((array) => Buffer.from(array).toString());
    assert.is(text, (error as Error).message);
    assert.ok(['frame_unreadable', 'invalid_options', 'diverged'].includes(code), code);
  });

testUnless(test, absentBackend('wasm'), 'what a frame claims takes no memory before it comes', async () => {
  // All of it would be more than WebAssembly has.
  const { error } = await answeredBy({ backend: 'wasm', threads: 1 }, [
    claiming(BigInt(maxArrayBytes)),
    new Uint8Array(2 ** 21),
  ]);
  assert.is((error as EndcapError).code, 'frame_unreadable');
});

test('the command ends with 1 after a frame that it cannot read', async () => {
  const { child, ran } = start(['solve', '--threads', '1'], { cwd: '.', hasStdin: true });
  child.stdin!.end(edited(three, 4, 2));
  const { code, stdout, stderr } = await ran;
  assert.is(code, 1);
  assert.match(stdout.toString(), /frame_unreadable/);
  assert.match(stderr, /^error: a frame is of version 2; this is version 1$/m);
});

test('a solver that is killed in the middle leaves nothing behind: another one has the same answers', async () => {
  const { child } = start(['solve', '--threads', '1'], { cwd: '.', hasStdin: true });
  const killed = solverOf(child);
  await killed.ask('products', f64(2, 7), f32(1, 0, 0, 1, 1, 1));
  child.kill('SIGKILL');
  await thrownBy(killed.ask('gram', f64(1), f32()));
  const again = solverHere({ threads: 1 });
  await again.ask('products', f64(2, 7), f32(1, 0, 0, 1, 1, 1));
  await again.ask('gram', f64(1), f32());
  const [x] = await again.ask('solve', f64(50), ...block, f32(1, 1), f32(0, 0, 0, 0));
  assert.ok(Math.abs(floatsOf(x)[0] - 9 / 21) < 1e-5);
  await again.end();
});

test('options are checked', async () => {
  async function* nothing() {}
  const error = await endcapErrorOf(solveBlocks(nothing(), { speed: 3 } as object).next());
  assert.is(error.code, 'invalid_options');
});

test.run();
