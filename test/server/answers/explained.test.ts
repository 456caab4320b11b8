import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRecommendationId } from '../../../src/live/attribution/ids.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import type { Explanation, Reason, Recommendation } from '../../../src/recommending/types.ts';
import { explainedWriter } from '../../../src/server/answers/explained.ts';
import type { ListedAnswer } from '../../../src/server/answers/listed.ts';
import { createApp } from '../../../src/server/app.ts';
import { fit } from '../../../src/training/fit.ts';
import { shopWithHistory } from '../../recommending/shop.ts';
import { withNeighbours } from '../../support/neighbours.ts';

const test = suite('answers with explanations');
const write = explainedWriter();
const written = (answer: ListedAnswer) => new TextDecoder().decode(write(answer));

const seven = (value: number) => Number(value.toPrecision(7));

function expectedReason(reason: Reason) {
  if (!('products' in reason)) return reason;
  const products = reason.products.map(({ product, share }) => ({ product, share: seven(share) }));
  return { kind: reason.kind, products, text: reason.text };
}

function expectedExplanation({ parts: { taste, neighbours, habit, trend, boost }, reasons, text }: Explanation) {
  const near = neighbours === undefined ? {} : { neighbours: seven(neighbours) };
  const lift = boost === undefined ? {} : { boost: seven(boost) };
  const parts = { taste: seven(taste), ...near, habit: seven(habit), trend: seven(trend), ...lift };
  return { parts, reasons: reasons.map(expectedReason), text };
}

/** What `JSON.stringify` makes of an answer. */
const expected = ({ user_id, items, recommendation_id, source, unknown, model, fields }: ListedAnswer) =>
  JSON.stringify({
    user_id,
    recommendations: items.map(({ product, name, category, score, explanation, price }) => ({
      ...{ product, name, category, ...(fields && { price }), score },
      explanation: explanation && expectedExplanation(explanation),
    })),
    recommendation_id,
    source,
    unknown,
    model,
  });

const odd = [
  'plain',
  'a "quoted" one',
  'back\\slash',
  'tab\t, zero\0, del\x7f',
  'Käse',
  '🧀',
  '\ud83e',
  '\udd80\u2028',
  '',
];

/** A product with all kinds of reasons, some of none. */
function item(row: number, trend: number, names: { name?: string; category?: string } = {}): Recommendation {
  const product = `${odd[row % odd.length]} ${row}`;
  const text = `it goes with ${odd[(row + 1) % odd.length]}`;
  const products = odd.slice(0, row % 4).map((product, i) => ({ product, row: i, share: (i + 1) / 7 }));
  const reasons: Reason[] = [
    { kind: 'habit', orders: 2, of: 5, text: `you bought it ${odd[row % odd.length]}` },
    { kind: row % 5 === 0 ? 'neighbours' : 'taste', products, text },
    row % 2 === 0 ? { kind: 'trend', orders: 12, text } : { kind: 'trend', orders: 12, days: 60, text },
    { kind: row % 8 === 3 ? 'pin' : 'boost', text },
  ];
  const parts = {
    taste: row / 3,
    ...(row % 5 < 2 && { neighbours: row / 13 }),
    habit: row % 3 === 0 ? 0 : -row / 7,
    trend,
    ...(row % 7 > 4 && { boost: row / 17 }),
  };
  const shown = reasons.slice(row % 3, 1 + (row % 4));
  return {
    product,
    row,
    score: row / 9,
    ...names,
    explanation: { parts, reasons: shown, text: `${text}; ${row % 2}` },
  };
}

test('the text is what JSON.stringify writes, whatever ids, names, and reasons are', () => {
  for (const source of ['personal', 'basket', 'popular'] as const) {
    for (const userId of [null, ...odd]) {
      const items = Array.from({ length: 60 }, (_, row) =>
        item(row, row / 11, {
          ...(row % 2 === 0 && { name: odd[row % odd.length] }),
          ...(row % 3 === 0 && { category: odd[(row + 4) % odd.length] }),
        }),
      );
      const answer = { user_id: userId, items, recommendation_id: 'r-1', source, model: 'v"1"' };
      assert.is(written(answer), expected(answer));
    }
  }
  const none = { user_id: null, items: [], recommendation_id: 'r-1', source: 'popular', model: 'v1' } as const;
  assert.is(written(none), expected(none));
});

test('nothing of an earlier answer is left: names, trends, and texts may change', () => {
  const answer = (...items: Recommendation[]): ListedAnswer => ({
    ...{ user_id: 'a', items, recommendation_id: 'r-1', source: 'personal', model: 'v1' },
  });
  const { explanation: _, ...unexplained } = item(3, 0.25);
  const answers = [
    answer(item(3, 0.25), item(3, 0.25, { name: 'Tea' }), item(3, 0.5, { name: 'Tea' })),
    answer(item(3, 0.5, { name: 'Tea', category: 'Drinks' }), item(6, 1), item(3, 0.5, { name: 'Green tea' })),
    answer(unexplained, item(3, 0.5, { category: 'Drinks' }), item(6, Number.NaN), item(6, Number.NaN)),
  ];
  const broken = answer(item(3, 0.25), { ...item(6, 1), explanation: { reasons: [], text: '' } as never });
  for (const each of [...answers, ...answers]) {
    assert.throws(() => write(broken), TypeError);
    assert.is(written(each), expected(each));
  }
});

test('what is asked for is written, and not kept for the next answer', () => {
  const items = [{ ...item(3, 0.25), price: 2.5 }, item(6, 1)];
  const answer: ListedAnswer = { user_id: 'a', items, recommendation_id: 'r-1', source: 'personal', model: 'v1' };
  for (const each of [answer, { ...answer, fields: ['price' as const] }, answer])
    assert.is(written(each), expected(each));
});

test('more products than are kept', () => {
  const named = (id: number): Recommendation => ({
    product: `P${id}`,
    row: id,
    score: id,
    explanation: {
      parts: { taste: id, habit: 0, trend: -id },
      reasons: [{ kind: 'taste', products: [{ product: `Q${id}`, row: id, share: 1 }], text: 'because' }],
      text: 'Because',
    },
  });
  const items = Array.from({ length: 66_000 }, (_, id) => named(id % 65_990));
  const answer: ListedAnswer = { user_id: 'a', items, recommendation_id: 'r-1', source: 'personal', model: 'v1' };
  assert.ok(written(answer) === expected(answer));
});

const trained = await fit(shopWithHistory(), { factors: 8, iterations: 5, threads: 1 });
for (const [kind, model] of Object.entries({ plain: trained, neighbours: withNeighbours(trained, 2) }))
  test(`POST /recommend answers with what the library explains, rounded to seven digits: ${kind}`, async () => {
    const recommender = createRecommender(model, { threads: 1 });
    const app = createApp({ recommender });
    let reasons = 0;
    for (const { unknown, ...body } of [
      ...model.customers.slice(0, 30).map((user_id) => ({ user_id, unknown: undefined })),
      { user_id: 'nobody', unknown: { user_id: ['nobody'] } },
      { basket: [model.products[2]] },
      { basket: ['nothing'], unknown: { basket: ['nothing'] } },
      { user_id: model.customers[1], basket: [model.products[2], model.products[3]] },
    ]) {
      const response = await app.request('/recommend', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...body, num_recommendations: 30, explain: true }),
      });
      assert.is(response.status, 200);
      assert.is(response.headers.get('content-type'), 'application/json');
      const { user_id, basket } = { user_id: undefined, basket: undefined, ...body };
      const { items, source } = basket
        ? recommender.recommendForBasketSync(basket, { customer: user_id, n: 30, explain: true })
        : recommender.recommendSync(user_id!, { n: 30, explain: true });
      for (const { explanation } of items) reasons += explanation!.reasons.length;
      const text = await response.text();
      const { recommendation_id } = JSON.parse(text);
      assert.ok(parseRecommendationId(recommendation_id));
      const { version } = model.metadata;
      assert.is(
        text,
        expected({ user_id: user_id ?? null, items, recommendation_id, source, unknown, model: version }),
      );
    }
    assert.ok(reasons > 300);
    await recommender.close();
  });

test.run();
