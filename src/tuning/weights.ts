import type { OpenKernel } from '../kernel/kernel.ts';
import { questions } from '../measuring/questions.ts';
import type { Guard, Neighbours } from '../model/model.ts';
import type { Blend, RankingOptions } from '../ranking/weights.ts';
import { neighboursBy } from '../training/neighbours/ease.ts';
import { learnableOf, learnBlend } from './blend.ts';
import { mayGainByEase, tryEase } from './ease.ts';
import { guardBlend, rivalsOf, scoresOf } from './judging/guards.ts';
import type { HeldOutSample } from './judging/held-out.ts';
import { joinJudges } from './judging/joined-judge.ts';
import type { JudgeFor, JudgesBy } from './judging/judged.ts';
import type { Found } from './judging/measured.ts';
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
  // All but the sums is known by now.
  const ofFirst = judges[0](guarded.windowDays);
  const found = { model: await scoresOf(ofFirst, questions, guarded.blend), rivals };
  return {
    ...guarded,
    found,
    ...(ease && { easeRegularization: ease.regularization }),
    neighbours: ease ? ease.neighbours[0] : walk,
    learned: blend !== start,
  };
}
