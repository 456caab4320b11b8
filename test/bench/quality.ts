/**
 * `npm run bench:quality [-- "Online Retail" Gowalla ...]`: how much of what customers bought next is in the lists, on the
 * real data beside the checkout, as a Markdown table. Models are trained with no option named. Words select the shops whose
 * names contain them; shops without data are skipped.
 *
 * - `--tune <minutes>` adds models with the options that the tuner finds on the training part, in that many minutes for
 *   lists of all products and as many again for lists of new ones.
 * - `--json <file>` keeps what every customer contributed; `--before <file>` compares with what was kept, customer by
 *   customer. `--no-baselines` leaves out the baselines.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { verdictOf } from '../../src/measuring/means.ts';
import { withStandardError } from '../../src/measuring/protocols/wording.ts';
import type { EvaluationQuestion } from '../../src/measuring/questions.ts';
import type { Measure } from '../../src/measuring/results.ts';
import { digits } from '../../src/wording.ts';
import { sharedData } from '../support/skip.ts';
import { gain, isAblation, meanScore, model, type Run, run, type Scores, scoresOf } from './quality-runs.ts';
import { type Figures, type Shop, shops } from './quality-shops.ts';

const { values, positionals: words } = parseArgs({
  options: {
    tune: { type: 'string' },
    json: { type: 'string' },
    before: { type: 'string' },
    'no-baselines': { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const minutes = values.tune === undefined ? undefined : Number(values.tune);
if (minutes !== undefined && !(minutes > 0)) {
  console.error(`--tune: ${values.tune} is not a number of minutes above 0`);
  process.exit(2);
}
const before: Run[] = values.before === undefined ? [] : JSON.parse(readFileSync(values.before, 'utf8'));

const both = ['recall', 'ndcg'] as const;
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

/** `.1234 ± .0012 / .0567 ± .0008` */
const ofBoth = (of: (metric: 'recall' | 'ndcg') => Measure) =>
  both.map((metric) => withStandardError(of(metric))).join(' / ');
const figures = (scores: Scores) => ofBoth((metric) => meanScore(scores, metric));

/** `+.0123 ± .0012 / −.0045 ± .0008` */
function gains(scores: Scores, over: Scores): string {
  const signed = ({ mean, standardError }: Measure) =>
    `${mean < 0 ? '−' : '+'}${withStandardError({ mean: Math.abs(mean), standardError })}`;
  return both.map((metric) => signed(gain(scores, over, metric))).join(' / ');
}

const isRival = ({ contestant }: Scores) => contestant !== model && !isAblation(contestant);

/** What each part adds that can be left out. */
function additions(one: Run, question: EvaluationQuestion, k: number): string {
  const left = one.scores.filter(
    (other) => other.question === question && other.k === k && isAblation(other.contestant),
  );
  const own = scoresOf(one, question, k);
  return left.map((other) => `${other.contestant.slice('no-'.length)} ${gains(own, other)}`).join(', ');
}

/** The baseline that the model is least ahead of, in NDCG. */
function strongest(one: Run, question: EvaluationQuestion, k: number): Scores | undefined {
  const ndcg = (scores: Scores) => meanScore(scores, 'ndcg').mean;
  const asked = one.scores.filter((other) => other.question === question && other.k === k && isRival(other));
  return asked.sort((a, b) => ndcg(b) - ndcg(a))[0];
}

/** Whom the model loses to by more than two standard errors, at any length. */
function losses(one: Run, question: EvaluationQuestion): string {
  const lost = one.scores.flatMap((other) => {
    if (other.question !== question || !isRival(other)) return [];
    const own = scoresOf(one, question, other.k);
    const worse = both.filter((metric) => verdictOf(gain(own, other, metric)) === 'worse');
    return worse.map(
      (metric) => `${other.contestant} in ${metric}@${other.k} (−${digits(-gain(own, other, metric).mean)})`,
    );
  });
  return lost.join(', ') || 'none';
}

function reached(scores: Scores, [recall, ndcg]: Figures): string {
  const aims = { recall, ndcg };
  const short = both.filter((metric) => meanScore(scores, metric).mean < (aims[metric] ?? 0) - 0.00005);
  const aim = both.map((metric) => digits(aims[metric] ?? Number.NaN)).join(' / ');
  return `${aim}: ${short.length === 0 ? 'reached' : `short of ${short.join(' and ')}`}`;
}

const header = [
  '',
  'strongest baseline',
  'no option named',
  'gain over the baseline',
  'loses to',
  'parts add',
  'target',
];
if (values.before) header.push('gain over before');
if (minutes) header.push(`tuned for ${minutes} min`, 'gain by tuning', 'target');
header.push('training', 'CPU');

async function rowsOf(shop: Shop): Promise<{ kept: Run; rows: string[][] }> {
  const plain = await run(shop, { baselines: !values['no-baselines'] });
  const earlier = before.find((one) => one.shop === shop.name);
  if (earlier && earlier.fingerprint !== plain.fingerprint) throw new Error(`${shop.name} was another shop before`);
  const tuned = new Map<string, Promise<Run>>();
  const k = shop.ks[shop.ks.length - 1];
  const rows: string[][] = [];
  for (const [asked, target] of Object.entries(shop.questions)) {
    const question = asked as EvaluationQuestion;
    const own = scoresOf(plain, question, k);
    const rival = strongest(plain, question, k);
    const row = [
      `${shop.name}, ${question}, @${k}`,
      rival ? `${rival.contestant} ${figures(rival)}` : '',
      figures(own),
      rival ? gains(own, rival) : '',
      losses(plain, question),
      additions(plain, question, k),
      target ? reached(own, target.plain) : '',
    ];
    if (values.before) row.push(earlier ? gains(own, scoresOf(earlier, question, k)) : '');
    if (minutes !== undefined) {
      const purchased = question === 'explore' ? 'exclude' : 'allow';
      if (!tuned.has(purchased)) tuned.set(purchased, run(shop, { baselines: false, minutes, purchased }));
      const searched = scoresOf((await tuned.get(purchased))!, question, k);
      row.push(figures(searched), gains(searched, own), target?.tuned ? reached(searched, target.tuned) : '');
    }
    rows.push([...row, seconds(plain.training.ms), seconds(plain.training.cpuMs)]);
  }
  for (const one of await Promise.all(tuned.values())) console.log(shop.name, JSON.stringify(one.options));
  return { kept: plain, rows };
}

const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
console.log('Recall / NDCG ± standard error; gains are paired by customer\n');
console.log([header, header.map(() => '---')].map(line).join('\n'));
const kept: Run[] = [];
for (const shop of shops) {
  if (words.length > 0 && !words.some((word) => shop.name.toLowerCase().includes(word.toLowerCase()))) continue;
  const { absent } = sharedData(shop.file);
  if (absent) {
    console.log(`skipped: ${shop.name} because ${absent}`);
    continue;
  }
  const done = await rowsOf(shop);
  kept.push(done.kept);
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(kept));
  console.log(done.rows.map(line).join('\n'));
}
