import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ServingShop } from '../../../../src/live/types.ts';
import { fakeRecommender } from '../../fake.ts';
import { openShopApp } from '../../shop/open-shop-app.ts';
import { asking, plainText } from '../asking.ts';

const test = suite('Home');

test('of a recommender, it says what was learned and when, and where to look somebody up', async () => {
  const { text } = await asking().get('/explorer');
  assert.match(
    plainText(text),
    'learned that from 3 purchases of 2 customers and 8 products, from 2026-01-01 to 2026-01-02',
  );
  assert.match(plainText(text), '(2026-01-02)');
  assert.match(plainText(text), 'Version 0123456789abcdef Trained 2026-01-02 03:04 UTC');
  assert.match(plainText(text), '4 of 6 records are used');
  assert.match(plainText(text), 'not kept: only a server with a store takes them');
  for (const place of ['customers', 'products'])
    assert.match(text, new RegExp(`<form [^>]*action="/explorer/${place}"[^>]*>.*?<input [^>]*name="q"`, 's'));
});

test('of a running shop, it says what came since, and what needs a look', async () => {
  const { shop, close } = await openShopApp();
  try {
    const { get } = asking({ recommender: undefined, shop });
    const before = plainText((await get('/explorer')).text);
    assert.match(before, 'none has arrived');
    assert.not.match(before, 'Needs a look');
    const status = await shop.status();
    const reason = 'orders.csv: only 3 of 9 rows are kept\n  6 unreadable: line 4 ("anna@shop.example")';
    const last = { outcome: 'failed', reason, notes: [], startedAt: 0, seconds: 1 } as const;
    const retraining = { last, runs: { swapped: 0, refused: 0, failed: 1, unchanged: 0 } };
    const refused = { at: 0, reason };
    const changed = { ...status, newPurchases: 2, isFailing: true, retraining, model: { ...status.model, refused } };
    const failing = { ...shop, status: async () => changed } as ServingShop;
    const { text } = await asking({ recommender: undefined, shop: failing }).get('/explorer');
    assert.match(plainText(text), '2 order lines, which count in the lists of these customers at once');
    assert.match(plainText(text), 'Needs a look Wrong: The store fails');
    // What else an error says quotes records, and so customers.
    assert.match(plainText(text), 'A new model was refused');
    assert.match(plainText(text), 'only 3 of 9 rows are kept. Wrong: The last training');
    assert.not.match(text, 'anna');
  } finally {
    await close();
  }
});

test('what a model calls itself stays text', async () => {
  const recommender = fakeRecommender({ version: '<script>alert(1)</script>' });
  const { text } = await asking({ recommender }).get('/explorer');
  assert.match(text, '&lt;script&gt;alert(1)&lt;/script&gt;');
});

test.run();
