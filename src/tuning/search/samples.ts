import type { Dataset } from '../../dataset/dataset.ts';
import { EndcapError } from '../../errors.ts';
import { type Aim, type HeldOutSample, holdOutRecent, holdOutSample } from '../judging/held-out.ts';

/** More than `train` asks, which has less time. */
const maxCustomers = 10_000;

/** What a search measures by. */
export interface SearchSamples {
  readonly main: HeldOutSample;
  /** The newest weeks, if orders have times and they are not what `main` holds out. */
  readonly newest?: HeldOutSample;
  /** Whether `main` is what was bought from some time on. */
  readonly isByTime: boolean;
  /** All of them, for every question, since guards look after what is not aimed at, too. */
  readonly guarded: readonly HeldOutSample[];
}

/**
 * Holds out what `train` would, the last orders and the newest weeks, or what the aim says.
 *
 * @throws `nothing_to_measure` if too few customers bought enough.
 */
export function samplesFor(dataset: Dataset, factors: number, aim: Aim): SearchSamples {
  const main = holdOutSample(dataset, factors, aim, { maxCustomers });
  if (!main)
    throw new EndcapError(
      'nothing_to_measure',
      'too few customers bought enough to hold out some of it and measure options by it; train without tuning',
    );
  const isByTime = aim.lastDays !== undefined;
  const recent = isByTime ? undefined : holdOutRecent(dataset, factors);
  const newest = recent && { ...recent, questions: main.questions };
  const asked = main.kind === 'orders' ? (['all', 'explore'] as const) : (['explore'] as const);
  const guarded = [main, ...(newest ? [newest] : [])].map((sample) => ({ ...sample, questions: asked }));
  return { main, ...(newest && { newest }), isByTime, guarded };
}
