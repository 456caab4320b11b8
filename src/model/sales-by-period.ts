/** What products sold when: a part of a model. */

/**
 * The orders of each product by period, as compressed sparse rows: those of product row `p` have the indices `offsets[p]` up to,
 * but excluding, `offsets[p + 1]`. Periods in which no order holds the product are left out.
 */
export interface SalesByPeriod {
  /** products + 1 values, from 0 to the length of `periods`. */
  readonly offsets: Uint32Array;
  /** Numbers of the periods of `ModelMetadata.sales`, ascending for each product. */
  readonly periods: Uint8Array;
  /** Orders of the period that hold the product; at least 1. Returns are not subtracted. */
  readonly orders: Uint32Array;
}

/** The periods of `Model.sales`, which follow one another. Orders before or after them, by mistyped years, are in none. */
export interface SalesPeriods {
  /** When period 0 begins, in milliseconds since 1970 UTC: at midnight. */
  readonly from: number;
  /** The length of each in days: 1, or that of whole weeks. */
  readonly periodDays: number;
  /** How many there are, 1 to 52. */
  readonly periods: number;
}
