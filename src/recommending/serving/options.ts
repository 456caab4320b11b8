/** What requests may ask of the products of a running shop. A recommender without a shop refuses it. */
export interface Merchandising {
  /** The only products that the list may hold, by what the shop says of them; all by default. */
  filter?: Condition;
  /** Products to lift or to lower, at most three conditions. What several lift is lifted by their sum. */
  boost?: readonly Boost[];
  /** Products at places of their own, at most 100. The list fills up around those that it may hold. */
  pin?: readonly Pin[];
}

export interface Boost {
  /** Whom to boost. */
  filter: Condition;
  /**
   * What to add to their scores, -100 to 100: 1 is as much as the best product is ahead of the last one in the list of the
   * same request without boosts and pins, or in one of ten if that is longer. Below 0 it lowers them.
   */
  by: number;
}

export interface Pin {
  /** One that the model does not know is skipped, and so is one that the list may not hold. */
  product: string | number;
  /**
   * The place in the list, from 1; beyond its length, the pin is skipped. Of two at one place, the second comes next. Pins don't
   * count towards `perCategory`, `mix`, and `diversity`.
   */
  position: number;
}

/**
 * What is asked of the fields of a product: `available`, `price`, `name`, `category`, `url`, `image_url`, or
 * `attributes.<name>`. Of several
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
