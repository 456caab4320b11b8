import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRandom } from '../../../src/random.ts';
import { startOwnPostgres } from '../../support/postgres.ts';
import { testUnless } from '../../support/skip.ts';
import { type KillOptions, killShops } from './kills.ts';

const test = suite('killed shops');
const started = await startOwnPostgres();
const reason = typeof started === 'string' ? started : undefined;
const postgres = started as Exclude<typeof started, string>;

/** Kills a few times, and expects no fault. */
async function kill(seed: number, options: Omit<KillOptions, 'random'>): Promise<void> {
  const { faults, kills, acknowledged } = await killShops({ random: createRandom(seed), ...options });
  assert.equal(faults, []);
  assert.is(kills, options.kills);
  assert.ok(acknowledged > 0);
}

test('a server over SQLite, killed under load, has all that it acknowledged, once, and the same lists', () =>
  kill(1, { kills: 2 }));

testUnless(test, reason, 'so have two over one Postgres', () => kill(2, { kills: 1, postgres, servers: 2 }));

testUnless(test, reason, 'so has one whose Postgres crashes', () =>
  kill(3, { kills: 1, postgres, victim: 'database' }),
);

if (reason === undefined) test.after(() => postgres.stop());
test.run();
