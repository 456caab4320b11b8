import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRandom } from '../../../src/random.ts';
import { noChildren } from '../../support/processes.ts';
import { testUnless } from '../../support/skip.ts';
import { killRetraining } from './retraining.ts';

const test = suite('killed retraining runs');

testUnless(
  test,
  noChildren,
  'a run that is killed leaves the model, the kept ones, and the store whole, and the next one leaves nothing else',
  async () => {
    const { faults, kills } = await killRetraining({ kills: 4, random: createRandom(1), nextAfterEach: false });
    assert.equal(faults, []);
    assert.is(kills, 4);
  },
);

test.run();
