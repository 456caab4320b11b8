import { cleanText, ownCopy } from '../cleaning/cells.ts';
import { cleanId } from '../cleaning/ids.ts';
import type { Look } from '../look.ts';
import type { Doubles } from '../plan.ts';

/** Records that may lie between the one of a parent and the one of its child. */
const maxBetween = 1000;

const parentName = /^_?(parent[ _]?(order[ _]?|line[ _]?)?(item[ _]?|line[ _]?)?id|bundled[ _]?by)$/i;
const itemName = /^((order|line|sales|quote)?[ _]?(line[ _]?)?item[ _]?id|line[ _]?id|id)$/i;
const typeName = /^(item[ _]?|product[ _]?)?type$/i;
const configurable = 'configurable';
const simple = new Set(['simple', 'virtual', 'downloadable']);

/**
 * Finds out how a table marks a second record about the same item, as Magento writes one for a configurable product or a
 * bundle, and one for what was chosen.
 */
export function findDoubles(look: Look, order: number, product: number): Doubles | undefined {
  const parent = look.names.findIndex((name) => parentName.test(name.trim()));
  const item = look.names.findIndex(
    (name, column) => column !== order && column !== product && itemName.test(name.trim()),
  );
  const type = look.names.findIndex((name) => typeName.test(name.trim()));
  const candidates: Doubles[] = [];
  if (parent !== -1 && item !== -1) candidates.push({ kind: 'parent', item, parent });
  if (type !== -1 && order !== -1 && product !== -1) candidates.push({ kind: 'type', type, order, product });
  return candidates.find((doubles) => {
    const isDouble = createDoubleCheck(doubles);
    return look.records.some(isDouble);
  });
}

/** Returns a function that says whether a record is about the same item as an earlier one. */
export function createDoubleCheck(doubles: Doubles): (cells: readonly unknown[]) => boolean {
  return doubles.kind === 'parent' ? createParentCheck(doubles) : createTypeCheck(doubles);
}

function createParentCheck({ item, parent }: Doubles & { kind: 'parent' }) {
  const recent = new Set<string>();
  return (cells: readonly unknown[]): boolean => {
    const id = cleanId(cells[item]) ?? '';
    if (id !== '') {
      recent.add(ownCopy(id));
      // A set gives back its values in the order in which they were added.
      if (recent.size > maxBetween) recent.delete(recent.values().next().value!);
    }
    const parentId = cleanId(cells[parent]) ?? '';
    return parentId !== '' && parentId !== id && recent.has(parentId);
  };
}

function createTypeCheck({ type, order, product }: Doubles & { kind: 'type' }) {
  let above = { type: '', key: '' };
  return (cells: readonly unknown[]): boolean => {
    const key = `${cleanId(cells[order])}\0${cleanId(cells[product])}`;
    const now = { type: cleanText(cells[type]).toLowerCase(), key };
    const isPair = (a: string, b: string) => a === configurable && simple.has(b);
    const isDouble = now.key === above.key && (isPair(now.type, above.type) || isPair(above.type, now.type));
    above = isDouble ? { type: '', key: '' } : now;
    return isDouble;
  };
}
