import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { createShop } from '../../../src/live/shop.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { fit } from '../../../src/training/fit.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite('questions to a shop');
const model = await fit(await readOrders(sampleOrders({ lines: 2000 })), { factors: 8, iterations: 2, threads: 1 });
const shop = await createShop({ model, threads: 1 });
const [customer] = model.customers;
const { offsets, products } = model.boughtTogether!;
const from = offsets.findIndex((offset, row) => offsets[row + 1] > offset);
const [other, product] = [model.products[from], model.products[products[offsets[from]]]];
test.after(() => shop.close());

test('products of every list have the fields asked for, in both forms, and are the same otherwise', async () => {
  await shop.putProducts([
    { product, price: 2.5, imageUrl: '/tea.png', available: true, attributes: { organic: true } },
  ]);
  const options = { n: 1000 };
  const lists = [
    (more: object) => shop.recommend(customer, { ...options, purchased: 'allow', ...more }),
    (more: object) => shop.recommendSync(customer, { ...options, purchased: 'allow', ...more }),
    (more: object) => shop.recommendForBasket([other], { ...options, ...more }),
    (more: object) => shop.recommendForBasketSync([other], { ...options, ...more }),
    (more: object) => shop.similarProducts(other, { ...options, ...more }),
    (more: object) => shop.similarProductsSync(other, { ...options, ...more }),
    (more: object) => shop.boughtTogether(other, { ...options, ...more }),
    (more: object) => shop.boughtTogetherSync(other, { ...options, ...more }),
  ];
  for (const list of lists) {
    const items = async (more: object) => {
      const answer = await list(more);
      return 'items' in answer ? answer.items : answer;
    };
    const plain = await items({});
    const said = { price: 2.5, imageUrl: '/tea.png', attributes: { organic: true } };
    const expected = plain.map((item) => (item.product === product ? { ...item, ...said } : item));
    assert.equal(await items({ fields: ['price', 'url', 'imageUrl', 'attributes'] }), expected);
    assert.not.equal(expected, plain);
    assert.equal(await items({ fields: [] }), plain);
  }
});

test('what is said later is in the next list', async () => {
  const find = async () =>
    (await shop.recommend(customer, { n: 1000, purchased: 'allow', fields: ['price'] })).items.find(
      (item) => item.product === product,
    );
  await shop.patchProducts([{ product, price: 3 }]);
  assert.is((await find())?.price, 3);
  await shop.patchProducts([{ product, price: null }]);
  assert.not.ok('price' in (await find())!);
});

test('fields that no catalogue has are refused, as are options that nobody has', async () => {
  for (const fields of [['colour'], ['image_url'], 'price', null]) {
    const error = await endcapErrorOf(shop.recommend(customer, { fields: fields as never }));
    assert.is(error.code, 'invalid_options');
    assert.match(error.message, /^fields: .*price, url, imageUrl, attributes, available/);
    assert.throws(() => shop.similarProductsSync(other, { fields: fields as never }), /^fields: /);
  }
  const error = await endcapErrorOf(shop.recommend(customer, { fields: ['price'], field: 1 } as never));
  assert.is(error.details.option, 'field');
});

test.run();
