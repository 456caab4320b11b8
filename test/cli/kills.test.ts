import { rm } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRandom } from '../../src/random.ts';
import { kill, openShop, type Shop, writers } from './kills.ts';

const test = suite<{ shop: Shop }>('killed commands');

test.before(async (context) => {
  context.shop = await openShop();
});
test.after(({ shop }) => rm(shop.cwd, { recursive: true }));

for (const [index, [name, writer]] of Object.entries(writers).entries()) {
  test(`${name}, killed at any moment, leaves a whole file, and the next run leaves nothing else`, async ({ shop }) => {
    const random = createRandom(index);
    const { faults, ...counts } = await kill(shop, writer, { kills: 3, random, nextAfterEach: false });
    assert.equal(faults, []);
    assert.is(counts.old + counts.new, 3);
  });
}

test.run();
