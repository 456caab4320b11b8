import type { Selection } from '../../recommending/serving/masks.ts';
import type { Columns } from './columns.ts';
import type { Checked } from './condition.ts';
import { fillAll } from './fill.ts';

/** The products that meet a condition. A field that nobody knows of a product meets no condition of its own. */
export function selectionOf(condition: Checked, columns: Columns): Selection {
  const { count } = columns;

  function meets(node: Checked, row: number): boolean {
    if ('and' in node) return node.and.every((each) => meets(each, row));
    if ('or' in node) return node.or.some((each) => meets(each, row));
    if ('not' in node) return !meets(node.not, row);
    // By name, since an attribute that no product has any more may come back.
    return columns.column(node.field)?.meets(row, node.test) ?? false;
  }

  function fill(node: Checked, words: Uint32Array, from: number, to: number): void {
    if ('and' in node || 'or' in node) {
      const [first, ...others] = 'and' in node ? node.and : node.or;
      fill(first, words, from, to);
      for (const other of others) {
        const its = new Uint32Array(to - from);
        fill(other, its, from, to);
        if ('and' in node) for (let i = 0; i < its.length; i++) words[i] &= its[i];
        else for (let i = 0; i < its.length; i++) words[i] |= its[i];
      }
    } else if ('not' in node) {
      const its = new Uint32Array(to - from);
      fill(node.not, its, from, to);
      fillAll(words, from, to, count);
      for (let i = 0; i < its.length; i++) words[i] &= ~its[i];
    } else columns.column(node.field)?.fill(node.test, words, from, to);
  }

  return {
    key: keyOf(condition),
    size: sizeOf(condition),
    meets: (row) => meets(condition, row),
    fill: (words, from, to) => fill(condition, words, from, to),
  };
}

/** The same for conditions that are written alike, up to the order of values. */
function keyOf(node: Checked): string {
  if ('and' in node) return `(${node.and.map(keyOf).join('&')})`;
  if ('or' in node) return `(${node.or.map(keyOf).join('|')})`;
  if ('not' in node) return `!${keyOf(node.not)}`;
  const { values, min, max } = node.test;
  const asked = values ? JSON.stringify([...values].sort()) : `${min}..${max}`;
  return `${JSON.stringify(node.field)}:${asked}`;
}

function sizeOf(node: Checked): number {
  if ('and' in node) return sum(node.and);
  if ('or' in node) return sum(node.or);
  return 'not' in node ? sizeOf(node.not) : 1;
}

const sum = (nodes: readonly Checked[]) => nodes.reduce((total, node) => total + sizeOf(node), 0);
