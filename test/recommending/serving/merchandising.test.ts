import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openKernel } from '../../../src/kernel/open.ts';
import { createMask } from '../../../src/recommending/serving/mask.ts';
import { createMasks, type Selection } from '../../../src/recommending/serving/masks.ts';
import { createMerchandiser } from '../../../src/recommending/serving/merchandising.ts';
import type { Condition } from '../../../src/recommending/serving/options.ts';

const test = suite('merchandising');
const kernel = openKernel({ backend: 'wasm', threads: 1 });
test.after(() => kernel.close());

/** A shop whose requests each ask for masks of 300 conditions. */
function shelf() {
  const shop = createMask(kernel.memory, 100);
  const masks = createMasks(kernel.memory, 100, shop);
  const select = ({ filter }: { filter?: unknown }) => ({
    filter: { key: String(filter), size: 300, meets: () => true, fill() {} } satisfies Selection,
  });
  const { over } = createMerchandiser(masks, shop, select, async (parts) => {
    while (!parts.isMade()) parts.makePart();
  });
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const ask = (filter: string, signal?: AbortSignal) =>
    over({ filter: filter as unknown as Condition }, signal, () => {
      begun.push(filter);
      return new Promise<void>((resolve) => ends.push(resolve));
    });
  return { ask, begun, ends, masks };
}

const turns = () => new Promise((resolve) => setTimeout(resolve, 5));

test('requests with masks of their own wait, in turn, until others have given theirs back', async () => {
  const { ask, begun, ends, masks } = shelf();
  const asked = ['a', 'b', 'c', 'd', 'e'].map((filter) => ask(filter));
  // Of a mask that is there, nobody needs another.
  asked.push(ask('a'));
  await turns();
  assert.equal(begun, ['a', 'b', 'a']);
  assert.is(masks.kept(), 2);
  for (let i = 0; i < asked.length; i++) {
    ends[i]();
    await turns();
  }
  await Promise.all(asked);
  assert.equal(begun, ['a', 'b', 'a', 'c', 'd', 'e']);
});

test('who goes away while waiting holds nobody', async () => {
  const { ask, begun, ends } = shelf();
  const asked = ['a', 'b'].map((filter) => ask(filter));
  const leaving = new AbortController();
  const gone = ask('gone', leaving.signal).catch((error) => error.code);
  asked.push(ask('c'));
  leaving.abort();
  await turns();
  ends[0]();
  await turns();
  assert.is(await gone, 'aborted');
  assert.equal(begun, ['a', 'b', 'c']);
  for (const end of ends) end();
  await Promise.all(asked);
});

test.run();
