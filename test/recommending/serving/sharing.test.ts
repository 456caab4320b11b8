/** What a thread shares of a running shop while another one makes lists of it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { packedLength, panelPrior, panelWidth } from '../../../src/kernel/operations/operations.ts';
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
      const held = sharing.trend().scored!.priors;
      const asHeld = held.slice();
      const pieces = [...sharing.pieces()] as SharedPiece[];
      const { candidates } = pieces.flatMap((piece) => ('rest' in piece ? piece.rest : []))[0];
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
        reused.push(sharing.trend().scored!.priors === held);
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

test.run();
