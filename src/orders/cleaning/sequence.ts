import { hashText } from '../../hash.ts';
import { type Role, roles } from '../columns/roles.ts';
import type { RecordTime } from '../times/times.ts';
import { cleanQuantity } from './numbers.ts';

/** Whether a table has no times, and numbers each customer's orders instead, from the first to the last. */
export function isSequenced(columns: readonly number[]): boolean {
  const at = (role: Role) => columns[roles.indexOf(role)];
  return at('time') === -1 && at('sequence') !== -1;
}

/** Reads such numbers as if they were times, so that orders are sorted by them. The result is reused. */
export function createSequenceReader(): (cell: unknown) => RecordTime {
  const read: RecordTime = { time: Number.NaN, otherTime: Number.NaN, key: 0, readable: true };
  return (cell) => {
    read.time = read.otherTime = cleanQuantity(cell, '.') ?? Number.NaN;
    read.key = hashText(String(read.time));
    return read;
  };
}
