import { isListKey, isProductList, isProductsKey, isRecordKey, itemScore, minItemScore } from './names.ts';

/** Objects are looked into this deep, at most so many within one, and for at most so many columns: some use ids as keys. */
const maxDepth = 8;
const maxInner = 2000;
const maxColumns = 2000;
/** What a list is wrapped in, and what each of its elements is. */
const listWrappers = ['edges', 'nodes', 'data', 'items'];
const maxWrapperKeys = 6;
/** Keys of MongoDB's extended JSON that say what type a value has. */
const typeKey = /^\$(oid|date|uuid|numberInt|numberLong|numberDouble|numberDecimal)$/;

export type PlainObject = Record<string, unknown>;

/** How objects become records. */
export interface Nesting {
  /** The columns: keys, joined by dots where one object is in another. */
  readonly names: readonly string[];
  /** The name of the list that gives a record for each of its elements, such as `line_items`. */
  readonly items?: string;
  /**
   * Gives the records of an object, with the cells of these columns only, by default all; the array of cells is reused.
   */
  records(used?: readonly number[]): (object: PlainObject, take: (cells: readonly unknown[]) => void) => void;
}

type Path = readonly string[];

/** What the first objects contain. */
interface Contents {
  /** By `JSON.stringify` of their paths. */
  columns: Map<string, Column>;
  lists: Map<string, List>;
}

interface Column {
  name: string;
  path: Path;
  /** How many values other than null and the empty list were seen. */
  values: number;
  /** Whether it is of the elements of the list of items. */
  isItem: boolean;
}

/** A list in objects, and the keys of its elements. */
interface List {
  path: Path;
  keys: Set<string>;
  elements: unknown[];
}

/**
 * Finds out how objects are nested. An object in an object gives columns with dotted names. Of the lists, the one that
 * looks most like the items of an order gives a record for each element, with its columns next to those of the order;
 * other lists of objects are left out. A key that contains a dot is a column like any other.
 */
export function nestingOf(objects: readonly PlainObject[]): Nesting {
  const contents: Contents = { columns: new Map(), lists: new Map() };
  for (const object of objects) note(object, [], contents, { inner: 0 });
  const items = bestList([...contents.lists.values()]);
  if (items !== undefined) noteItems(items, contents);
  const kept = withoutGaps(contents);
  return {
    names: kept.map(({ name }) => name),
    ...(items && { items: items.path.join('.') }),
    records: (used = [...kept.keys()]) => recordsOf(kept, used, items?.path),
  };
}

function recordsOf(
  columns: readonly Column[],
  used: readonly number[],
  items: Path | undefined,
): ReturnType<Nesting['records']> {
  const cells: unknown[] = columns.map(() => undefined);
  const own = used
    .filter((index) => !columns[index].isItem)
    .map((index) => ({ read: reader(columns[index].path), index }));
  const ofItem = used
    .filter((index) => columns[index].isItem)
    .map((index) => ({ read: reader(columns[index].path.slice(items!.length)), index }));
  const readList = reader(items ?? []);
  return (object, take) => {
    for (const { read, index } of own) cells[index] = read(object);
    if (items === undefined) return take(cells);
    const list = readList(object);
    // Converters from XML write a single element without its list.
    const elements = elementsOf(list) ?? (isFilledObject(list) ? [list] : []);
    for (const element of elements.length > 0 ? elements : [undefined]) {
      for (const { read, index } of ofItem) cells[index] = read(element);
      take(cells);
    }
  };
}

/** The orders in a value: those of the list that an answer of a server is wrapped around, or the value itself. */
export function unwrapped(value: unknown): readonly unknown[] {
  return (isPlainObject(value) ? listWithin(value, 0) : undefined) ?? [nodeOf(value)];
}

/** Whether no value of an object is one itself, so that it is no wrapper. */
export function isFlat(value: unknown): boolean {
  if (!isPlainObject(value)) return false;
  for (const key in value) if (typeof value[key] === 'object' && value[key] !== null) return false;
  return true;
}

export function isPlainObject(value: unknown): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where objects of classes begin, such as dates, there is nothing to look into. */
function isFilledObject(value: unknown): value is PlainObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && Object.keys(value).length > 0;
}

function listWithin(object: PlainObject, depth: number): readonly unknown[] | undefined {
  let found: readonly unknown[] | undefined;
  const keys = Object.keys(object);
  // Most records hold nothing that could be a list.
  if (!keys.some((key) => typeof object[key] === 'object' && object[key] !== null)) return undefined;
  for (const key of keys) {
    const value = object[key];
    // An order may have lists of its own.
    if (typeof value !== 'object' || value === null || isRecordKey(key)) {
      if (isRecordKey(key)) return undefined;
    } else if (found === undefined && (isListKey(key) || (keys.length === 1 && isProductsKey(key)))) {
      if (Array.isArray(value)) found = elementsOf(value);
      else if (depth < maxDepth && isFilledObject(value)) found = listWithin(value, depth + 1);
    }
  }
  return found;
}

/** The elements of a list of objects, wrapped or not; undefined if the value is something else, or an empty list. */
function elementsOf(value: unknown): readonly unknown[] | undefined {
  if (Array.isArray(value)) {
    if (!value.some(isFilledObject)) return value.length > 0 && !value.some(isObject) ? value : undefined;
    return value.map(nodeOf);
  }
  if (!isFilledObject(value) || Object.keys(value).length > maxWrapperKeys) return undefined;
  const key = listWrappers.find((name) => Array.isArray(value[name]) && value[name].some(isFilledObject));
  return key === undefined ? undefined : elementsOf(value[key]);
}

/** The node of an edge, as GraphQL calls them. */
function nodeOf(element: unknown): unknown {
  if (!isFilledObject(element) || !isFilledObject(element.node)) return element;
  return Object.keys(element).every((key) => key === 'node' || key === 'cursor') ? element.node : element;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** Notes the columns and lists of an object. @param seen how many objects within the outermost one were looked into. */
function note(object: PlainObject, path: Path, contents: Contents, seen: { inner: number }): void {
  for (const key of Object.keys(object)) {
    const value = object[key];
    const own = [...path, key];
    const elements = isObject(value) ? elementsOf(value) : undefined;
    if (elements !== undefined) noteList(own, elements, contents.lists);
    if (elements?.some(isObject)) continue;
    if (path.length < maxDepth && isFilledObject(value) && seen.inner++ < maxInner) note(value, own, contents, seen);
    else noteColumn(own, value, false, contents.columns);
  }
}

function noteColumn(path: Path, value: unknown, isItem: boolean, columns: Map<string, Column>): void {
  const id = JSON.stringify(path);
  const column = columns.get(id) ?? {
    name: path.filter((key) => !typeKey.test(key)).join('.'),
    path,
    values: 0,
    isItem,
  };
  const isEmpty = value === null || value === undefined || (Array.isArray(value) && value.length === 0);
  if (!isEmpty) column.values++;
  if (columns.size < maxColumns) columns.set(id, column);
}

function noteList(path: Path, elements: readonly unknown[], lists: Map<string, List>): void {
  const id = JSON.stringify(path);
  const list = lists.get(id) ?? { path, keys: new Set<string>(), elements: [] };
  for (const element of elements) {
    list.elements.push(element);
    if (isFilledObject(element) && list.keys.size < maxColumns)
      for (const key of Object.keys(element)) list.keys.add(key);
  }
  lists.set(id, list);
}

/** The list that looks most like the items of an order. */
function bestList(lists: readonly List[]): List | undefined {
  let best: List | undefined;
  let bestScore = minItemScore - 1;
  for (const list of lists) {
    const key = list.path.at(-1)!;
    const score = list.keys.size > 0 ? itemScore(key, list.keys) : isProductList(key) ? minItemScore : 0;
    if (score <= bestScore) continue;
    best = list;
    bestScore = score;
  }
  return best;
}

/** Notes the columns of the items, in place of what is at their path otherwise. */
function noteItems({ path, elements }: List, { columns, lists }: Contents): void {
  lists.delete(JSON.stringify(path));
  for (const [id, column] of columns) if (isWithin(column.path, path)) columns.delete(id);
  const found: Contents = { columns: new Map(), lists: new Map() };
  for (const element of elements) {
    if (isFilledObject(element)) note(element, path, found, { inner: 0 });
    else noteColumn(path, element, true, found.columns);
  }
  for (const [id, column] of found.columns) columns.set(id, { ...column, isItem: true });
}

function isWithin(path: Path, outer: Path): boolean {
  return outer.every((key, depth) => path[depth] === key);
}

/** The columns: of a field that is an object or list in some places and a value in others, what is seen more often counts. */
function withoutGaps({ columns, lists }: Contents): Column[] {
  const inner = new Map<string, number>();
  const note = (path: Path, values: number) => {
    const id = JSON.stringify(path);
    inner.set(id, Math.max(inner.get(id) ?? 0, values));
  };
  for (const { path, values } of columns.values()) {
    for (let depth = 1; depth < path.length; depth++) note(path.slice(0, depth), values);
  }
  for (const { path, keys, elements } of lists.values()) if (keys.size > 0) note(path, elements.length);
  const outer = new Map([...columns].filter(([id, { values }]) => values >= (inner.get(id) ?? 0)));
  const hasOuter = ({ path }: Column) =>
    path.some((_, depth) => depth > 0 && outer.has(JSON.stringify(path.slice(0, depth))));
  return [...outer.values()].filter((column) => !hasOuter(column));
}

/** Reads what is at a path; undefined if it is not there, or only inherited. */
function reader(path: Path): (value: unknown) => unknown {
  const [first, ...rest] = path;
  if (rest.length === 0 && first !== undefined && !(first in Object.prototype)) {
    return (value) => (isObject(value) ? (value as PlainObject)[first] : undefined);
  }
  return (value) => {
    let inner = value;
    for (const key of path) {
      if (!isObject(inner) || !Object.hasOwn(inner as object, key)) return undefined;
      inner = (inner as PlainObject)[key];
    }
    return inner;
  };
}
