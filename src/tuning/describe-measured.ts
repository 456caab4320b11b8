/** What a model's `measured` says, in words for people who know no machine learning. */
import { verdictOf } from '../measuring/means.ts';
import type { Verdict } from '../measuring/results.ts';
import type { MeasuredBaseline, MeasuredModel, MeasuredResult } from '../model/measured.ts';
import { dayOf, percent, plural } from '../wording.ts';

/** What simple lists hold, by their names. */
const baselineNames: Record<string, string> = {
  popular: 'best-sellers',
  'popular-60d': 'best-sellers of the last 60 days',
  'p-top': 'what the customer bought most often',
  'gp-top': 'what the customer bought most often, then best-sellers',
};

export function baselineName(name: string): string {
  return Object.hasOwn(baselineNames, name) ? baselineNames[name] : name;
}

/** What each question is about, as the beginning of a sentence. */
const wanted: Record<MeasuredResult['question'], string> = {
  all: 'Of what customers bought next',
  explore: 'Of what customers bought for the first time',
  repeat: 'Of what customers bought again',
};

/** The question that decides whether the model is any good. */
export function mainResult({ results }: MeasuredModel): MeasuredResult {
  return results[0];
}

/** The simple lists that find most. */
export function strongestOf({ baselines }: Pick<MeasuredResult, 'baselines'>): MeasuredBaseline | undefined {
  return baselines.reduce<MeasuredBaseline | undefined>(
    (best, each) => (best && best.recall.mean >= each.recall.mean ? best : each),
    undefined,
  );
}

/** Whether the model finds more than simple lists, by the share of what was bought that the lists hold. */
export function verdictOver({ gain }: MeasuredBaseline): Verdict {
  return verdictOf(gain.recall);
}

/** `Of what customers bought next, 20% was among the ten products of their list; best-sellers find 6.2%.` */
export function describeFound({ heldOut, n }: MeasuredModel, result: MeasuredResult): string {
  const { question, model, baselines } = result;
  const of = heldOut === 'products' ? 'Of products that were held back from what customers bought' : wanted[question];
  const found = `${of}, ${percent(model.recall.mean)} was among the ${n === 10 ? 'ten' : n} products of their list`;
  const popular = baselines.find(({ name }) => name === 'popular');
  if (!popular) return `${found}.`;
  return `${found}; a list of best-sellers finds ${percent(popular.recall.mean)}${how[verdictOver(popular)]}.`;
}

const how: Record<Verdict, string> = {
  better: '',
  tie: ', which may be chance: it is not clear which is better',
  worse: ': it finds more than this model',
};

/** How the model compares with the simple lists that find most, if these are not the best-sellers. */
export function describeStrongest(result: MeasuredResult): string | undefined {
  const strongest = strongestOf(result);
  if (!strongest || strongest.name === 'popular') return undefined;
  const { recall, gain } = strongest;
  const than: Record<Verdict, string> = {
    better: 'and the model finds more',
    tie: 'and it may be chance which of the two finds more',
    worse: 'more than the model',
  };
  return (
    `The simple list that finds most is ${baselineName(strongest.name)}: ${percent(recall.mean)}, ` +
    `${than[verdictOver(strongest)]} (${points(gain.recall)}).`
  );
}

/** `+1.2 ± 0.3 points` */
export function points({ mean, standardError }: { mean: number; standardError: number | null }): string {
  const sign = mean < 0 ? '−' : '+';
  const error = standardError === null ? '' : ` ± ${(100 * standardError).toFixed(1)}`;
  return `${sign}${Math.abs(100 * mean).toFixed(1)}${error} points`;
}

/** On what it was measured, and what to keep in mind. */
export function describeMeasuring(
  { heldOut, picked, trees, until }: MeasuredModel,
  { customers }: MeasuredResult,
): string[] {
  const who = plural(customers, 'one customer', '# customers');
  const where =
    heldOut === 'orders'
      ? `the last order of each of ${who}, which a model trained without these orders had to find`
      : `a fifth of the products of ${who}, which a model trained without them had to find`;
  const when = until === undefined ? '' : ` Orders end on ${dayOf(until)}.`;
  return [
    `Measured on ${where}.${when}`,
    ...(picked ? ['Options were picked on the same orders, which flatters it a little.'] : []),
    ...(trees === false ? ['Trees that the model has for products bought before are not counted: it finds more.'] : []),
  ];
}

/** All of it in a paragraph. */
export function describeMeasured(measured: MeasuredModel): string {
  const main = mainResult(measured);
  const sentences = [describeFound(measured, main), describeStrongest(main), ...describeMeasuring(measured, main)];
  return sentences.filter((sentence) => sentence !== undefined).join(' ');
}
