/** Why records are dropped, in plain words. */
import type { DropReason } from './account.ts';

interface ReasonWords {
  /** A sentence about each of the records. */
  readonly text: string;
  /** Whether they are not meant to be purchases, so that nothing is lost. */
  readonly isIntended?: true;
}

const words: Readonly<Record<DropReason, ReasonWords>> = {
  'missing customer': { text: 'It names no customer, as when somebody buys as a guest.' },
  'unreadable customer': { text: 'Its customer is no text and no number that keeps all of its digits.' },
  'missing product': { text: 'It names no product.' },
  'unreadable product': { text: 'Its product is no text and no number that keeps all of its digits.' },
  'missing quantity': { text: 'It does not say how many.' },
  'unreadable quantity': { text: 'Its quantity is no number.' },
  'zero quantity': { text: 'Its quantity is zero.' },
  'unreadable date': { text: 'Its date cannot be read.' },
  'unreadable order': { text: 'Its order is no text and no number that keeps all of its digits.' },
  'malformed row': { text: 'The line cannot be split into cells: there are too many, or a quote is not closed.' },
  'repeated header': {
    text: 'It has the names of the columns again, as in files that were joined end to end.',
    isIntended: true,
  },
  'totals record': { text: 'It has the sums of other records.', isIntended: true },
  'not a purchase': {
    text: 'Its order was cancelled, refunded, or failed, or it is about something else, such as a view.',
    isIntended: true,
  },
  'left out': { text: 'It does not meet a condition that was given for records.', isIntended: true },
  'double line': {
    text: 'It is a second record about the same item, such as a part of a bundle.',
    isIntended: true,
  },
  duplicate: { text: 'It equals an earlier record.', isIntended: true },
  'in an earlier file': { text: 'An earlier file has it as well.', isIntended: true },
  'without a partner': { text: 'A joined file has no record with its id.' },
  'left-out customer': { text: 'Its customer was to be left out, or was erased.', isIntended: true },
  'in the orders': { text: 'It is a purchase of the store that the orders have as well.', isIntended: true },
  'before the last order': {
    text: 'It is a purchase of the store that is older than the last order, and so taken for one of the orders.',
    isIntended: true,
  },
  'return without purchase': { text: 'It is a return of what the customer never bought.', isIntended: true },
  'returned in full': {
    text: 'The customer returned all that they bought of the product; both count here.',
    isIntended: true,
  },
};

/** Whether records that are dropped for this reason are not meant to be purchases. */
export function isIntended(reason: string): boolean {
  return wordsOf(reason)?.isIntended === true;
}

/** A sentence; '' for a reason of another version. */
export function reasonText(reason: string): string {
  return wordsOf(reason)?.text ?? '';
}

function wordsOf(reason: string): ReasonWords | undefined {
  return Object.hasOwn(words, reason) ? words[reason as DropReason] : undefined;
}
