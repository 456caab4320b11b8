import { EndcapError } from '../../errors.ts';

/** An `orders_unreadable` error for a source. @param problem what follows its name, such as "does not exist". */
export function unreadable(source: string, problem: string, cause?: unknown): EndcapError {
  return new EndcapError('orders_unreadable', `${source} ${problem}`, { source }, { cause });
}
