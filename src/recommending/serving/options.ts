/** What requests may ask of the products of a running shop. A recommender without a shop refuses it. */
export interface Merchandising {
  /** The only products that the list may hold, by what the shop says of them; all by default. */
  filter?: Condition;
}

/**
 * What is asked of the fields of a product: `available`, `price`, `name`, `category`, or `attributes.<name>`. Of several
 * categories, one has to match. A product of which a field is not known does not match a condition on it, and so matches its
 * negation. At most 100 conditions, 8 deep, with 1,000 values.
 *
 * @example
 * { and: [{ field: 'price', max: 20 }, { field: 'category', in: ['Kitchen', 'Linen'] }, { not: { field: 'attributes.organic', equals: false } }] }
 */
export type Condition =
  | { field: string; equals: string | number | boolean }
  | { field: string; in: readonly (string | number | boolean)[] }
  /** Of numbers; both bounds match. */
  | { field: string; min?: number; max?: number }
  | { and: readonly Condition[] }
  | { or: readonly Condition[] }
  | { not: Condition };
