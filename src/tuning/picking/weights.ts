import type { OpenKernel } from '../../kernel/kernel.ts';
import { type EvaluationQuestion, questions } from '../../measuring/questions.ts';
import type { Guard, Neighbours } from '../../model/model.ts';
import type { Blend, RankingOptions } from '../../ranking/weights.ts';
import { neighboursBy } from '../../training/neighbours/ease.ts';
import { guardBlend, rivalsOf, type Scores, scoresOf } from '../judging/guards.ts';
import type { HeldOutSample } from '../judging/held-out.ts';
import { joinJudges } from '../judging/joined-judge.ts';
import type { JudgeFor, JudgesBy } from '../judging/judged.ts';
import type { Found } from '../judging/measured.ts';
import { learnableOf, learnBlend, learnFromHalf } from './blend.ts';
import { mayGainByEase, tryEase } from './ease.ts';
import { pickWindow } from './window.ts';

/** A sample, and what judges a model of its training part. */
export interface JudgedSample {
  readonly sample: HeldOutSample;
  readonly judgesBy: JudgesBy;
}

/** What a model ranks by. */
export interface PickedWeights {
  readonly blend: Blend;
  readonly windowDays: number;
  /** Absent if neighbours by EASE find no more than those of a random walk. */
  readonly easeRegularization?: number;
  /** Those of the first sample; absent if there are none. */
  readonly neighbours?: Neighbours;
  readonly learned: boolean;
  /** Those that acted. */
  readonly guards: readonly Guard[];
  /** On the first sample. */
  readonly found: Found;
}

/**
 * Picks the window of trend by the newest weeks and learns the blend on all samples: with the neighbours of the random walk
 * and, where these may find more, with those of EASE. Guards then see to it that no simple lists find more.
 *
 * @param samples the newest weeks last, if there are two.
 * @param walk neighbours of the first sample.
 * @param given options that are not picked; `windowDays` and `easeRegularization` if they are given.
 */
export async function pickWeights(
  kernel: OpenKernel,
  samples: readonly [JudgedSample, ...JudgedSample[]],
  walk: Neighbours | undefined,
  { start, windowDays }: { readonly start: Blend; readonly windowDays: number },
  given: Pick<RankingOptions, 'windowDays' | 'easeRegularization'>,
  signal: AbortSignal | undefined,
): Promise<PickedWeights> {
  const [{ sample, judgesBy }, newest] = samples;
  const { train } = sample.heldOut;
  const { easeRegularization } = given;
  const judgesOf = (neighbours: readonly (Neighbours | undefined)[]): JudgeFor[] =>
    neighbours.map((each, i) => samples[i].judgesBy(each));
  const ofNewest = newest && (await neighboursBy(kernel, newest.sample.heldOut.train, { easeRegularization, signal }));
  const ofWalk = [judgesBy(walk), ...(newest ? [newest.judgesBy(ofNewest)] : [])];
  const days = newest && given.windowDays === undefined ? await pickWindow(ofWalk[1], windowDays, start) : windowDays;
  const joined = (judges: readonly JudgeFor[]) => joinJudges(judges.map((judgeFor) => judgeFor(days)));
  const names = learnableOf(sample, start);
  const judge = joined(ofWalk);
  const walked = await learnBlend({ judge, kind: sample.kind, newest: ofWalk[1]?.(days), signal }, start, names);
  const ease =
    easeRegularization === undefined && mayGainByEase(train)
      ? await tryEase(
          kernel,
          samples.map((each) => each.sample),
          (neighbours) => joined(judgesOf(neighbours)),
          start,
          { judge, blend: walked.blend },
          signal,
        )
      : undefined;
  const judges = ease ? judgesOf(ease.neighbours) : ofWalk;
  const { blend } = ease ?? walked;
  const movesWindow = given.windowDays === undefined && train.history?.times !== undefined;
  const rivals = await rivalsOf(
    samples.map((each) => each.sample),
    signal,
  );
  const judgeFor: JudgeFor = (each) => joinJudges(judges.map((of) => of(each)));
  const guarded = await guardBlend(judgeFor, rivals, { blend, windowDays: days }, movesWindow, signal);
  const isGuarded = guarded.guards.length > 0;
  const ofAll = () => scoresOf(judges[0](guarded.windowDays), questions, guarded.blend);
  const found = { model: blend === start || isGuarded ? await ofAll() : await crossed(), rivals };
  return {
    ...guarded,
    found,
    ...(ease && { easeRegularization: ease.regularization }),
    neighbours: ease ? ease.neighbours[0] : walk,
    learned: blend !== start,
  };

  /** What lists find by the weights that the other half of the customers taught. */
  async function crossed(): Promise<Scores> {
    const [all, first] = [judgeFor(guarded.windowDays), judges[0](guarded.windowDays)];
    const halves: Scores[] = [];
    for (const half of [0, 1] as const) {
      const taught = await learnFromHalf(all, half === 0 ? 1 : 0, start, blend, signal);
      halves.push(await scoresOf(first, questions, taught, half));
    }
    const both = (question: EvaluationQuestion) => new Map(halves.flatMap((scores) => [...scores[question]]));
    return { all: both('all'), explore: both('explore'), repeat: both('repeat') };
  }
}
