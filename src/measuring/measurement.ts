import type { HeldOut } from '../dataset/split.ts';
import { popularityOf } from '../ranking/popularity.ts';
import { averagesOf, type Scored } from './averages.ts';
import { type Contestant, checkContestants, readLists } from './contestants.ts';
import { groupCount, groupCustomers, ordersInGroup } from './customer-groups.ts';
import { createExposure, type Exposure } from './exposure.ts';
import { checkKs, type MeasureOptions, mainOf } from './measure-options.ts';
import { type EvaluationQuestion, filterOf, questions, targetsOf } from './questions.ts';
import type { Comparison, GroupResult, Measured, Result, WindowResult } from './results.ts';
import { createScores } from './scores.ts';

/** What is measured over one window or more, each with its own training part and contestants made from it. */
export interface Measurement {
  /**
   * Measures the next window. All windows have the same customer and product rows, and contestants of the same names.
   *
   * @param purchased which lists answer the question `all`: `'exclude'` if lists leave out what was bought by default.
   * @throws as `measure` does.
   */
  add(heldOut: HeldOut, contestants: readonly Contestant[], purchased?: 'allow' | 'exclude'): Promise<void>;
  /** The results over all windows and, if there are several, of each. */
  measured(): Measured;
}

/** One contestant and question. */
interface Entry {
  readonly question: EvaluationQuestion;
  readonly contestant: string;
  /** By window; without those in which the question has no targets. */
  readonly scored: (Scored & { readonly window: number })[];
  readonly exposure: Exposure;
}

/** @param options as `checkMeasureOptions` accepts them. */
export function createMeasurement({
  questions: asked,
  onList,
  onMeasured,
  onProgress,
  signal,
  ...options
}: MeasureOptions): Measurement {
  const ks = checkKs(options.ks);
  const mainK = mainOf(ks);
  const entries: Entry[] = [];
  const elapsedMs = new Map<string, number>();
  let competing: readonly Contestant[] = [];
  let windows = 0;

  function entryOf(question: EvaluationQuestion, contestant: string, products: number): Entry {
    const found = entries.find((one) => one.question === question && one.contestant === contestant);
    if (found) return found;
    const entry: Entry = { question, contestant, scored: [], exposure: createExposure(products, ks) };
    entries.push(entry);
    return entry;
  }

  return {
    async add(heldOut, contestants, purchased = 'allow') {
      checkContestants(contestants);
      const isPopular = popularTenth(heldOut);
      const products = isPopular.length;
      const groups = groupCustomers(heldOut);
      for (const question of questions) {
        if (asked && !asked.includes(question)) continue;
        const targets = targetsOf(heldOut, question);
        const { customers } = targets;
        if (customers.length === 0) continue;
        let first: Scored['first'];
        for (const [index, contestant] of contestants.entries()) {
          const { name } = contestant;
          if (contestant.questions && !contestant.questions.includes(question)) continue;
          const started = performance.now();
          const { scored, exposure } = entryOf(question, name, products);
          const scores = createScores(targets, ks, products);
          const onFirstList = index === 0 ? onList : undefined;
          await readLists(contestant, targets, {
            purchased: filterOf(question, purchased),
            n: ks[ks.length - 1],
            products,
            signal,
            onList(place, list) {
              scores.measure(place, list);
              exposure.add(list, isPopular);
              onFirstList?.(customers[place], list, question);
            },
            onBlock(done) {
              onProgress?.({ contestant: name, question, done, total: customers.length });
            },
          });
          elapsedMs.set(name, (elapsedMs.get(name) ?? 0) + performance.now() - started);
          scored.push({ window: windows, scores, groups, ...(first && { first }) });
          onMeasured?.({ question, contestant: name, customers, values: scores.values });
          if (index === 0) first = scores;
        }
      }
      competing = contestants;
      windows++;
    },
    measured() {
      const sorted = questions.flatMap((question) => entries.filter((one) => one.question === question));
      const byWindow = windows < 2 ? [] : sorted.flatMap((entry) => windowResults(entry, ks, mainK));
      return {
        ks,
        mainK,
        contestants: competing.map(({ name, kind = 'model', description = name }) => {
          return { name, kind, description, elapsedMs: elapsedMs.get(name) ?? 0 };
        }),
        results: sorted.flatMap((entry) => resultsOf(entry, ks)),
        comparisons: sorted.flatMap((entry) => comparisonsOf(entry, competing[0].name, ks)),
        groups: sorted.flatMap((entry) => groupResults(entry, ks, mainK)),
        ...(byWindow.length > 0 && { windows: byWindow }),
      };
    },
  };
}

/** 1 for the tenth of all products that is in the most orders, by product row. */
function popularTenth({ train }: HeldOut): Uint8Array {
  const isPopular = new Uint8Array(train.products.length);
  const { ranking } = popularityOf(train);
  for (const row of ranking.subarray(0, Math.ceil(ranking.length / 10))) isPopular[row] = 1;
  return isPopular;
}

function resultsOf({ question, contestant, scored, exposure }: Entry, ks: readonly number[]): Result[] {
  const averages = averagesOf(scored, ks.length);
  const { customers, lists } = averages;
  return ks.map((k, i) => {
    return { question, contestant, k, customers, lists, metrics: averages.meansAt(i), ...exposure.at(i) };
  });
}

function comparisonsOf({ question, contestant, scored }: Entry, first: string, ks: readonly number[]): Comparison[] {
  const averages = averagesOf(scored, ks.length);
  return ks.flatMap((k, i) => {
    const metrics = averages.differencesAt(i);
    return metrics ? [{ question, contestant: first, against: contestant, k, metrics }] : [];
  });
}

function groupResults({ question, contestant, scored }: Entry, ks: readonly number[], k: number): GroupResult[] {
  return Array.from({ length: groupCount }, (_, group) => group).flatMap((group) => {
    const averages = averagesOf(scored, ks.length, group);
    if (averages.customers === 0) return [];
    const part = partAt(averages, ks.indexOf(k));
    return [{ question, contestant, k, ...ordersInGroup(group), ...part }];
  });
}

function windowResults({ question, contestant, scored }: Entry, ks: readonly number[], k: number): WindowResult[] {
  return scored.map(({ window, ...one }) => {
    return { question, contestant, k, window, ...partAt(averagesOf([one], ks.length), ks.indexOf(k)) };
  });
}

/** Results of a part of the lists. */
function partAt(averages: ReturnType<typeof averagesOf>, index: number) {
  const difference = averages.differencesAt(index);
  return { customers: averages.customers, metrics: averages.meansAt(index), ...(difference && { difference }) };
}
