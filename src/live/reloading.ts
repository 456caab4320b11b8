import { EndcapError } from '../errors.ts';
import { invalidOption } from '../options.ts';
import type { ReloadOptions } from './catalogue-file/load.ts';
import type { ReloadReport } from './types.ts';

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
): ReloadReport {
  return {
    ...(catalogue.status === 'fulfilled' && catalogue.value && { catalogue: catalogue.value }),
    ...(scenarios.status === 'fulfilled' && scenarios.value && { scenarios: scenarios.value }),
  };
}

/** Throws what went wrong first, with what else went wrong in its message. */
export function throwFailures(results: readonly PromiseSettledResult<unknown>[]): void {
  const [failure, other] = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (failure instanceof EndcapError && other instanceof EndcapError)
    throw new EndcapError(failure.code, `${failure.message}\n${other.message}`, failure.details, { cause: failure });
  if (failure !== undefined) throw failure;
}
