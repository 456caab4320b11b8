// Where `cleanRecords` finds what; `native/kernels.hpp` has the same numbers.

/** Bytes after a text that the kernels may read. */
export const textPadding = 64;

/** Places in `format`. Those from `customer` on are numbers of columns, `noColumn` for none. */
export const recordFormat = {
  separator: 0,
  lineBreak: 1,
  width: 2,
  leftOut: 3,
  headerLength: 4,
  header: 5,
  customer: 6,
  product: 7,
  quantity: 8,
  order: 9,
  time: 10,
  price: 11,
  name: 12,
  category: 13,
} as const;

export const noColumn = 0xffffffff;

/** The counts of a hash table of ids. */
export const numberingCount = { slots: 0, storeRoom: 1, freshRoom: 2, ids: 3, cells: 4, stored: 5, fresh: 6 } as const;
const numberingCounts = Object.keys(numberingCount).length;

/** Places in `state`; the last two are where the counts of a hash table begin. */
export const recordState = {
  at: 0,
  line: 1,
  records: 2,
  dateOrder: 3,
  block: 4,
  purchases: 5,
  purchaseRoom: 6,
  returns: 7,
  returnRoom: 8,
  cancelled: 9,
  cancelledRoom: 10,
  deferred: 11,
  deferredRoom: 12,
  seen: 13,
  productRoom: 14,
  customers: 15,
  products: 15 + numberingCounts,
} as const;
export const recordStates = recordState.products + numberingCounts;

/** What is known of the order of day and month. */
export const dateOrders = { unknown: 0, monthFirst: 1, dayFirst: 2 } as const;

/** Why `cleanRecords` stopped. */
export const stopped = { atEnd: 0, atRecord: 1, forRoom: 2 } as const;

/** How many numbers each of them takes: a slot in a hash table of ids, what is known of a product in `places`, and so on. */
export const recordInts = { slot: 4, place: 8, purchase: 8, price: 4, return: 6, cancelled: 3, deferred: 2 } as const;
