import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openKernel } from '../../../src/kernel/open.ts';
import { createScope } from '../../../src/kernel/scope.ts';
import { defaultBlend } from '../../../src/ranking/weights.ts';
import { alsSettings } from '../../../src/training/als-options.ts';
import { type GridOptions, gridAround } from '../../../src/tuning/picking/grid.ts';
import { createGridSearch, type GridSetting, type GridTrial } from '../../../src/tuning/picking/grid-search.ts';

const test = suite('grid search');
const kernel = createScope(openKernel({ threads: 1 }));

const optionsOf = (regularization: number): GridOptions => ({
  factors: 8,
  regularization,
  unobservedWeight: 0.1,
  tasteDecay: 0.7,
});

/** What each regularization finds, after a few epochs and in full; the default finds .3. */
type Finds = Record<number, readonly [short: number, full: number]>;

/** The regularization that is picked, and those that were trained in full. */
async function pickedFrom(finds: Finds) {
  const search = createGridSearch(kernel, { settings: alsSettings({}) } as GridSetting);
  const inFull: number[] = [];
  const trialOf = (options: GridOptions, value: number) => {
    const all = new Map(Array.from({ length: 100 }, (_, customer) => [customer, value]));
    return { options, value, scores: { all, explore: new Map() }, scope: createScope(kernel) } as unknown as GridTrial;
  };
  search.attempt = async (options, _blend, context) => {
    const [short, full] = finds[options.regularization];
    if (!context?.start) inFull.push(options.regularization);
    return trialOf(options, context?.start ? short : full);
  };
  const others = Object.keys(finds).map((regularization) => optionsOf(Number(regularization)));
  const best = await search.bestOfGrid(trialOf(optionsOf(8), 0.3), others, defaultBlend);
  return { picked: best.options.regularization, inFull };
}

test('what is most promising is trained in full, and picked if it then finds more than the default', async () => {
  const finds: Finds = { 1: [0.4, 0.5], 2: [0.5, 0.4], 3: [0.2, 0.9] };
  assert.equal(await pickedFrom(finds), { picked: 2, inFull: [2] });
});

test('if it does not, the default is kept', async () => {
  assert.equal(await pickedFrom({ 1: [0.4, 0.5], 2: [0.5, 0.3] }), { picked: 8, inFull: [2] });
});

test('nothing is trained in full that finds less than the default after a few epochs', async () => {
  assert.equal(await pickedFrom({ 1: [0.2, 0.9], 2: [0.3, 0.9] }), { picked: 8, inFull: [] });
});

test('values close to the default are tried on whole orders only', () => {
  const tried = (kind: 'orders' | 'products') =>
    new Set(gridAround(optionsOf(8), () => true, kind).map(({ regularization }) => regularization));
  assert.equal([...tried('orders')], [2.5, 6, 8, 24]);
  assert.equal([...tried('products')], [2.5, 8, 24]);
});

test.run();
