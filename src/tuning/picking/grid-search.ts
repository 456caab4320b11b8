import type { Scope } from '../../kernel/scope.ts';
import { createScope } from '../../kernel/scope.ts';
import type { Neighbours, Tried } from '../../model/model.ts';
import type { Blend } from '../../ranking/weights.ts';
import type { AlsContext } from '../../training/als.ts';
import type { AlsSettings } from '../../training/als-options.ts';
import { type CustomerScores, gainOf, outcomeOf } from '../judging/accuracy.ts';
import type { HeldOutSample } from '../judging/held-out.ts';
import { type Judged, trainJudged } from '../judging/judged.ts';
import { type GridOptions, shortEpochs } from './grid.ts';

/** A model that was trained on the training part, and what it finds of the held-out orders. */
export interface GridTrial extends Judged {
  readonly options: GridOptions;
  readonly value: number;
  readonly scores: CustomerScores;
  /** Holds the model's memory. */
  readonly scope: Scope;
}

/** What all trials have in common. */
export interface GridSetting {
  readonly sample: HeldOutSample;
  readonly settings: AlsSettings;
  readonly windowDays: number;
  readonly neighbours: Neighbours | undefined;
  readonly signal: AbortSignal | undefined;
  /** Called after each trial of other options than those before, with their number. */
  readonly onTried: (count: number) => void;
}

export interface GridSearch {
  /** What was tried, in the order of the first trial. */
  tried(): Tried[];
  attempt(options: GridOptions, blend: Blend, context?: AlsContext): Promise<GridTrial>;
  /** The same trial, judged by another blend. */
  judgedBy(trial: GridTrial, blend: Blend): Promise<GridTrial>;
  /**
   * The one of some options that is best after a few epochs that go on from a trial, trained in full, if it is then better
   * than that trial.
   */
  bestOfGrid(standard: GridTrial, others: readonly GridOptions[], blend: Blend): Promise<GridTrial>;
  /** The best of some decays of taste, which change no more than the last solve of a trial, or that trial. */
  bestTasteDecay(before: GridTrial, tasteDecays: readonly number[], blend: Blend): Promise<GridTrial>;
  /** The largest number of factors such that each one is better than the one before. */
  bestFactors(fewer: GridTrial, numbers: readonly number[], blend: Blend): Promise<GridTrial>;
}

/** Opens a search on a kernel; all but the trials that it returns is freed as it goes on. */
export function createGridSearch(
  kernel: Scope,
  { sample, settings, windowDays, neighbours, signal, onTried }: GridSetting,
): GridSearch {
  /** By options. */
  const tried = new Map<string, Tried>();

  /** What a trial finds by a blend; notes it. */
  async function measured(options: GridOptions, judgesBy: Judged['judgesBy'], blend: Blend) {
    const { value, scores, ...accuracy } = await outcomeOf(judgesBy(neighbours)(windowDays), blend);
    const key = JSON.stringify(options);
    const isNew = !tried.has(key);
    tried.set(key, { ...options, ...accuracy });
    if (isNew) onTried(tried.size);
    return { value, scores };
  }

  const search: GridSearch = {
    tried: () => [...tried.values()],
    async attempt(options, blend, context) {
      const scope = createScope(kernel);
      const judged = await trainJudged(scope, sample, { ...settings, ...options, signal }, context);
      return { options, ...judged, ...(await measured(options, judged.judgesBy, blend)), scope };
    },
    async judgedBy(trial, blend) {
      return { ...trial, ...(await measured(trial.options, trial.judgesBy, blend)) };
    },
    async bestOfGrid(standard, others, blend) {
      let promising: { options: GridOptions; value: number } = standard;
      for (const other of others) {
        const start = { ...standard.factors!, epochs: Math.min(shortEpochs, settings.iterations) };
        const { options, value, scope } = await search.attempt(other, blend, { start });
        scope.end();
        if (value > promising.value) promising = { options, value };
      }
      if (promising === standard) return standard;
      return bestOver(standard, [() => search.attempt(promising.options, blend, { keepIterated: true })]);
    },
    bestTasteDecay(before, tasteDecays, blend) {
      const start = before.factors && { ...before.factors, epochs: 0 };
      const attempts = tasteDecays.map(
        (tasteDecay) => () => search.attempt({ ...before.options, tasteDecay }, blend, { start }),
      );
      return bestOver(before, attempts);
    },
    async bestFactors(fewer, numbers, blend) {
      const [factors, ...more] = numbers;
      if (factors === undefined) return fewer;
      const best = await bestOver(fewer, [() => search.attempt({ ...fewer.options, factors }, blend)]);
      return best === fewer ? fewer : search.bestFactors(best, more, blend);
    },
  };
  return search;
}

/**
 * The best of some trials if it is better than the one before by more than a standard error, else that one. Frees the
 * others: at most two are held at a time, besides the one before.
 */
async function bestOver(before: GridTrial, attempts: readonly (() => Promise<GridTrial>)[]): Promise<GridTrial> {
  let best = before;
  for (const attempt of attempts) {
    const trial = await attempt();
    const gain = gainOf(trial.scores, before.scores);
    const isBetter = trial.value > best.value && gain.mean > gain.error;
    const loser = isBetter ? best : trial;
    if (loser !== before) loser.scope.end();
    if (isBetter) best = trial;
  }
  if (best !== before) before.scope.end();
  return best;
}
