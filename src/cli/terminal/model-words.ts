/** What a model is, in a few words. */
import type { Model } from '../../model/model.ts';
import { count, decimal } from './terminal.ts';

/** The size of a dataset or model in words. */
export function contents({
  customers,
  products,
  purchases,
}: Pick<Model, 'customers' | 'products' | 'purchases'>): string {
  const pairs = count(purchases.products.length, 'pair');
  return `${count(customers.length, 'customer')}, ${count(products.length, 'product')}, ${pairs}`;
}

/** How the loss went from the first epoch to the last. */
export function lossOf({ metadata: { losses } }: Model): string {
  return `loss ${decimal(losses[0])} -> ${decimal(losses[losses.length - 1])}`;
}
