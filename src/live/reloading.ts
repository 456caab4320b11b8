import { EndcapError } from '../errors.ts';
import { invalidOption } from '../options.ts';
import type { ReloadOptions } from './catalogue-file/load.ts';
import type { ReloadReport } from './shop-answers.ts';

/**
 * Runs one reload at a time. What is asked for while one runs is done after it, once for all who asked, since the files may
 * have changed after it began.
 *
 * @param merge makes the options of those who share a reload.
 */
export function oneAtATime<Options, Report>(
  run: (options: Options) => Promise<Report>,
  merge: (one: Options, other: Options) => Options,
): (options: Options) => Promise<Report> {
  let last: Promise<unknown> = Promise.resolve();
  let waiting: { options: Options; report: Promise<Report> } | undefined;
  return (options) => {
    if (waiting) {
      waiting.options = merge(waiting.options, options);
      return waiting.report;
    }
    const begun: Promise<Report> = last.then(() => {
      waiting = undefined;
      return run(mine.options);
    });
    const mine = { options, report: begun };
    waiting = mine;
    last = begun.catch(() => {});
    return begun;
  };
}

/** @throws `invalid_options` */
export function checkAcceptLoss({ acceptLoss }: ReloadOptions): void {
  if (acceptLoss !== undefined && typeof acceptLoss !== 'boolean')
    throw invalidOption('acceptLoss', acceptLoss, 'true or false');
}

/** Of the files that could be read. */
export function reportOf(
  scenarios: PromiseSettledResult<ReloadReport['scenarios']>,
  catalogue: PromiseSettledResult<ReloadReport['catalogue']>,
): Pick<ReloadReport, 'scenarios' | 'catalogue'> {
  return {
    ...(catalogue.status === 'fulfilled' && catalogue.value && { catalogue: catalogue.value }),
    ...(scenarios.status === 'fulfilled' && scenarios.value && { scenarios: scenarios.value }),
  };
}

export function failuresOf(results: readonly PromiseSettledResult<unknown>[]): unknown[] {
  return results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
}

/** Throws what went wrong first, with what else went wrong in its message; nothing if nothing did. */
export function throwFirst(failures: readonly unknown[]): void {
  if (failures.length === 0) return;
  const known = failures.filter((failure) => failure instanceof EndcapError);
  if (known.length < failures.length || known.length === 1) throw failures[0];
  const [{ code, details }] = known;
  throw new EndcapError(code, known.map(({ message }) => message).join('\n'), details, { cause: known[0] });
}
