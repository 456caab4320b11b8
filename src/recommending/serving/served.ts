import { type Ids, unknownCustomer } from '../../model/ids.ts';
import type { Pace } from '../../turns.ts';
import type { OrderUnits } from '../buyer.ts';
import type { Copied } from '../copy.ts';
import type { Mask } from './mask.ts';
import type { Select } from './merchandising.ts';
import type { LiveTrend } from './trend.ts';

/** A customer as a running shop knows them: the model, and what came after it. */
export interface Served {
  /** Row in the model; undefined if the model does not know them. */
  readonly customer: number | undefined;
  /** What they bought since, oldest order first, each with a product that the model knows. */
  readonly orders: readonly OrderUnits[];
  /** Units that they sent back since, by product row. */
  readonly sentBack: OrderUnits;
}

/** What a running shop tells the recommender about its customers. */
export interface ServedCustomers {
  /**
   * A customer as they are now, the same object until something changes; undefined if they are as the model has them, or
   * nobody knows them. A promise if a store has to be asked.
   */
  served(customerId: string | number): Served | undefined | Promise<Served | undefined>;
  /** Whether a customer of the model, by row, may not be as the model has them. */
  isChanged(customer: number): boolean;
}

/** What a running shop tells the recommender. */
export interface ServedShop extends ServedCustomers {
  /** Finds the products that requests ask for; requests may ask for none if absent. */
  readonly select?: Select;
}

/** What a running shop changes of what its recommender says, from the next list on. */
export interface ServedControls {
  /** Whether lists may hold a product, by row. To be called after everything else was said of it. */
  list(product: number, isListed: boolean): void;
  /** Names a product, and its category, in place of the model; what is undefined is as the model has it. */
  describe(product: number, info: { name?: string; category?: string }): void;
  /** What a product is called right now, by row. */
  nameOf(product: number): string | undefined;
  /** Makes popularity and trend those of other orders, for lists that are begun afterwards. One call at a time. */
  sell: LiveTrend['sell'];
  /** The same of what another thread made of them. Resolves once no list is made with what was there before. */
  takeTrend: LiveTrend['take'];
  /** Makes what the first list would wait for of somebody who bought something since the model. */
  warm(pace?: Pace): Promise<void>;
  /**
   * Keeps a customer out of all lists, by row: they are like one whom the model does not know. What kernels have of them is
   * overwritten.
   */
  bar(customer: number): void;
}

/** Overwrites what kernels have of a customer: their factors, and the products that they bought by the first ones. */
export function forgetRow({ model, customerFactors }: Copied, row: number): void {
  const stride = customerFactors.length / model.customers.length;
  customerFactors.fill(0, row * stride, (row + 1) * stride);
  const { offsets, products } = model.purchases;
  // Ascending rows, as kernels expect, who may be reading them.
  for (let pair = offsets[row]; pair < offsets[row + 1]; pair++) products[pair] = pair - offsets[row];
}

/** To lists, a customer who is barred is one whom the model does not know. */
export function withoutBarred(ids: Ids, mayBeNamed: Mask): Ids {
  const customerRow = (id: string | number) => {
    const row = ids.customerRow(id);
    return row === undefined || mayBeNamed.has(row) ? row : undefined;
  };
  const knownCustomer = (id: string | number) => {
    const row = ids.knownCustomer(id);
    if (mayBeNamed.has(row)) return row;
    throw unknownCustomer(String(id));
  };
  return { ...ids, customerRow, knownCustomer };
}
