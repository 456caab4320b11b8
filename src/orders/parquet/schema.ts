import { type FileMetaData, parquetSchema, type SchemaElement, type SchemaTree } from 'hyparquet';
import { isProductList, itemScore, minItemScore } from '../json/names.ts';

/** A column of the table that the records of a file make. */
export interface Column {
  /** Of a nested column the dotted names of its fields, without what lists are made of: `customer.id`, `items.sku`. */
  readonly name: string;
  /** Undefined if every record has `constant`. */
  readonly leaf?: Leaf;
  /** Of values that cannot be cells, an object that says what they are. */
  readonly constant?: unknown;
  /** The dotted name of the list of items that the values are in. */
  readonly list?: string;
}

/** Where the values of a column are in each row group. */
export interface Leaf {
  /** Its place among the leaves of the schema, from 0. */
  readonly index: number;
  readonly path: readonly string[];
  readonly element: SchemaElement;
  /** Definition level of a value: how many fields on its path may be missing. */
  readonly valueLevel: number;
  /** The lowest definition level of an item of the list that it is in, which takes 1 or more; 0 if it is in none. */
  readonly itemLevel: number;
}

/** The schema without the groups that only make up lists. */
interface Field {
  readonly name: string;
  readonly kind: 'value' | 'struct' | 'list' | 'map' | 'unreadable';
  /** Definition level of the field itself; of a list, of its items. */
  readonly level: number;
  /** Of a struct; of a list, its item alone. */
  readonly fields: readonly Field[];
  readonly node: SchemaTree;
  readonly index: number;
}

/** Types that hyparquet does not decode. */
const undecoded = new Set<unknown>(['BSON', 'INTERVAL']);

/**
 * The columns of a file. A struct has a column for each of its fields. One list, that of the order's items, has a record
 * for each item, and a column for each field of an item. What else is nested (maps, other lists, lists in items) is a
 * column with the same object in every record.
 *
 * @throws Error if the schema is broken.
 */
export function columnsOf(metadata: FileMetaData): Column[] {
  try {
    const fields = fieldsOf(parquetSchema(metadata).children);
    const items = itemList(fields);
    return fields.flatMap((field) => columnsIn(field, field.name, items));
  } catch (cause) {
    throw new Error('its footer is damaged', { cause });
  }
}

/**
 * The columns of a table that is no list of orders: as `columnsOf`, but each list has columns of its own, and none is that of the
 * records.
 *
 * @throws Error if the schema is broken.
 */
export function listColumnsOf(metadata: FileMetaData): Column[] {
  try {
    const fields = fieldsOf(parquetSchema(metadata).children);
    return fields.flatMap((field) => columnsIn(field, field.name, field.kind === 'list' ? field : undefined));
  } catch (cause) {
    throw new Error('its footer is damaged', { cause });
  }
}

function fieldsOf(nodes: readonly SchemaTree[]): Field[] {
  let leaves = 0;

  function fieldOf(node: SchemaTree, level: number, isItem = false): Field {
    const { element, children } = node;
    const { name, repetition_type: repetition, type, converted_type: converted } = element;
    if (typeof name !== 'string') throw new Error('a column has no name');
    const own = repetition === 'REQUIRED' || isItem ? level : level + 1;
    const made = (kind: Field['kind'], of: readonly Field[] = [], at = own, index = -1): Field => ({
      name,
      kind,
      level: at,
      fields: of,
      node,
      index,
    });
    if (repetition === 'REPEATED' && !isItem) return made('list', [fieldOf(node, own, true)]);
    const [child] = children;
    if (isList(node))
      return made(
        'list',
        [isItemItself(child, name) ? fieldOf(child, own + 1, true) : fieldOf(child.children[0], own + 1)],
        own + 1,
      );
    const fields = children.map((child) => fieldOf(child, own));
    if (converted === 'MAP' || converted === 'MAP_KEY_VALUE') return made('map', fields);
    if (fields.length > 0) return made('struct', fields);
    if (type === undefined) return made('unreadable');
    return made(undecoded.has(converted) ? 'unreadable' : 'value', [], own, leaves++);
  }

  return nodes.map((node) => fieldOf(node, 0));
}

function isList({ element, children }: SchemaTree): boolean {
  const annotated = element.converted_type === 'LIST' || element.logical_type?.type === 'LIST';
  return annotated && children.length === 1 && children[0].element.repetition_type === 'REPEATED';
}

/** Whether the repeated field of a list is its item, as older writers have it, or a group around the item. */
function isItemItself({ element, children }: SchemaTree, list: string): boolean {
  return children.length !== 1 || element.name === 'array' || element.name === `${list}_tuple`;
}

/** The list that looks most like the items of an order, if one does. */
function itemList(fields: readonly Field[]): Field | undefined {
  let best: Field | undefined;
  let bestScore = minItemScore - 1;
  for (const list of listsIn(fields)) {
    const [item] = list.fields;
    let score = 0;
    if (item.kind === 'struct') score = itemScore(list.name, namesIn(item, ''));
    else if (item.kind === 'value' && isProductList(list.name)) score = minItemScore;
    if (score <= bestScore) continue;
    best = list;
    bestScore = score;
  }
  return best;
}

/** The lists in fields, but not those in lists. */
function listsIn(fields: readonly Field[]): Field[] {
  return fields.flatMap((field) => {
    if (field.kind === 'list') return [field];
    return field.kind === 'struct' ? listsIn(field.fields) : [];
  });
}

/** The dotted names of the values in a struct; none in another field. */
function namesIn({ kind, fields }: Field, prefix: string): string[] {
  if (kind !== 'struct') return [];
  return fields.flatMap((field) => {
    const name = `${prefix}${field.name}`;
    return field.kind === 'struct' ? namesIn(field, `${name}.`) : [name];
  });
}

function columnsIn(field: Field, name: string, items: Field | undefined, list?: string): Column[] {
  const { kind, level, fields, node, index } = field;
  const { element, path } = node;
  if (kind === 'value') {
    const itemLevel = list === undefined ? 0 : items!.level;
    return [
      { name, leaf: { index, path, element, valueLevel: level, itemLevel }, ...(list !== undefined && { list }) },
    ];
  }
  if (kind === 'struct') return fields.flatMap((inner) => columnsIn(inner, `${name}.${inner.name}`, items, list));
  if (field === items) return columnsIn(fields[0], name, items, name);
  if (kind === 'unreadable') return [{ name, constant: { type: element.converted_type ?? 'group' } }];
  return [{ name, constant: { nested: kind === 'list' ? 'LIST' : 'MAP' } }];
}
