import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openKernel } from '../../../src/kernel/open.ts';
import { createMask } from '../../../src/recommending/serving/mask.ts';
import { createMasks, type Selection } from '../../../src/recommending/serving/masks.ts';

const test = suite('masks');
const count = 1000;
const kernel = openKernel({ backend: 'wasm', threads: 1 });
test.after(() => kernel.close());

/** Products whose number is a multiple, or what `meets` says, and how often words were filled. */
function selection(step: number, { size = 1, key = String(step) } = {}): Selection & { filled: number } {
  const one = {
    ...{ key, size, filled: 0 },
    meets: (row: number) => row % step === 0,
    fill(words: Uint32Array, from: number, to: number) {
      one.filled += to - from;
      for (let row = from * 32; row < Math.min(to * 32, count); row++)
        if (one.meets(row)) words[(row >> 5) - from] |= 1 << (row & 31);
    },
  };
  return one;
}

function shelf() {
  const shop = createMask(kernel.memory, count);
  return { shop, masks: createMasks(kernel.memory, count, shop) };
}

function whole(borrowed: { isMade(): boolean; makePart(): void }): void {
  while (!borrowed.isMade()) borrowed.makePart();
}

const rows = (has: (row: number) => boolean) => Array.from({ length: count }, (_, row) => row).filter(has);

test('a mask holds what is selected and what the shop may list', () => {
  const { shop, masks } = shelf();
  shop.set(6, false);
  const { mask, isMade, makePart } = masks.borrow(selection(3));
  whole({ isMade, makePart });
  const expected = rows((row) => row % 3 === 0 && row !== 6);
  assert.equal(rows(mask.has), expected);
  assert.is(mask.hidden(), count - expected.length);
});

test('requests with the same key share one mask, which is made once', () => {
  const { masks } = shelf();
  const [one, same] = [selection(3), selection(3)];
  const [first, second] = [masks.borrow(one), masks.borrow(same)];
  whole(second);
  assert.ok(first.isMade());
  assert.is(first.mask, second.mask);
  assert.is(same.filled, 0);
  assert.is(one.filled, Math.ceil(count / 32));
  first.giveBack();
  second.giveBack();
  const again = masks.borrow(selection(3));
  assert.ok(again.isMade());
});

test('products that change are looked at again, also while the mask is made', () => {
  const { shop, masks } = shelf();
  // A piece of one word.
  const large = selection(2, { size: 2 ** 11 });
  const { mask, isMade, makePart } = masks.borrow(large);
  makePart();
  assert.not.ok(isMade());
  const turned = new Set([4, 5, 900, 901]);
  large.meets = (row) => (row % 2 === 0) !== turned.has(row);
  for (const row of turned) masks.update(row);
  shop.set(8, false);
  masks.update(8);
  whole({ isMade, makePart });
  assert.equal(
    rows(mask.has),
    rows((row) => row !== 8 && (row % 2 === 0) !== turned.has(row)),
  );
  shop.set(2, false);
  masks.update(2);
  assert.not.ok(mask.has(2));
  shop.set(8, true);
  masks.update(8);
  assert.ok(mask.has(8));
});

test('few rows are listed, and listed again once they change', () => {
  const { shop, masks } = shelf();
  const { mask, isMade, makePart } = masks.borrow(selection(50));
  whole({ isMade, makePart });
  assert.equal(
    Array.from(mask.few!()!),
    rows((row) => row % 50 === 0),
  );
  shop.set(100, false);
  masks.update(100);
  assert.equal(
    Array.from(mask.few!()!),
    rows((row) => row % 50 === 0 && row !== 100),
  );
  const many = masks.borrow(selection(3));
  whole(many);
  assert.is(many.mask.few!(), undefined);
});

test('as many masks are kept as there is room for, and those in use besides', () => {
  const { masks } = shelf();
  const inUse = masks.borrow(selection(7, { key: 'in use' }));
  whole(inUse);
  for (let i = 0; i < 200; i++) masks.borrow(selection(2, { key: String(i) })).giveBack();
  assert.is(masks.kept(), 64);
  masks.borrow(selection(2, { key: 'large', size: 500 })).giveBack();
  assert.ok(masks.kept() <= 13);
  masks.borrow(selection(2, { key: 'x'.repeat(2 ** 25) })).giveBack();
  // Nothing but what is in use fits beside a key of 64 MiB, and the key itself does not.
  assert.is(masks.kept(), 1);
  assert.equal(
    rows(inUse.mask.has),
    rows((row) => row % 7 === 0),
  );
  inUse.giveBack();
  inUse.giveBack();
  assert.ok(masks.borrow(selection(7, { key: 'in use' })).isMade());
});

test('memory is given back with the masks', () => {
  const { masks } = shelf();
  const before = kernel.memory.allocate(Uint32Array, 1).byteOffset;
  for (let i = 0; i < 3000; i++) masks.borrow(selection(2, { key: `again ${i}` })).giveBack();
  const after = kernel.memory.allocate(Uint32Array, 1).byteOffset;
  assert.ok(after - before < 100 * count, `${after - before} bytes`);
});

test('a stream of filters that nobody asks for again leaves alone those that somebody does', () => {
  const { masks } = shelf();
  for (const step of [2, 3, 2, 3]) masks.borrow(selection(step)).giveBack();
  for (let step = 10; step < 500; step++) masks.borrow(selection(step)).giveBack();
  const [again, once] = [selection(2), selection(10)];
  const others = masks.kept();
  masks.borrow(again).giveBack();
  assert.is(masks.kept(), others);
  whole(masks.borrow(once));
  assert.ok(once.filled > 0);
});

test('filters that were asked for twice make room for new ones', () => {
  const { masks } = shelf();
  for (let step = 10; step < 500; step++) for (const _ of [1, 2]) masks.borrow(selection(step)).giveBack();
  for (let step = 500; step < 520; step++) masks.borrow(selection(step)).giveBack();
  const newest = selection(519);
  whole(masks.borrow(selection(519)));
  const kept = masks.kept();
  masks.borrow(newest).giveBack();
  assert.is(masks.kept(), kept);
});

test('there is room until requests have masks of 512 conditions, and always for masks that are there', () => {
  const { masks } = shelf();
  const large = selection(2, { size: 513 });
  assert.ok(masks.hasRoom([large]));
  const borrowed = masks.borrow(large);
  assert.not.ok(masks.hasRoom([selection(3)]));
  assert.ok(masks.hasRoom([selection(2)]));
  borrowed.giveBack();
  assert.ok(masks.hasRoom([selection(3)]));
});

test.run();
