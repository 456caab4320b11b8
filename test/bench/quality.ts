/**
 * `npm run bench:quality [-- "Online Retail" Gowalla ...] [-- --tune <minutes>]`: how much of what customers bought next
 * is in the lists, on the real data beside the checkout, as a Markdown table. Models are trained with default options,
 * except for the factors of Gowalla. `--tune` adds models with the options that the tuner finds on the training part, in
 * that many minutes for lists of all products and as many again for lists of new ones. Words select the shops whose names
 * contain them; shops without data are skipped.
 */
import { parseArgs } from 'node:util';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { evaluate } from '../../src/evaluation/evaluate.ts';
import { holdOut, type ProtocolOptions } from '../../src/measuring/protocols.ts';
import type { EvaluationQuestion } from '../../src/measuring/questions.ts';
import type { Result } from '../../src/measuring/results.ts';
import type { AlsOptions } from '../../src/training/als-options.ts';
import { tune } from '../../src/tuning/tune.ts';
import { gowalla, onlineRetail, taFeng } from '../support/shops.ts';
import { sharedData } from '../support/skip.ts';

type Purchased = 'allow' | 'exclude';

interface Case {
  name: string;
  file: string;
  load: () => Dataset | Promise<Dataset>;
  protocol: () => ProtocolOptions;
  k: number;
  /** A row for each. */
  questions: EvaluationQuestion[];
  /** A model for each; `undefined` for the default. */
  factors: (number | undefined)[];
}

const retail = { file: 'online-retail.parquet', load: () => onlineRetail(), k: 10, factors: [undefined] };
const cases: Case[] = [
  { ...retail, name: 'Online Retail, next basket', protocol: () => ({}), questions: ['all', 'explore', 'repeat'] },
  { ...retail, name: 'Online Retail, last 60 days', protocol: () => ({ lastDays: 60 }), questions: ['all'] },
  {
    name: 'Ta-Feng, next basket',
    file: 'tafeng-baskets.json.gz',
    load: taFeng,
    protocol: () => ({}),
    k: 10,
    questions: ['all', 'explore', 'repeat'],
    factors: [undefined],
  },
  {
    name: 'Gowalla, given split',
    file: 'gowalla-train.txt.gz',
    load: () => gowalla().train,
    protocol: () => ({ test: gowalla().test }),
    k: 20,
    questions: ['explore'],
    factors: [256, 512, 1024],
  },
];

const { values, positionals: words } = parseArgs({ options: { tune: { type: 'string' } }, allowPositionals: true });
const minutes = values.tune === undefined ? undefined : Number(values.tune);
if (minutes !== undefined && !(minutes > 0)) {
  console.error(`--tune: ${values.tune} is not a number of minutes above 0`);
  process.exit(2);
}

/** Recall and NDCG of a contestant, with the standard error of recall. */
function figures(results: readonly Result[], question: EvaluationQuestion, contestant: string, k: number): string {
  const found = results.find((one) => one.question === question && one.contestant === contestant && one.k === k);
  if (!found) return '';
  const { recall, ndcg } = found.metrics;
  return `${short(recall.mean)} / ${short(ndcg.mean)} (± ${short(recall.standardError ?? 0)})`;
}

const short = (value: number) => value.toFixed(4).replace(/^0/, '');
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

const rows: string[][] = [];
for (const { name, file, load, protocol, k, questions, factors } of cases) {
  if (words.length > 0 && !words.some((word) => name.toLowerCase().includes(word.toLowerCase()))) continue;
  const { absent } = sharedData(file);
  if (absent) {
    console.log(`skipped: ${name} because ${absent}`);
    continue;
  }
  const dataset = await load();
  for (const [i, size] of factors.entries()) {
    const training: AlsOptions = size === undefined ? {} : { factors: size };
    const plain = await evaluate(dataset, { ...protocol(), training, ks: [k], baselines: i === 0 });
    const searched = new Map<Purchased, Promise<readonly Result[]>>();
    for (const question of questions) {
      const purchased = question === 'explore' ? 'exclude' : 'allow';
      if (minutes !== undefined && !searched.has(purchased))
        searched.set(purchased, evaluateTuned(dataset, protocol(), training, k, minutes, purchased));
      const tuned = await searched.get(purchased);
      rows.push([
        `${name}, ${question}, @${k}${size === undefined ? '' : `, ${size} factors`}`,
        ['popular', 'gp-top', 'item-knn']
          .map((one) => figures(plain.results, question, one, k).split(' (')[0])
          .join(' · '),
        figures(plain.results, question, 'als', k),
        ...(tuned ? [figures(tuned, question, 'als', k)] : []),
        seconds(plain.training?.trainingMs ?? 0),
      ]);
    }
  }
}
const header = [
  '',
  'popular · GP-Top · item-kNN',
  'default options',
  ...(minutes ? [`tuned for ${minutes} min`] : []),
  'training',
];
const lines = [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
console.log(`Recall / NDCG (± standard error of recall)\n\n${lines.join('\n')}`);

async function evaluateTuned(
  dataset: Dataset,
  protocol: ProtocolOptions,
  training: AlsOptions,
  k: number,
  minutes: number,
  purchased: Purchased,
): Promise<readonly Result[]> {
  const { heldOut } = holdOut(dataset, protocol);
  const { options } = await tune(heldOut.train, { minutes, purchased, lastDays: protocol.lastDays, ...training });
  console.log(JSON.stringify(options));
  const { results } = await evaluate(dataset, { ...protocol, training: options, ks: [k], baselines: false });
  return results;
}
