import type { Note } from '../../orders/look.ts';
import type { Dataset } from '../dataset.ts';
import { mostOfOneDay } from './odd-times.ts';

/**
 * How orders were told apart, and whether their times do; empty if by ids and times, and for datasets that have no history or were
 * not read from order lines.
 */
export function orderNotes({ account: { columns }, history }: Pick<Dataset, 'account' | 'history'>): Note[] {
  if (Object.keys(columns).length === 0 || !history) return [];
  const notes: Note[] = [];
  if (!columns.order && history?.times) {
    const text = 'There are no order ids: what a customer bought at the same time counts as one order.';
    notes.push({ code: 'no-order-ids', text });
  } else if (!columns.order) {
    const text = 'There are neither order ids nor times: every line counts as an order.';
    notes.push({ code: 'every-line-is-an-order', text });
  }
  if (!history?.times) {
    const taken = columns.sequence ? 'by their numbers' : 'in the order in which they were read';
    notes.push({ code: 'no-times', text: `The orders have no times: they are taken ${taken}.` });
  }
  return [...notes, ...mostOfOneDay(history ?? {})];
}
