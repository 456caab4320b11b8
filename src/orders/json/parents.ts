import { itemScore } from './names.ts';
import { isPlainObject, type PlainObject } from './nested.ts';

/** The key with which bulk exports refer from a child, such as a line item, to the object above it. */
const parentKey = '__parentId';

/** How deep parents are looked up: a line item, its order, its customer. */
const maxParents = 4;

interface Known {
  object: PlainObject;
  line: number;
  kind: string;
  /** Whether it gave a record, or belongs to an object that did. */
  isUsed: boolean;
}

/** Puts children under their parents. */
export interface Family {
  /** The order of an object with the one item that the object is; undefined if the object is not an item. */
  take(object: PlainObject, line: number): PlainObject | undefined;
  /** The orders that no item has referred to. */
  rest(): Iterable<{ object: PlainObject; line: number }>;
}

/**
 * Reads bulk exports, in which each object of a nested list has a line of its own and refers to its parent, which comes
 * earlier. Of the kinds of children, the one that looks most like the items of an order gives records.
 *
 * Memory: every object other than an item is kept until the end.
 *
 * @returns undefined if none of the first objects refers to a parent.
 */
export function familyOf(objects: readonly unknown[]): Family | undefined {
  const keys = new Map<string, Set<string>>();
  for (const object of objects) {
    if (!isPlainObject(object) || !Object.hasOwn(object, parentKey)) continue;
    const kind = kindOf(object);
    keys.set(kind, new Set([...(keys.get(kind) ?? []), ...Object.keys(object)]));
  }
  if (keys.size === 0) return undefined;
  const kinds = [...keys].map(([kind, own]) => ({ kind, score: itemScore(kind, own) }));
  const items = kinds.reduce((best, next) => (next.score > best.score ? next : best)).kind;
  return createFamily(items);
}

function createFamily(items: string): Family {
  const known = new Map<unknown, Known>();
  const orderKinds = new Set<string>();

  function parentOf(object: PlainObject): Known | undefined {
    return known.get(object[parentKey]);
  }

  /** The object with those above it, each under its kind. */
  function withParents(object: PlainObject, depth: number): PlainObject {
    const parent = parentOf(object);
    if (parent === undefined) return object;
    parent.isUsed = true;
    const above = depth < maxParents ? withParents(parent.object, depth + 1) : parent.object;
    return { ...object, [parent.kind]: without(above, parentKey) };
  }

  return {
    take(object, line) {
      const kind = kindOf(object);
      const parent = parentOf(object);
      if (kind !== items || parent === undefined) {
        if (object.id !== undefined) known.set(object.id, { object, line, kind, isUsed: kind === items });
        return kind === items ? { [items]: [without(object, parentKey)] } : undefined;
      }
      parent.isUsed = true;
      orderKinds.add(parent.kind);
      return { ...without(withParents(parent.object, 1), parentKey), [items]: [without(object, parentKey)] };
    },
    *rest() {
      for (const { object, line, kind, isUsed } of known.values()) {
        const isOrder = orderKinds.size === 0 ? !Object.hasOwn(object, parentKey) : orderKinds.has(kind);
        if (isOrder && !isUsed) yield { object: without(withParents(object, 1), parentKey), line };
      }
    },
  };
}

/** What an object is, from an id such as `gid://shopify/LineItem/1`: `lineItem`. */
function kindOf(object: PlainObject): string {
  const { id } = object;
  const type = typeof id === 'string' ? /^gid:\/\/[^/]*\/(\w+)\//.exec(id)?.[1] : undefined;
  if (type !== undefined) return `${type[0].toLowerCase()}${type.slice(1)}`;
  return Object.hasOwn(object, parentKey) ? 'items' : 'parent';
}

function without({ ...object }: PlainObject, key: string): PlainObject {
  delete object[key];
  return object;
}
