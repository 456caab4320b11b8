/** Reports that take longer than a page may: what was known last is shown while the next one is made. */
import { within } from '../later.ts';

/** What a page can say of a report. */
export interface Lately<Report> {
  /** The last one; absent if there is none yet. */
  readonly report?: Report;
  /** Why there is none. */
  readonly error?: unknown;
  readonly isPending: boolean;
}

interface Known {
  last: Omit<Lately<unknown>, 'isPending'>;
  pending: Promise<void> | undefined;
}

const known = new WeakMap<object, Map<string, Known>>();

/**
 * Asks for a report, unless that was done and is not answered yet, and waits for it a moment.
 *
 * @param of what it is about, which is forgotten with its reports.
 * @param name the same for the same question.
 */
export async function lately<Report>(of: object, name: string, ask: () => Promise<Report>): Promise<Lately<Report>> {
  const reports = known.get(of) ?? new Map<string, Known>();
  known.set(of, reports);
  const mine: Known = reports.get(name) ?? { last: {}, pending: undefined };
  reports.set(name, mine);
  mine.pending ??= ask()
    .then(
      (report) => {
        mine.last = { report };
      },
      (error) => {
        mine.last = { error };
      },
    )
    .finally(() => {
      mine.pending = undefined;
    });
  await within(mine.pending);
  return { ...(mine.last as Lately<Report>), isPending: mine.pending !== undefined };
}
