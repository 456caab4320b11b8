/** What a running shop is told, and asked of its products: mostly right, and wrong somewhere now and then. */
import type { Random } from '../../../src/random.ts';
import { anyJson, chance, extremeNumbers, hostileTexts, pick, several, whole } from '../draw.ts';
import { customers, products } from './shop.ts';

const rarely = (random: Random, usual: unknown, probability = 0.05) =>
  chance(random, probability) ? anyJson(random) : usual;

const value = (random: Random) => pick<unknown>(random, [true, 1, 'a', 'Tea', 0.5, ...hostileTexts.slice(0, 8)]);

const names = ['available', 'price', 'name', 'category', 'attributes.a', 'attributes.', 'url', '__proto__'];

export function anyCondition(random: Random, depth = 4): unknown {
  const nested = () => anyCondition(random, depth - 1);
  const field = pick(random, names);
  switch (random.below(depth > 0 ? 8 : 5)) {
    case 0:
      return rarely(random, { field: 'price', min: pick(random, extremeNumbers), max: 9 });
    case 1:
      return { field: 'category', in: several(random.below(4), () => value(random)) };
    case 2:
      return { field: 'available', equals: rarely(random, chance(random, 0.5)) };
    case 3:
      return { field, equals: value(random) };
    case 4:
      return rarely(random, { field: 'price', max: 5 }, 0.2);
    case 5:
      return { and: several(random.below(4), nested) };
    case 6:
      return { or: several(random.below(4), nested) };
    default:
      return { not: nested() };
  }
}

export const anyBoost = (random: Random): unknown =>
  rarely(random, { filter: anyCondition(random, 2), by: pick(random, [1, 0.5, -100, ...extremeNumbers]) });

export const anyPin = (random: Random): unknown =>
  rarely(random, { product_id: pick(random, products), position: pick(random, [1, 2, 1000, 0]) });

export const anyProduct = (random: Random): unknown =>
  rarely(random, {
    product_id: chance(random, 0.8) ? pick(random, products) : rarely(random, pick(random, hostileTexts)),
    ...(chance(random, 0.5) && { available: rarely(random, chance(random, 0.8)) }),
    ...(chance(random, 0.5) && { price: rarely(random, whole(random, 0, 20)) }),
    ...(chance(random, 0.3) && { name: rarely(random, pick(random, hostileTexts)) }),
    ...(chance(random, 0.3) && { category: rarely(random, pick(random, ['Tea', ['Tea', 'a']])) }),
    ...(chance(random, 0.2) && { url: rarely(random, '/a') }),
    ...(chance(random, 0.3) && { attributes: rarely(random, { a: value(random), [pick(random, hostileTexts)]: 1 }) }),
  });

export const anyPurchase = (random: Random): unknown =>
  rarely(random, {
    user_id: chance(random, 0.7) ? pick(random, customers) : rarely(random, pick(random, hostileTexts)),
    order_id: rarely(random, `o${random.below(50)}`),
    product_id: rarely(random, pick(random, products)),
    quantity: rarely(random, pick(random, [1, 2, -1, 0])),
    ...(chance(random, 0.3) && { time: rarely(random, '2026-01-31T12:00:00Z') }),
  });

/** Scenarios, or rules. */
export const anySettings = (random: Random, kind: 'scenarios' | 'rules'): unknown =>
  Object.fromEntries(
    several(random.below(3), () => [
      pick(random, ['home', 'one', 'two', ...hostileTexts.slice(0, 8)]),
      rarely(random, {
        ...(chance(random, 0.4) && { filter: anyCondition(random) }),
        ...(chance(random, 0.3) && { boost: several(random.below(3), () => anyBoost(random)) }),
        ...(chance(random, 0.3) && { pin: several(random.below(3), () => anyPin(random)) }),
        ...(kind === 'scenarios' && { n: rarely(random, 3) }),
        ...(kind === 'rules' && chance(random, 0.3) && { from: rarely(random, 1e12) }),
      }),
    ]),
  );
