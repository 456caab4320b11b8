import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../../src/errors.ts';
import { copyIn } from '../../../src/kernel/memory.ts';
import { openKernel } from '../../../src/kernel/open.ts';
import { noGroup, packedLength, panelPrior, panelWidth } from '../../../src/kernel/operations/operations.ts';
import {
  boundPriors,
  orderCandidates,
  packByGroup,
  packCandidates,
  packOnThreads,
  padIn,
} from '../../../src/recommending/scoring/candidates.ts';
import { finish } from '../../../src/turns.ts';
import { backends, numbers } from '../../kernel/backends.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite('candidates');
const kernel = openKernel({ threads: 1 });

test('rows are padded with zeros to whole vectors', () => {
  assert.equal(
    [...padIn(kernel, Float32Array.of(1, 2, 3, 4, 5, 6), 3)],
    [...[1, 2, 3, ...new Array(13).fill(0)], ...[4, 5, 6, ...new Array(13).fill(0)]],
  );
  const whole = Float32Array.from({ length: 32 }, (_, i) => i);
  assert.equal([...padIn(kernel, whole, 16)], [...whole]);
});

test('every candidate is packed once, longest first, and highest prior first among those of one length', () => {
  const random = numbers(3);
  const length = (row: number) => (row % 4) + 1;
  const count = 2048;
  const rows = padIn(
    kernel,
    Float32Array.from({ length: count }, (_, row) => length(row)),
    1,
  );
  const priors = copyIn(kernel.memory, Float32Array, Float32Array.from({ length: count }, random));
  const { order } = packCandidates(kernel, rows, 1, { root: 2, priors });
  const expected = Array.from({ length: count }, (_, row) => row);
  expected.sort((a, b) => length(b) - length(a) || priors[b] - priors[a]);
  assert.equal([...order], expected);
});

test('threads pack the same', async () => {
  const threads = openKernel({ threads: 2 });
  const random = numbers(5);
  const rows = padIn(threads, Float32Array.from({ length: 5000 * 20 }, random), 20);
  const candidates = finish(orderCandidates(threads, rows, 20));
  await packOnThreads(threads, candidates);
  const here = packCandidates(threads, rows, 20);
  assert.equal(candidates.order, here.order);
  assert.equal(new Uint32Array(candidates.packed), new Uint32Array(here.packed));
  rows[7] = Number.NaN;
  assert.is((await endcapErrorOf(packOnThreads(threads, candidates))).code, 'not_finite');
  const stopped = packOnThreads(threads, candidates, { signal: AbortSignal.abort() });
  assert.is((await endcapErrorOf(stopped)).code, 'aborted');
  await threads.close();
});

test('bounds hold for each of several priors, and for one alone are those of packing with it', async () => {
  for (const { options } of backends.filter(({ absent }) => !absent)) {
    const kernel = openKernel({ ...options, threads: 1 });
    const random = numbers(6);
    const [count, factors] = [1000, 20];
    const rows = padIn(kernel, Float32Array.from({ length: count * factors }, random), factors);
    const priorsOf = () => copyIn(kernel.memory, Float32Array, Float32Array.from({ length: count }, random));
    const [first, second] = [priorsOf(), priorsOf()];
    const packed = packCandidates(kernel, rows, factors, { root: 2, priors: first });
    const before = packed.packed.slice();
    const size = packedLength(1, factors);
    /** The largest prior of each panel as its bound has it. */
    const boundsOf = (...priors: Float32Array[]) => {
      finish(boundPriors(packed, priors));
      return Array.from(
        { length: Math.ceil(count / panelWidth) },
        (_, panel) => packed.packed[panel * size + panelPrior],
      );
    };
    const [one, other, both] = [boundsOf(first), boundsOf(second), boundsOf(first, second)];
    boundsOf(first);
    for (const [i, word] of packed.packed.entries())
      assert.ok(Object.is(word, before[i]) || Math.abs(word - before[i]) < 1e-6);
    assert.equal(
      both,
      one.map((bound, panel) => Math.max(bound, other[panel])),
    );
    for (const [place, row] of packed.order.entries()) assert.ok(other[place >> 4] > second[row]);
    await kernel.close();
  }
});

test('packed by group, candidates of a group follow each other in the same order, after the first few of all', () => {
  const random = numbers(4);
  for (const count of [0, 40, 3000]) {
    const rows = padIn(kernel, Float32Array.from({ length: count }, random), 1);
    const groups = copyIn(
      kernel.memory,
      Uint32Array,
      Array.from({ length: count }, () => (random() < 0.1 ? noGroup : Math.floor(random() * 7))),
    );
    const all = packCandidates(kernel, rows, 1);
    const { order, packed } = finish(packByGroup(kernel, all, groups));
    const [first, rest] = [all.order.subarray(0, 64), [...all.order.subarray(64)]];
    assert.equal([...order], [...first, ...rest.sort((a, b) => groups[a] - groups[b])]);
    assert.is(packed.length, all.packed.length);
  }
});

test('factors and priors that are not finite are refused', () => {
  const rows = (value: number) => padIn(kernel, Float32Array.of(1, value, 3), 1);
  const priors = copyIn(kernel.memory, Float32Array, [0, Number.NaN, 0]);
  const isNotFinite = (error: unknown) => error instanceof EndcapError && error.code === 'not_finite';
  assert.throws(() => packCandidates(kernel, rows(Number.POSITIVE_INFINITY), 1), isNotFinite);
  assert.throws(() => packCandidates(kernel, rows(2), 1, { root: 1, priors }), isNotFinite);
});

test.run();
