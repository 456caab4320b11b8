/** Where an imported model comes from, and what is odd about it, in words. */
import { conventions } from '../../model/imported.ts';
import type { Model, ModelMetadata } from '../../model/model.ts';
import type { Note } from '../../orders/look.ts';
import type { ForeignFactors } from '../../tuning/adopting/adopt.ts';
import { number, plural } from '../../wording.ts';

const names = { spark: "Spark's ALS", implicit: 'implicit', csv: 'CSV', endcap: 'a cluster' };

const { spark, explicit, implicit, endcap } = conventions;
const ruleNames = { Spark: spark, 'Spark with explicit ratings': explicit, implicit, Endcap: endcap };

/** Where the factors of an imported model come from, and how customers are folded in. */
export function describeImported({
  imported,
  options,
  foldIn,
}: Pick<ModelMetadata, 'imported' | 'options' | 'foldIn'>): string {
  const { from, customers, products, cold, foldIn: found } = imported!;
  const { weight, penalty } = foldIn.convention!;
  const known = Object.entries(ruleNames).find(([, own]) => own.weight === weight && own.penalty === penalty);
  const rules = known?.[0] ?? 'its system';
  const scale = weight === '1' ? '' : `alpha ${options.alpha}, `;
  const agreement = found
    ? `, which differs from the factors of ${number(found.customers)} customers by ${small(found.difference)} in the median`
    : '';
  const others = cold
    ? `; ${plural(cold.customers, 'one customer', '# customers')} and ${plural(cold.products, 'one product', '# products')} of the orders had none`
    : ', without orders';
  return (
    `from ${names[from]}: factors of ${plural(customers, 'one customer', '# customers')} and ` +
    `${plural(products, 'one product', '# products')}${others}; folds in as ${rules} does, with ${scale}regularization ` +
    `${options.regularization}${penalty === 'purchases' ? ' per purchase' : ''}, of ratings by ${options.confidence}${agreement}`
  );
}

/** Factors that differ by more are not those of these orders, or were not made by these rules. */
const far = 0.05;

export function notesOf({ metadata }: Model, { products, convention }: ForeignFactors): Note[] {
  const { imported, options } = metadata;
  const { cold, foldIn, weights } = imported!;
  const notes: Note[] = [];
  const add = (code: string, text: string) => notes.push({ code, text });
  if (!cold) {
    const text =
      'There are no orders: lists go by taste alone. Nothing is known of habits and trends, and no list leaves out what a ' +
      'customer bought';
    add('no-orders', text);
  }
  if (cold && cold.customers > 0) {
    const zeros = cold.customers - cold.foldedIn;
    const rest = zeros > 0 ? `, and ${number(zeros)} bought nothing that has any: they get what everybody buys` : '';
    const who = plural(cold.customers, 'One customer of the orders has', '# customers of the orders have');
    add('cold-customers', `${who} no factors: ${number(cold.foldedIn)} were folded in by what they bought${rest}`);
  }
  if (cold && cold.products > 0) {
    const what = plural(cold.products, 'One product of the orders has', '# products of the orders have');
    add('cold-products', `${what} no factors: taste does not tell who would buy them`);
  }
  if (foldIn && foldIn.difference > far) {
    const { alpha, regularization, confidence } = options;
    const ends = convention === 'implicit' ? '. implicit solves products last, so that some difference is usual' : '';
    add(
      'fold-in-differs',
      `Folding in what ${number(foldIn.customers)} customers bought gives other factors than theirs: they differ by ` +
        `${small(foldIn.difference)} of the largest in the median. Check alpha (${alpha}), regularization (${regularization}), ` +
        `and confidence (${confidence}), and that these are the orders that were trained on${ends}`,
    );
  }
  if (convention === 'spark' && products.every((value) => value >= 0)) {
    add(
      'non-negative',
      'No factor of a product is below zero: those of customers who are folded in may be, unlike those of nonnegative=True',
    );
  }
  if (weights === 'too_few')
    add('weights-not-learned', 'There are too few orders to learn the weights of the ranking: they are the usual ones');
  return notes;
}

/** `0.031`, `2.1e-7` */
function small(difference: number): string {
  return String(Number(difference.toPrecision(2)));
}
