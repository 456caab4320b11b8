import { EndcapError } from '../../errors.ts';
import { maxWaitingLines, type PurchaseRequest, type Receipt } from './store.ts';

/** Lines of one transaction: enough to share the wait for the disk, few enough that the first does not wait long. */
const maxGroupLines = 4000;

type Append = (request: PurchaseRequest) => Promise<Receipt>;

/** Requests wait while the disk writes those before them, and then go together. */
interface Group<Request, Result> {
  (request: Request): Promise<Result>;
  /** Resolves when nothing waits. */
  idle(): Promise<void>;
}

interface Waiting<Request, Result> {
  request: Request;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * @param linesOf how many lines a request writes.
 * @param write writes requests in one transaction; its result has one for each, or an error.
 */
export function createGroup<Request, Result>(
  linesOf: (request: Request) => number,
  write: (requests: readonly Request[]) => Promise<readonly (Result | EndcapError)[]>,
): Group<Request, Result> {
  const waiting: Waiting<Request, Result>[] = [];
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    // Requests of the same turn of the event loop go together.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      let taken = 0;
      let end = 0;
      while (end < waiting.length && (end === 0 || taken + linesOf(waiting[end].request) <= maxGroupLines))
        taken += linesOf(waiting[end++].request);
      const group = waiting.splice(0, end);
      try {
        const results = await write(group.map(({ request }) => request));
        for (const [i, result] of results.entries()) {
          if (result instanceof EndcapError) group[i].reject(result);
          else group[i].resolve(result);
        }
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    running = undefined;
  }

  const add = (request: Request) =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ request, resolve, reject });
      running ??= run();
    });
  return Object.assign(add, { idle: async () => running });
}

/** Refuses requests while too many lines wait, so that memory is bounded and clients hear of it at once. */
export function bounded(append: Append): Append {
  let lines = 0;
  return async (request) => {
    const { length } = request.purchases;
    if (lines > 0 && lines + length > maxWaitingLines)
      throw new EndcapError('store_busy', `${lines} purchases wait for the disk; send this request again in a moment`, {
        waiting: lines,
      });
    lines += length;
    try {
      return await append(request);
    } finally {
      lines -= length;
    }
  };
}
