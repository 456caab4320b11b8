import type { Model } from '../../../model/model.ts';
import { finish } from '../../../turns.ts';
import { number, percent, plural } from '../../../wording.ts';
import { type Lists, listLength } from './lists.ts';

const ifRight = '(if that is as it should be: --accept-loss, or acceptLoss: true)';
/** Factors that are looked at in a piece: a fraction of a millisecond. */
const numbersOfPiece = 2 ** 18;
/** A share that is no longer an accident. */
const half = 0.5;
/** Lists of more customers than this share are shorter than they were. */
const shorterShare = 0.01;
/** So many places of all lists hold the same ten products: everybody gets the same list. */
const sameShare = 0.9;
/** With fewer, they differ. */
const differentShare = 0.75;

/**
 * What is wrong with a candidate by its arrays and ids alone, each in words.
 *
 * @param acceptLoss whether it may know fewer products and customers.
 */
export function damagesOf(served: Model, candidate: Model, acceptLoss = false): string[] {
  return [...finish(factorDamages(candidate)), ...(acceptLoss ? [] : losses(served, candidate))];
}

/** Ids of the served model that the candidate does not know, if these are more than half of them. */
function losses(served: Pick<Model, Ids>, candidate: Pick<Model, Ids>): string[] {
  return (['products', 'customers'] as const).flatMap((ids) => {
    const known = new Set(candidate[ids]);
    // A customer who was erased has no id, or that of the row before.
    const before = served[ids].filter((id, row) => id !== '' && id !== served[ids][row - 1]);
    const lost = before.reduce((count, id) => count + Number(!known.has(id)), 0);
    if (lost <= half * before.length) return [];
    return [`it does not know ${number(lost)} of the ${number(before.length)} ${ids} of the served model ${ifRight}`];
  });
}

type Ids = 'products' | 'customers';

/** What is wrong with the factors of a model, looked at a piece at a time. */
export function* factorDamages({
  factors,
  customerFactors,
  productFactors,
  customers,
  products,
  purchases,
}: Model): Generator<undefined, string[]> {
  const buyers = new Uint8Array(customers.length);
  const bought = new Uint8Array(products.length);
  for (let row = 0; row < customers.length; row++)
    buyers[row] = Number(purchases.offsets[row + 1] > purchases.offsets[row]);
  for (const row of purchases.products) bought[row] = 1;
  return [
    ...(yield* rowDamages('customers', customerFactors, factors, buyers)),
    ...(yield* rowDamages('products', productFactors, factors, bought)),
  ];
}

/** @param counts 1 for rows with purchases: others have nothing to learn factors from. */
function* rowDamages(
  what: string,
  values: Float32Array,
  width: number,
  counts: Uint8Array,
): Generator<undefined, string[]> {
  const rowsOfPiece = Math.ceil(numbersOfPiece / width);
  let [broken, zero, all] = [0, 0, 0];
  for (let row = 0; row < counts.length; row++) {
    if (row % rowsOfPiece === 0) yield;
    let sum = 0;
    for (let k = row * width; k < (row + 1) * width; k++) sum += Math.abs(values[k]);
    if (!Number.isFinite(sum)) broken++;
    else if (counts[row] === 1 && sum === 0) zero++;
    all += counts[row];
  }
  return [
    ...(broken > 0
      ? [`the factors of ${plural(broken, `one of the ${what}`, `# ${what}`)} are not finite numbers`]
      : []),
    ...(zero > half * all
      ? [`the factors of ${number(zero)} of ${number(all)} ${what} with purchases are all zero`]
      : []),
  ];
}

/**
 * What is wrong with the lists of a candidate, next to those of the served model for the same customers.
 *
 * @param acceptLoss whether they may hold fewer products.
 */
export function listDamages(served: Lists['all'], candidate: Lists['all'], acceptLoss = false): string[] {
  const shorter = candidate.filter((list, place) => list.length < served[place].length).length;
  const [before, after] = [exposureOf(served), exposureOf(candidate)];
  const lists = plural(candidate.length, 'the one list', '# lists');
  return [
    ...(shorter > shorterShare * candidate.length
      ? [`${number(shorter)} of ${lists} are shorter than those of the served model`]
      : []),
    ...(after.concentration >= sameShare && before.concentration < differentShare
      ? [
          `${percent(after.concentration)} of the places of ${lists} hold the same ${listLength} products, which with the ` +
            `served model are ${percent(before.concentration)}`,
        ]
      : []),
    ...(!acceptLoss && after.products < half * before.products
      ? [
          `${lists} hold ${number(after.products)} products, those of the served model ${number(before.products)} ${ifRight}`,
        ]
      : []),
  ];
}

/** How many products lists hold, and the share of their places that the ones listed most often have. */
function exposureOf(lists: Lists['all']): { products: number; concentration: number } {
  const counts = new Map<string, number>();
  for (const product of lists.flat()) counts.set(product, (counts.get(product) ?? 0) + 1);
  const most = [...counts.values()].sort((a, b) => b - a);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return { products: counts.size, concentration: most.length === 0 ? 0 : sum(most.slice(0, listLength)) / sum(most) };
}
