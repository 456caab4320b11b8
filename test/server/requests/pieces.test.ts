import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { settingsJson } from '../../../src/live/scenarios/schemas.ts';
import { checkedInTurns, checkedNow } from '../../../src/server/requests/pieces.ts';
import { recommendRequest } from '../../../src/server/requests/requests.ts';
import { productsRequest, purchasesRequest } from '../../../src/server/shop/requests.ts';

const test = suite('bodies in pieces');

const line = { user_id: 'u', order_id: 'o', product_id: 'p', quantity: 1 };
const rule = { pin: [{ product_id: 'p', position: 1 }] };
const bodies: [Parameters<typeof checkedNow>[0], unknown][] = [
  [productsRequest, { products: [{ product_id: 'a', category: 'c' }, { product_id: 2 }] }],
  [
    productsRequest,
    {
      products: [
        { product_id: 'a', price: -1 },
        { product_id: 'b', pirce: 1, category: [''] },
      ],
      x: 1,
    },
  ],
  [productsRequest, { products: [] }],
  [productsRequest, { products: Array(1001).fill({ product_id: 'a' }) }],
  [productsRequest, { products: 1 }],
  [productsRequest, {}],
  [productsRequest, null],
  [purchasesRequest, { purchases: [line, line] }],
  [purchasesRequest, { purchases: [line, { ...line, quantity: 0 }, null] }],
  [settingsJson, { scenarios: { home: { n: 5 } }, rules: { one: rule } }],
  [
    settingsJson,
    { scenarios: { home: { n: 0 }, '-': {} }, rules: { one: { pin: [{ product_id: [], position: 0 }] } } },
  ],
  [settingsJson, { scenarios: { home: 1 }, rules: [], more: 1 }],
  [settingsJson, JSON.parse('{"rules": {"__proto__": {"pin": 1}}, "scenarios": {"__proto__": null}}')],
  [settingsJson, { rules: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`r${i}`, {}])) }],
  [settingsJson, { experiments: { one: { arms: { a: { share: 50 }, b: { share: 50 } }, control: 'a' } } }],
  [settingsJson, { experiments: { one: { arms: { a: {} }, control: 1 }, '-': 1 } }],
  [recommendRequest, { user_id: 'u', basket: ['p', 1] }],
  [recommendRequest, { basket: [{}], num_recommendations: 0 }],
];

for (const [i, [schema, body]] of bodies.entries()) {
  test(`body ${i} is found as right or wrong as it is all at once`, async () => {
    const paths = (issues: readonly { path: PropertyKey[]; message: string }[] | undefined) =>
      issues?.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`).sort();
    const [pieces, whole] = [await checkedInTurns(schema, body), checkedNow(schema, body)];
    assert.equal(pieces.data, whole.data);
    assert.equal(paths(pieces.issues), paths(whole.issues));
  });
}

test('others have their turn while a long body is checked, and after twenty wrong fields it is left', async () => {
  const attributes = () => Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`a${i}`, 'x']));
  const products = Array.from({ length: 1000 }, () => ({ product_id: 'a', attributes: attributes() }));
  let turns = 0;
  let isDone = false;
  const beat = () => {
    turns++;
    if (!isDone) setImmediate(beat);
  };
  setImmediate(beat);
  assert.is((await checkedInTurns(productsRequest, { products })).issues, undefined);
  isDone = true;
  assert.ok(turns > 1, 'the event loop turns');
  const { issues = [] } = await checkedInTurns(productsRequest, { products: products.map(() => ({ product_id: [] })) });
  assert.is(issues.length, 20);
});

test.run();
