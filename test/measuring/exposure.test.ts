import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createExposure } from '../../src/measuring/exposure.ts';

const test = suite('exposure');

test('coverage counts distinct products in the first k places; popular share counts places', () => {
  const exposure = createExposure(Uint8Array.of(1, 0, 0, 0), [1, 3]);
  for (const list of [
    [0, 1, 2],
    [0, 2],
    [2, 1, 0],
  ])
    exposure.add(Uint32Array.from(list));
  assert.equal(exposure.at(0), { coverage: 2 / 4, popularShare: 2 / 3 });
  assert.equal(exposure.at(1), { coverage: 3 / 4, popularShare: 3 / 8 });
});

test('without lists nothing is covered, and the share of popular products is 0', () => {
  assert.equal(createExposure(new Uint8Array(2), [5]).at(0), { coverage: 0, popularShare: 0 });
});

test.run();
