/** What a column can mean. The cells of a record are in this order. */
export const roles = [
  'customer',
  'product',
  'quantity',
  'order',
  /** Date, or date and time. */
  'time',
  /** Time of day, if the date is in another column. */
  'clock',
  'price',
  'name',
  'category',
  /** Units of the line that were returned; they are taken off its quantity. */
  'refunded',
  /** The state of the order, or the kind of event. */
  'status',
  /** The number of the order among those of its customer, if there is no time. */
  'sequence',
] as const;

export type Role = (typeof roles)[number];

/** Roles without which a record is no order line. */
export const requiredRoles = ['customer', 'product', 'quantity'] as const satisfies Role[];

/**
 * The source's column for each role: its name, or `'#3'` for the third column. `false` leaves out a role: `quantity: false`
 * makes every record count as one. Roles that are not given are recognized by their usual names and by what is in them.
 */
export type ColumnMap = Partial<Record<Role, string | false>>;
