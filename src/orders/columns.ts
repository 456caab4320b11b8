import { EndcapError } from '../errors.ts';
import { show } from './cells.ts';
import type { ColumnChoice, Decision, Look, Note } from './look.ts';
import type { ReadOptions } from './options.ts';

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
  /** Units of the record's quantity that were returned. */
  'refunded',
  /** The state of the order, or the kind of the event. */
  'status',
  /** The number of an order among its customer's, if there are no times. */
  'sequence',
] as const;

export type Role = (typeof roles)[number];

/**
 * The source's column for each role. `false` leaves out a role: `quantity: false` makes every record count as one. Roles
 * that are not given are recognized by their usual column names.
 */
export type ColumnMap = Partial<Record<Role, string | false>>;

/** Usual names, compared without case, blanks and punctuation; earlier names take precedence. */
const usualNames: Record<Role, string> = {
  customer:
    'customeruniqueid customerid customer customerno customernumber customercode customerkey custid custno ' +
    'userid user username buyerid buyer clientid client memberid shopperid visitorid accountid householdkey ' +
    'householdid customeruser customeremail billingemail email emailaddress customername',
  product:
    'productid stockcode sku productsku lineitemsku itemsku itemid itemno itemnumber productcode productno ' +
    'productnumber productkey itemcode articleid articleno articlenumber article asin upc ean gtin barcode ' +
    'variantid movieid trackid bookid product item productname itemname producttitle lineitemname title',
  quantity:
    'quantity qty lineitemquantity itemquantity itemqty productquantity productqty orderquantity orderqty ' +
    'quantityordered qtyordered quantitysold qtysold unitssold units numberofitems itemcount pieces pcs count',
  order:
    'orderid orderno ordernumber order invoiceno invoice invoiceid invoicenumber transactionid transactionno ' +
    'transactionnumber transaction basketid receiptid receiptno receiptnumber receipt billno cartid purchaseid',
  time:
    'invoicedate orderdate orderdatetime orderedat ordertimestamp orderpurchasetimestamp purchasedate ' +
    'purchasedat transactiondate transactiontimestamp createdat datecreated datetime timestamp eventtime date ' +
    'tdat ts unixtime ordertime invoicetime purchasetime transactiontime time',
  clock: 'time ordertime invoicetime purchasetime transactiontime timeofday',
  price: 'unitprice price itemprice lineitemprice productprice saleprice sellingprice priceeach itemcost',
  name:
    'productname itemname producttitle lineitemname description productdescription itemdescription title ' +
    'product item',
  category:
    'productcategory productcategoryname category categoryname itemcategory maincategory producttype department ' +
    'categorycode',
  refunded: '',
  status: '',
  sequence: '',
};

/** The columns of a table's roles. */
export interface ChosenColumns {
  /** The column of every role in `roles`, or -1. */
  columns: number[];
  choices: Partial<Record<Role, ColumnChoice>>;
  /** The names of the columns without a role. */
  unused: string[];
  decisions: Record<string, Decision>;
  notes: Note[];
}

/**
 * Chooses the column of each role.
 *
 * @throws `columns_unrecognized`.
 */
export function chooseColumns({ names, records, source }: Look, { columns = {} }: ReadOptions): ChosenColumns {
  const found = recognizeColumns(names, columns, source);
  const choices: ChosenColumns['choices'] = {};
  for (const [i, role] of roles.entries()) {
    const index = found[i]!;
    if (index === -1) continue;
    const samples = [...new Set(records.map((cells) => show(cells[index])).filter((text) => text !== ''))].slice(0, 3);
    choices[role] = { column: names[index]!, index: index + 1, why: 'its name', samples };
  }
  const unused = names.filter((_, index) => !found.includes(index));
  return { columns: found, choices, unused, decisions: {}, notes: [] };
}

/**
 * Finds the column of each role. Names given in `columns` come first and must exist; the others are recognized. If there
 * is no product id, the product name is used instead. In a Shopify export, `Name` is the order.
 *
 * @returns for every role in `roles` the index into `header`, or -1.
 * @throws `columns_unrecognized` if a named column does not exist, or no column is found for the customer, product or
 *   quantity.
 */
export function recognizeColumns(header: readonly string[], columns: ColumnMap, source: string): number[] {
  const plain = header.map(plainName);
  const found = new Map<Role, number>();
  for (const role of roles) {
    const wanted = columns[role];
    if (typeof wanted !== 'string') continue;
    let index = header.indexOf(wanted);
    if (index === -1) index = header.findIndex((name) => name.trim().toLowerCase() === wanted.trim().toLowerCase());
    if (index === -1) throw unrecognized(header, source, `there is no column '${wanted}' for the ${role}`, role);
    found.set(role, index);
  }
  for (const role of roles) {
    if (columns[role] !== undefined) continue;
    if (role === 'clock' && !/date|day/.test(plain[found.get('time') ?? -1] ?? '')) continue;
    const taken = new Set(found.values());
    const names = usualNames[role].split(' ').filter((name) => name !== '');
    if (role === 'order' && plain.some((name) => name.startsWith('lineitem'))) names.push('name');
    for (const name of names) {
      const index = plain.findIndex((candidate, i) => candidate === name && !taken.has(i));
      if (index === -1) continue;
      found.set(role, index);
      break;
    }
  }
  const missing = (['customer', 'product', 'quantity'] as const).filter(
    (role) => !found.has(role) && !(role === 'quantity' && columns.quantity === false),
  );
  if (missing.length > 0) {
    const problem = `no column was recognized as the ${missing.join(', the ').replace(/, (?=[^,]*$)/, ' or ')}`;
    throw unrecognized(header, source, problem, ...missing);
  }
  return roles.map((role) => found.get(role) ?? -1);
}

/**
 * Parses the command line's form of a map: `customer=Cust No,product=SKU,quantity=1`. `quantity=1` makes every record
 * count as one; any other role with nothing after the `=` is left out.
 *
 * @throws `invalid_options` for an unknown role or a part without `=`.
 */
export function columnsFromText(text: string): ColumnMap {
  const columns: ColumnMap = {};
  for (const part of text.split(',')) {
    const [, role, column] = /^\s*(\w+)\s*=(.*)$/s.exec(part) ?? [];
    if (!roles.includes(role as Role)) {
      throw new EndcapError(
        'invalid_options',
        `columns: '${part.trim()}' cannot be used; expected role=column, where the roles are ${roles.join(', ')}`,
        { value: text, expected: roles },
      );
    }
    const name = column!.trim();
    columns[role as Role] = name === '' || (role === 'quantity' && name === '1') ? false : name;
  }
  return columns;
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

function unrecognized(header: readonly string[], source: string, problem: string, ...roles: Role[]): EndcapError {
  const api = roles.map((role) => `${role}: '...'`).join(', ');
  const cli = roles.map((role) => `${role}=...`).join(',');
  const optOut = roles.includes('quantity')
    ? ` If every row counts as one: columns: { quantity: false }, or --columns quantity=1.`
    : '';
  return new EndcapError(
    'columns_unrecognized',
    `${source}: ${problem}. Its columns are: ${header.map((name) => name || '(blank)').join(', ')}. ` +
      `Name the right column with columns: { ${api} }, or on the command line with --columns ${cli}.${optOut}`,
    { source, columns: [...header], roles },
  );
}
