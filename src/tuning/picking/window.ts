import type { Blend } from '../../ranking/weights.ts';
import { type CustomerScores, gainOf, outcomeOf } from '../judging/accuracy.ts';
import type { JudgeFor } from '../judging/judged.ts';

/** Days that the window of trend may have. */
const windows = [14, 30, 60, 120];
/** The weights of trend that each window is tried with. */
const windowTrends = [0.1, 0.2, 0.3];

/**
 * The window whose trend finds most of the new products of the newest weeks: the given one, unless another is better by more
 * than two standard errors, each with the trend that suits it.
 */
export async function pickWindow(judgeFor: JudgeFor, windowDays: number, start: Blend): Promise<number> {
  const bestOf = async (days: number): Promise<CustomerScores> => {
    const found: { value: number; scores: CustomerScores }[] = [];
    for (const trend of windowTrends) {
      const blend = { ...start, trend };
      found.push(await outcomeOf(judgeFor(days), blend, { questions: ['explore'] }));
    }
    return found.reduce((a, b) => (b.value > a.value ? b : a)).scores;
  };
  let picked = { days: windowDays, scores: await bestOf(windowDays) };
  for (const days of windows.filter((each) => each !== windowDays)) {
    const scores = await bestOf(days);
    const gain = gainOf(scores, picked.scores);
    if (gain.mean > 2 * gain.error) picked = { days, scores };
  }
  return picked.days;
}
