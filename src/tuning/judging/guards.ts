import { targetsBy } from '../../dataset/split.ts';
import { throwIfAborted } from '../../errors.ts';
import { baselinesOf } from '../../measuring/baselines/baselines.ts';
import type { Contestant } from '../../measuring/contestants.ts';
import { add, meanOf, noSums, verdictOf } from '../../measuring/means.ts';
import { metricsOf } from '../../measuring/metrics.ts';
import { type EvaluationQuestion, filterOf, questions, targetsOf } from '../../measuring/questions.ts';
import type { Guard } from '../../model/model.ts';
import { reboughtOf } from '../../ranking/repeat.ts';
import { type Blend, maxWeight } from '../../ranking/weights.ts';
import { finish } from '../../turns.ts';
import type { HeldOutSample } from './held-out.ts';
import { joinJudges } from './joined-judge.ts';
import { type Judge, listLength } from './judge.ts';

/** What guards may change. */
export interface Weighed {
  readonly blend: Blend;
  readonly windowDays: number;
}

export interface Guarded extends Weighed {
  /** Those that acted. */
  readonly guards: readonly Guard[];
}

/** Recall and NDCG by question and customer row. */
export type Scores = Readonly<Record<EvaluationQuestion, ReadonlyMap<number, readonly [recall: number, ndcg: number]>>>;

/** So long that all orders are within the window. */
const allDays = 36_500;
const maxRounds = 6;
/** What a weight is multiplied or divided by, one step after the other. */
const factors = [2, 4, 8, 16, 32];
const leastTrend = 0.1;

/** What moves a blend towards the order of a baseline, the nearest steps first; the last one is that order. */
const paths: Record<string, (weighed: Weighed) => Weighed[]> = {
  popular: (weighed) => towardsPopular(weighed, allDays),
  'popular-60d': (weighed) => towardsPopular(weighed, 60),
  'p-top': towardsOwn,
  'gp-top': towardsOwn,
};

function towardsPopular({ blend }: Weighed, windowDays: number): Weighed[] {
  const { habit, trend, bought, repeat, neighbours } = blend;
  const closer = factors.map((factor): Blend => {
    return { ...blend, trend: Math.max(trend, leastTrend) * factor, neighbours: neighbours / factor };
  });
  const evenly = closer.map((step, i): Blend => {
    return { ...step, habit: habit / factors[i], bought: bought / factors[i], repeat: repeat / factors[i] };
  });
  const own: Blend = { ...blend, taste: 0, trend: 1, neighbours: 0 };
  return [...closer, ...evenly, own, { ...own, habit: 0, bought: 0, repeat: 0 }].map((each) => ({
    blend: each,
    windowDays,
  }));
}

function towardsOwn({ blend, windowDays }: Weighed): Weighed[] {
  const { taste, habit, bought, repeat } = blend;
  const closer = factors.flatMap((factor, i): Blend[] => {
    const step = { ...blend, habit: Math.min(maxWeight, Math.max(habit, 1) * factor), repeat: repeat / factor };
    return [step, { ...step, bought: Math.max(bought, 0) + i / 2 }];
  });
  const own: Blend = { ...blend, taste: taste / 10, habit: maxWeight, bought: 20, repeat: 0, neighbours: 0 };
  return [...closer, own].map((each) => ({ blend: each, windowDays }));
}

/**
 * Sees to it that no simple lists find more of the held-out orders than a blend, for any question. Where recall or NDCG of a
 * baseline is higher by more than two standard errors over the same customers, the blend takes the step towards it that leaves
 * the fewest losses, the nearest of these, and so on until there is none or no step helps.
 *
 * @param judgeFor judges all samples at once, by the days of the window of trend.
 * @param rivals of the same samples.
 * @param movesWindow whether the window may change, too.
 */
export async function guardBlend(
  judgeFor: (windowDays: number) => Judge,
  rivals: readonly Rival[],
  weighed: Weighed,
  movesWindow: boolean,
  signal?: AbortSignal,
): Promise<Guarded> {
  const asked = questions.filter((question) => rivals.some(({ scores }) => scores[question].size > 0));
  const scoresBy = (each: Weighed) => scoresOf(judgeFor(each.windowDays), asked, each.blend);
  const lossesOf = (scores: Scores) =>
    rivals.flatMap(({ name, questions, scores: others }) =>
      asked
        .filter((question) => questions.includes(question) && isBeaten(scores[question], others[question]))
        .map((question) => ({ question, baseline: name })),
    );

  const guards: Guard[] = [];
  let current = weighed;
  let losses = lossesOf(await scoresBy(current));
  for (let round = 0; round < maxRounds && losses.length > 0; round++) {
    let best: { step: Weighed; losses: typeof losses; loss: (typeof losses)[number] } | undefined;
    for (const loss of losses) {
      for (const { blend, windowDays } of paths[loss.baseline](current)) {
        const step = { blend, windowDays: movesWindow ? windowDays : current.windowDays };
        throwIfAborted(signal);
        const left = lossesOf(await scoresBy(step));
        if (left.length < (best?.losses ?? losses).length) best = { step, losses: left, loss };
        if (left.length === 0) break;
      }
      if (best?.losses.length === 0) break;
    }
    if (!best) break;
    guards.push({ ...best.loss, action: actionOf(current, best.step) });
    [current, losses] = [best.step, best.losses];
  }
  return { ...current, guards };
}

/** A baseline that a blend can be moved to, and what it finds for the customers of samples. */
export interface Rival {
  readonly name: string;
  readonly questions: readonly EvaluationQuestion[];
  readonly scores: Scores;
  /** On the first sample alone. */
  readonly onFirst: Scores;
}

/** What no blend may lose to on samples. */
export async function rivalsOf(samples: readonly HeldOutSample[], signal: AbortSignal | undefined): Promise<Rival[]> {
  const contestants = samples.map((sample) => {
    const { heldOut } = sample;
    const customers = heldOut.customers;
    const places = [...sample.sample];
    const sampled = {
      train: heldOut.train,
      ...finish(
        targetsBy(
          places.map((place) => customers[place]),
          (_, i) => heldOut.products.subarray(heldOut.offsets[places[i]], heldOut.offsets[places[i] + 1]),
        ),
      ),
    };
    const { baselines } = baselinesOf(sampled);
    return baselines
      .filter(({ name }) => name in paths)
      .map((baseline) => ({ baseline, sampled, asks: sample.questions }));
  });
  const names = [...new Set(contestants.flat().map(({ baseline }) => baseline.name))];
  const rivals: Rival[] = [];
  for (const name of names) {
    const ofName = contestants.flat().filter(({ baseline }) => baseline.name === name);
    const asked = ofName[0].baseline.questions ?? questions;
    const found: Scores[] = [];
    for (const { baseline, sampled, asks } of ofName)
      found.push(await scoresOf(judgeOf(baseline, sampled, asks, signal), asked));
    const scores = await scoresOf(joinJudges(found.map(judgeThatFound)), asked);
    rivals.push({ name, questions: asked, scores, onFirst: found[0] });
  }
  return rivals;
}

/** Judges a baseline, whatever the blend. */
function judgeOf(
  { lists }: Contestant,
  heldOut: HeldOutSample['heldOut'],
  asks: HeldOutSample['questions'],
  signal: AbortSignal | undefined,
): Judge {
  const { customers } = heldOut.train;
  // As lists are by default.
  const ofAll = reboughtOf(heldOut.train) === 0 ? 'exclude' : 'allow';
  return {
    async measure(_, report, { questions: asked = questions } = {}) {
      for (const question of asked) {
        // Held-out products are all new to the customer.
        if (question !== 'explore' && !asks.includes('all')) continue;
        const targets = targetsOf(heldOut, question);
        const range = { n: listLength, purchased: filterOf(question, ofAll), from: 0, to: customers.length, signal };
        let next = 0;
        for await (const { firstCustomer, customers: count, n, rows } of lists.recommendBlocks(range)) {
          for (; next < targets.customers.length && targets.customers[next] < firstCustomer + count; next++) {
            const customer = targets.customers[next];
            const wanted = targets.products.subarray(targets.offsets[next], targets.offsets[next + 1]);
            const at = (customer - firstCustomer) * n;
            const hits = Array.from(rows.subarray(at, at + n), (row) => wanted.includes(row));
            const { recall, ndcg } = metricsOf(hits, listLength, wanted.length);
            report(question, customer, recall, ndcg);
          }
        }
      }
    },
  };
}

/** A judge of what is known. */
function judgeThatFound(scores: Scores): Judge {
  return {
    async measure(_, report, { questions: asked = questions } = {}) {
      for (const question of asked)
        for (const [customer, [recall, ndcg]] of scores[question]) report(question, customer, recall, ndcg);
    },
  };
}

/** What each customer contributes to the accuracy of a blend, or of a judge that needs none. */
export async function scoresOf(
  judge: Judge,
  asked: readonly EvaluationQuestion[],
  blend?: Blend,
  half?: 0 | 1,
): Promise<Scores> {
  const scores = { all: new Map(), explore: new Map(), repeat: new Map() };
  await judge.measure(
    blend as Blend,
    (question, customer, recall, ndcg) => scores[question].set(customer, [recall, ndcg]),
    { questions: asked, half },
  );
  return scores;
}

/** Whether recall or NDCG is lower by more than two standard errors. */
function isBeaten(own: Scores['all'], others: Scores['all']): boolean {
  return ([0, 1] as const).some((metric) => {
    const sums = noSums();
    for (const [customer, scores] of others) {
      const mine = own.get(customer);
      if (mine) add(sums, mine[metric] - scores[metric]);
    }
    return verdictOf(meanOf(sums)) === 'worse';
  });
}

/** `trend 0.4 instead of 0.1, a window of 60 days instead of 30` */
function actionOf(before: Weighed, after: Weighed): string {
  const weights = (Object.keys(before.blend) as (keyof Blend)[])
    .filter((name) => before.blend[name] !== after.blend[name])
    .map((name) => `${name} ${after.blend[name]} instead of ${before.blend[name]}`);
  const window =
    before.windowDays === after.windowDays
      ? []
      : [`a window of ${after.windowDays} days instead of ${before.windowDays}`];
  return [...weights, ...window].join(', ');
}
