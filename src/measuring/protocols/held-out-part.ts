import type { Dataset } from '../../dataset/dataset.ts';
import type { HeldOut } from '../../dataset/split.ts';
import { EndcapError } from '../../errors.ts';
import { plural } from '../../wording.ts';

export interface HeldOutPart {
  /** The training part and the targets: what `baselinesOf` and `measure` take. */
  heldOut: HeldOut;
  protocol: ProtocolReport;
  unmeasured: readonly Unmeasured[];
  /** How orders were told apart and what was left out, in plain sentences. */
  notes: string[];
}

export interface ProtocolReport {
  /**
   * `next-basket`: the last order of each customer with two or more is held out. `time`: every order from a time on is
   * held out, or the orders of several windows, each in turn. `given`: the targets come from a second dataset.
   */
  readonly name: 'next-basket' | 'time' | 'given';
  /** The same in a sentence, with its numbers. */
  readonly description: string;
  /** Where the held-out part begins, in milliseconds since 1970 UTC; only for `time`. */
  readonly from?: number;
  /** Where each window begins and ends, oldest first; the last one has no end. Only if there are several. */
  readonly windows?: readonly { readonly from: number; readonly to?: number }[];
  /** First and last order in the training part, of several windows the last one's; absent if orders have no times. */
  readonly trained?: Span;
  /** First and last order in the held-out part; absent if orders have no times. */
  readonly heldOut?: Span;
}

/** Milliseconds since 1970 UTC. */
interface Span {
  readonly first: number;
  readonly last: number;
}

/** Customers who cannot be measured, and why: a phrase that continues "customers who ...". */
export interface Unmeasured {
  readonly customers: number;
  readonly reason: string;
}

export function unlistedNotes({ unlisted }: Dataset): string[] {
  if (unlisted === undefined || unlisted.length === 0) return [];
  return [
    plural(
      unlisted.length,
      'One product is kept out of lists, such as postage; it is no target.',
      '# products are kept out of lists, such as postage; they are no targets.',
    ),
  ];
}

export function unmeasuredBecause(...reasons: [customers: number, reason: string][]): Unmeasured[] {
  return reasons.filter(([customers]) => customers > 0).map(([customers, reason]) => ({ customers, reason }));
}

export function spansOf(trained?: Float64Array, heldOut?: Float64Array): Pick<ProtocolReport, 'trained' | 'heldOut'> {
  const [before, after] = [spanOf(trained), spanOf(heldOut)];
  return { ...(before && { trained: before }), ...(after && { heldOut: after }) };
}

/** First and last of the known times. */
export function spanOf(times: Float64Array | undefined): Span | undefined {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const time of times ?? []) {
    if (time < first) first = time;
    if (time > last) last = time;
  }
  return first <= last ? { first, last } : undefined;
}

export function nothingToMeasure(message: string): EndcapError {
  return new EndcapError('nothing_to_measure', message);
}
