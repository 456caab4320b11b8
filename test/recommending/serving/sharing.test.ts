/** What a thread shares of a running shop while another one makes lists of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { packedLength, panelPrior, panelWidth } from '../../../src/kernel/operations/operations.ts';
import { crossedIn } from '../../../src/kernel/threads/crossing.ts';
import { forgetCustomer } from '../../../src/live/erasing/in-memory.ts';
import { loadWith, saveModel } from '../../../src/model/file/file.ts';
import { packedIn } from '../../../src/model/texts.ts';
import { createRandom } from '../../../src/random.ts';
import type { RecentOrders } from '../../../src/ranking/popularity.ts';
import { openServed } from '../../../src/recommending/create.ts';
import { joinRecommender, type SharedPiece, shareRecommender } from '../../../src/recommending/serving/sharing.ts';
import { fit } from '../../../src/training/fit.ts';
import { absentBackend } from '../../kernel/backends.ts';
import { randomShop } from '../../support/random-shop.ts';
import { testUnless } from '../../support/skip.ts';

const test = suite('sharing what sells');

const model = await fit(randomShop(), { factors: 8, iterations: 2, blend: { trend: 0.7 } });

function* soldNow(seed: number): Generator<undefined, RecentOrders> {
  yield;
  const random = createRandom(seed);
  return {
    popularity: Float32Array.from(model.products, () => random.below(40) ** 2),
    uptake: Float32Array.from(model.products, () => random.uniform() ** 3),
  };
}

for (const backend of ['native', 'wasm'] as const)
  testUnless(
    test,
    absentBackend(backend),
    `what is held keeps its priors and their bounds until it is let go, on ${backend}`,
    async () => {
      const { recommender, controls } = await openServed(model, false, { backend, threads: 1 });
      const sharing = shareRecommender(recommender);
      await controls.sell(soldNow(1));
      const letGo = sharing.hold();
      const held = crossedIn(sharing.trend()).scored!.priors;
      const asHeld = held.slice();
      const pieces = [...sharing.pieces()] as SharedPiece[];
      const [{ candidates }] = pieces.flatMap((piece) => ('rest' in piece ? crossedIn(piece.rest) : []));
      for (let seed = 2; seed < 7; seed++) {
        await controls.sell(soldNow(seed));
        assert.equal(held, asHeld);
        const { order, packed, factors } = candidates;
        for (let i = 0; i < order.length; i++)
          assert.ok(packed[Math.floor(i / panelWidth) * packedLength(1, factors) + panelPrior] >= held[order[i]]);
      }
      letGo();
      const reused: boolean[] = [];
      for (let seed = 7; seed < 10; seed++) {
        await controls.sell(soldNow(seed));
        reused.push(crossedIn(sharing.trend()).scored!.priors === held);
      }
      assert.ok(reused.includes(true));
      await recommender.close();
    },
  );

test('another thread has taken what sells once it makes no list with what sold before', async () => {
  const { recommender, controls } = await openServed(model, false, { threads: 1 });
  const sharing = shareRecommender(recommender);
  const joining = joinRecommender(sharing.unitVectors);
  const [opened] = [...sharing.pieces()].flatMap((piece) => joining.add(piece) ?? []);
  const joined = await opened.serve();
  await controls.sell(soldNow(1));
  const asked = joined.recommender.recommend('c1', { n: 5, explain: true });
  let isTaken = false;
  const taken = joined.controls.takeTrend(sharing.trend()).then(() => {
    isTaken = true;
  });
  await asked.then(() => assert.not(isTaken));
  await taken;
  for (const id of ['c1', 'c2', 'nobody'])
    assert.equal(await joined.recommender.recommend(id), await recommender.recommend(id));
  await joined.recommender.close();
  await recommender.close();
});

test('texts that are bytes are shared and not copied, and lists, ids, and erasures are the same', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'endcap-sharing-'));
  try {
    const path = join(folder, 'm.safetensors');
    const info = model.products.map((id, row) => ({
      name: `Fine thing ${id}`,
      category: `kind ${row % 3}`,
      price: row,
    }));
    const named = { ...model, productInfo: info };
    await saveModel(named, path);
    const loaded = await loadWith(path, { leastForThreads: 0, keepsBytes: true });
    assert.ok(packedIn(loaded));
    assert.equal(loaded.products as string[], model.products);
    assert.equal(loaded.productInfo as object[], info);
    const plain = await openServed(named, false, { threads: 1 });
    const own = await openServed(loaded, true, { threads: 1 });
    const sharing = shareRecommender(own.recommender);
    const joining = joinRecommender(sharing.unitVectors);
    const pieces = [...sharing.pieces()];
    assert.is(pieces.length, 1);
    const [opened] = pieces.flatMap((piece) => joining.add(structuredClone(piece)) ?? []);
    const joined = await opened.serve();
    for (const { recommender: each, controls } of [plain, own, joined]) {
      controls.describe(2, { name: 'Renamed', category: 'kind new' });
      controls.describe(3, {});
      assert.equal(
        [controls.nameOf(2), controls.nameOf(3), controls.nameOf(4)],
        ['Renamed', info[3].name, info[4].name],
      );
      for (const id of [...model.customers.slice(0, 20), 'nobody']) {
        const options = { n: 8, explain: true, diversity: 0.3, perCategory: 2 };
        assert.equal(await each.recommend(id, options), await plain.recommender.recommend(id, options), id);
        assert.is(each.customerRow(id), plain.recommender.customerRow(id));
      }
      assert.is(each.productRow(model.products.at(-1)!), model.products.length - 1);
    }
    const gone = model.customers[3];
    forgetCustomer(loaded, 3);
    assert.not.ok(loaded.customers.includes(gone));
    assert.is(opened.model.customers[3], model.customers[2]);
    assert.is(joined.recommender.customerRow(model.customers[4]), 4);
    for (const each of [plain.recommender, own.recommender, joined.recommender]) await each.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** A copy whose arrays lie one after the other beyond 4 GiB of a buffer, of which the system gives what is touched. */
function placedBeyond<T extends object>(value: T, buffer: SharedArrayBuffer): T {
  let place = 2 ** 32;
  const visit = (part: unknown): unknown => {
    if (ArrayBuffer.isView(part)) {
      const array = part as Float32Array;
      const copy = new (array.constructor as Float32ArrayConstructor)(buffer, place, array.length);
      copy.set(array);
      place += 64 * Math.ceil((array.byteLength + 1) / 64);
      return copy;
    }
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, visit(each)]));
  };
  return visit(value) as T;
}

const places = totalmem() < 5 * 2 ** 30 ? 'this machine has less memory than the array' : absentBackend('native');
testUnless(test, places, 'arrays that end beyond 4 GiB are the same on the other side', async () => {
  const padded = await fit(randomShop(), { factors: 16, iterations: 2, blend: { trend: 0.7 } });
  const far = placedBeyond(padded, new SharedArrayBuffer(4.5 * 2 ** 30));
  const options = { backend: 'native', threads: 1 } as const;
  const plain = await openServed(padded, false, options);
  const own = await openServed(far, true, options);
  const sharing = shareRecommender(own.recommender);
  const joining = joinRecommender(async (of) => structuredClone(await sharing.unitVectors(of)));
  const [opened] = [...sharing.pieces()].flatMap((piece) => joining.add(structuredClone(piece)) ?? []);
  // Nothing of it was copied.
  for (const name of ['customerFactors', 'productFactors'] as const)
    assert.is(opened.model[name].byteOffset, far[name].byteOffset);
  const joined = await opened.serve();
  for (const id of [...padded.customers.slice(0, 20), 'nobody']) {
    const asked = { n: 8, explain: true };
    assert.equal(await joined.recommender.recommend(id, asked), await plain.recommender.recommend(id, asked), id);
  }
  const [product] = padded.products;
  assert.equal(await joined.recommender.similarProducts(product), await plain.recommender.similarProducts(product));
  for (const each of [plain, own, joined]) await each.recommender.close();
});

test.run();
