import { EndcapError } from '../../errors.ts';
import { excerpt } from '../../options.ts';
import { keepsLists, outcomesOf } from '../attribution/outcomes.ts';
import type { Compiled } from '../scenarios/compile.ts';
import type { ShopStore } from '../store/store.ts';
import type { CompiledExperiment } from './compile.ts';
import { readExperiments } from './reading.ts';
import { type ExperimentReport, reportOf } from './report.ts';
import type { Facts } from './tally.ts';

/** An experiment in short. */
export interface ExperimentSummary extends Pick<ExperimentReport, 'name' | 'status' | 'control' | 'since'> {
  /** Customers who were shown a list, so far. */
  readonly customers: number;
  readonly arms: readonly { readonly name: string; readonly share: number; readonly customers: number }[];
}

/** What a shop says of its experiments. */
export interface ShopExperiments {
  /**
   * The experiments, and how many customers they have so far. Throws as `experiment` does.
   */
  experiments(): Promise<ExperimentSummary[]>;
  /**
   * What an experiment of the settings showed so far. It may be read as often as you like, and says itself what may be
   * concluded. It is computed at most once a minute, out of the lists that are kept (`attributionDays`).
   *
   * @throws `unknown_experiment`; `invalid_options` if lists are not kept; `store_failed`.
   *
   * @example
   * await shop.putScenarios({
   *   scenarios: { adventurous: { mix: 8 } },
   *   experiments: {
   *     taste: { arms: { control: { share: 50 }, other: { share: 50, scenario: 'adventurous' } }, control: 'control' },
   *   },
   * });
   * const { experiment } = await shop.recommend('10276'); // { name: 'taste', arm: 'other' }
   * const { conclusions, comparisons } = await shop.experiment('taste');
   */
  experiment(name: string): Promise<ExperimentReport>;
}

interface Parts {
  store: ShopStore | undefined;
  settings: () => Compiled;
  /** Whether the model files of an experiment are open. */
  canAnswer: (experiment: CompiledExperiment) => boolean;
  /** What there is to know now, and how many products the served model has. */
  facts: () => Facts & { readonly products: number };
  /** How many days after a list a purchase follows it: as long as lists are kept, 0 if they are not. */
  days: number;
  /** Ends the reading. */
  signal: AbortSignal;
}

/** Reports are at least so old before they are computed again. */
const restMs = 60_000;
/** The store has other things to do: it rests so many times as long as it took. */
const restShare = 10;

/** Reports of all experiments, which are computed together, at most once a minute. */
export function createReports({ store, settings, canAnswer, facts, days, signal }: Parts): ShopExperiments {
  let computed: { of: Compiled; until: number; reports: Promise<ReadonlyMap<string, ExperimentReport>> } | undefined;

  async function compute({ experiments }: Compiled): Promise<ReadonlyMap<string, ExperimentReport>> {
    if (experiments.length === 0) return new Map();
    if (!keepsLists(store) || days === 0)
      throw new EndcapError(
        'invalid_options',
        'reports of experiments are made of the lists that were shown, which are not kept: that takes a store that can, and ' +
          'days for which they are kept (--data shop.db, --attribution-days 30)',
        { option: 'attributionDays' },
      );
    const known = facts();
    const range = { at: Date.now(), days, products: known.products };
    const readings = await readExperiments(() => outcomesOf(store, days, signal), experiments, known, range);
    return new Map(
      experiments.map((experiment) => [
        experiment.name,
        reportOf(experiment, readings.get(experiment.name)!, { ...range, isPaused: !canAnswer(experiment) }),
      ]),
    );
  }

  async function current(): Promise<ReadonlyMap<string, ExperimentReport>> {
    const compiled = settings();
    const now = performance.now();
    if (computed?.of === compiled && now < computed.until) return computed.reports;
    // One at a time: who comes meanwhile waits for this one, and those of other settings for the next.
    const before = computed?.reports.catch(() => {});
    const mine = {
      of: compiled,
      until: Number.POSITIVE_INFINITY,
      reports: Promise.resolve(before).then(() => compute(compiled)),
    };
    computed = mine;
    try {
      const reports = await mine.reports;
      mine.until = performance.now() + Math.max(restMs, restShare * (performance.now() - now));
      return reports;
    } catch (error) {
      if (computed === mine) computed = undefined;
      throw error;
    }
  }

  return {
    async experiments() {
      return Array.from((await current()).values(), ({ name, status, control, since, arms }) => ({
        ...{ name, status, control, since },
        customers: arms.reduce((sum, { customers }) => sum + customers, 0),
        arms: arms.map(({ name, share, customers }) => ({ name, share, customers })),
      }));
    },
    async experiment(name) {
      const { experiments } = settings();
      if (!experiments.some((experiment) => experiment.name === name)) {
        const names = experiments.map(({ name }) => name);
        throw new EndcapError(
          'unknown_experiment',
          names.length > 0
            ? `there is no experiment '${excerpt(name)}'; there are ${names.join(', ')}`
            : `there is no experiment '${excerpt(name)}', since there are none`,
          { experiment: name },
        );
      }
      return (await current()).get(name)!;
    },
  };
}
