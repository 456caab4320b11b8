import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createExposure } from '../../src/measuring/exposure.ts';

const test = suite('exposure');

test('coverage counts distinct products in the first k places; popular share counts places', () => {
  const exposure = createExposure(4, [1, 3]);
  for (const list of [
    [0, 1, 2],
    [0, 2],
    [2, 1, 0],
  ])
    exposure.add(Uint32Array.from(list), Uint8Array.of(1, 0, 0, 0));
  assert.equal(exposure.at(0), { coverage: 2 / 4, popularShare: 2 / 3 });
  assert.equal(exposure.at(1), { coverage: 3 / 4, popularShare: 3 / 8 });
});

test('what is popular may change from one list to the next', () => {
  const exposure = createExposure(2, [1]);
  for (const popular of [0, 0, 0, 1]) exposure.add(Uint32Array.of(1), Uint8Array.of(1, popular));
  assert.equal(exposure.at(0), { coverage: 1 / 2, popularShare: 1 / 4 });
});

test('without lists nothing is covered, and the share of popular products is 0', () => {
  assert.equal(createExposure(2, [5]).at(0), { coverage: 0, popularShare: 0 });
});

test.run();
