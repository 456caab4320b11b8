/**
 * `npm run test:week [-- <customers> <seed>]`: a week in the life of a shop in some minutes; see `live/week/week.ts`. Prints what it
 * was like; the exit code is 1 if anything was not as it should be. Three days of it are part of `npm test`.
 */
import type { ExperimentFound } from './live/week/report.ts';
import { liveThrough } from './live/week/week.ts';

const [customers = 2500, seed = 1] = process.argv.slice(2).map(Number);
const began = performance.now();
const report = await liveThrough({
  ...{ customers, onlookers: 200, products: 280, historyDays: 120, historyOrders: 8, seed },
  ...{ days: 7, deadlineMs: 3_600_000, visits: 0.4, looksPerSecond: 40, calmMs: 3000 },
  ...{ training: [], retraining: ['--fast'] },
  ...{ worseFile: 1, erasure: 2, wrongOrders: 3, kill: 4, scheduled: 5 },
});

const ms = (value: number) => `${value.toFixed(1)} ms`;
const mb = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
const points = (share: number) => (100 * share).toFixed(1);
const rows: [string, string | number][] = [
  ['days', report.days],
  [
    'requests',
    `${report.requests}, ${report.failures} failed, ${report.interrupted} cut off by the kill and sent again`,
  ],
  ['purchases', report.purchases],
  ['swaps', `${report.swaps}, and ${report.rollbacks} rollbacks`],
  ...report.refused.map((reason): [string, string] => ['refused', reason]),
  ...Object.entries(report.latencies).map(([what, { requests, p50, p99 }]): [string, string] => [
    `lists during ${what}`,
    `${requests}: p50 ${ms(p50)}, p99 ${ms(p99)}`,
  ]),
  ['longest turn', `${ms(report.longestTurn)}; of a thread that does nothing, ${ms(report.longestIdleTurn)}`],
  ['memory', `${mb(report.rssAtRest)} at rest, ${mb(report.rssPeak)} at most`],
  ...report.nights.map(({ night, outcome, reason }): [string, string] => [
    `night ${night + 1}`,
    `${outcome}: ${reason}`,
  ]),
  ...report.experiments.flatMap(linesOf),
  ['minutes', ((performance.now() - began) / 60_000).toFixed(1)],
];
for (const [name, value] of rows) console.log(`${name.padEnd(24)}${value}`);
for (const fault of report.faults.slice(0, 20)) console.log(`FAULT ${fault}`);
process.exitCode = report.faults.length > 0 ? 1 : 0;

function linesOf({ name, verdict, rate, truth, arms, split, conclusions }: ExperimentFound): [string, string][] {
  const { difference, low, high } = rate;
  return [
    [`experiment ${name}`, `${verdict}; split p = ${split.toFixed(3)}`],
    [
      '  share who buy',
      `${points(difference)} points, between ${points(low)} and ${points(high)}; truth ${points(truth)}`,
    ],
    ...arms.map((arm): [string, string] => [
      `  ${arm.name}`,
      `${arm.customers} customers, ${points(arm.rate)} %${Number.isNaN(arm.truth) ? '' : `; truth ${points(arm.truth)} %`}`,
    ]),
    ...conclusions.map((sentence): [string, string] => ['', sentence]),
  ];
}
