/**
 * The fuzzer. `npm run fuzz` attacks every target for a minute in all; test/README.md has the options. Ends with 1 if it
 * found something.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runCampaign, type Tally } from './campaign.ts';
import { createFindings, readFinding } from './findings.ts';
import { type Input, type Outcome, randomOf, targetNamed, targets } from './target.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cases: { type: 'string' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    from: { type: 'string' },
    resume: { type: 'boolean', default: false },
    processes: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    memory: { type: 'string', default: '1024' },
    deadline: { type: 'string' },
    out: { type: 'string', default: fileURLToPath(new URL('./findings', import.meta.url)) },
    replay: { type: 'string' },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(targets);
const { out } = options;
/** Where the campaign of each target stands, to be resumed. */
const stateFile = join(out, 'state.json');
let state: Record<string, { seed: number; next: number }> = {};

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

for (const name of names) targetNamed(name);
if (options.replay === undefined) await attack();
else console.log(await replay(options.replay));

async function attack(): Promise<void> {
  await mkdir(out, { recursive: true });
  if (options.resume) state = JSON.parse(await readFile(stateFile, 'utf8'));
  const minutes = numberOf('minutes') ?? (options.cases === undefined ? 1 : Infinity);
  const findings = createFindings(out);
  for (const target of names) {
    if (stop.signal.aborted) break;
    const { seed, next } = (options.resume ? state[target] : undefined) ?? { seed: 1, next: 0 };
    const campaign = { target, seed: numberOf('seed') ?? seed, from: numberOf('from') ?? next };
    const cases = numberOf('cases');
    const started = performance.now();
    const time = minutes === Infinity ? undefined : AbortSignal.timeout(Math.round((minutes * 60_000) / names.length));
    const tally = await runCampaign({
      ...campaign,
      to: cases === undefined ? undefined : campaign.from + cases,
      signal: time ? AbortSignal.any([time, stop.signal]) : stop.signal,
      processes: Math.max(1, numberOf('processes')!),
      maxMiB: numberOf('memory')!,
      deadlineMs: numberOf('deadline'),
      onFinding: findings.keep,
      onTick: (tally) => saveState(target, campaign.seed, tally),
    });
    saveState(target, campaign.seed, tally);
    console.log(describe(target, campaign, tally, (performance.now() - started) / 1000));
  }
  const summary = findings.summary();
  for (const { looks, count, first } of summary) console.log(`${count} x ${looks}\n  ${join(out, first)}`);
  console.log(summary.length === 0 ? 'no findings' : `findings of ${summary.length} kinds`);
  if (summary.length > 0) process.exitCode = 1;
  else if (stop.signal.aborted) process.exitCode = 130;
}

function saveState(target: string, seed: number, { next }: Tally): void {
  state[target] = { seed, next };
  writeFileSync(`${stateFile}.new`, JSON.stringify(state));
  renameSync(`${stateFile}.new`, stateFile);
}

function describe(target: string, { seed, from }: { seed: number; from: number }, tally: Tally, seconds: number) {
  const { cases, next, labels, amounts, peakMiB, slowest } = tally;
  const counts = (sums: Map<string, number>) =>
    [...sums].sort(([, a], [, b]) => b - a).map(([name, sum]) => `${name} ${sum.toLocaleString('en-US')}`);
  return [
    `${target}: ${cases.toLocaleString('en-US')} cases in ${seconds.toFixed(1)} s, ${Math.round(cases / seconds)}/s`,
    `  seed ${seed}, cases ${from} to ${next - 1}; at most ${Math.round(peakMiB)} MiB; ` +
      `case ${slowest.number} took longest, ${Math.round(slowest.ms)} ms`,
    `  ${[...counts(labels), ...counts(amounts)].join(', ')}`,
  ].join('\n');
}

/** Runs one case in this process: `target:seed:number`, the folder of a finding, or a file for the given target. */
async function replay(what: string): Promise<Outcome> {
  const [, name, seed, number] = /^(\w+):(\d+):(\d+)$/.exec(what) ?? [];
  if (name !== undefined) {
    const target = await targetNamed(name).load();
    return target.run(await target.make(randomOf({ target: name, seed: Number(seed), number: Number(number) })));
  }
  const isFolder = (await stat(what)).isDirectory();
  if (!isFolder && positionals.length !== 1)
    throw new RangeError('name the target of the file: -- models --replay file');
  const { target, input } = isFolder
    ? await readFinding(what)
    : { target: names[0], input: { [basename(what)]: await readFile(what) } satisfies Input };
  return (await targetNamed(target).load()).run(input);
}

function numberOf(
  name: 'cases' | 'minutes' | 'seed' | 'from' | 'processes' | 'memory' | 'deadline',
): number | undefined {
  const text = options[name];
  if (text === undefined) return undefined;
  const number = Number(text);
  if (number >= 0 && (name === 'minutes' || Number.isSafeInteger(number))) return number;
  throw new RangeError(`--${name} is ${text}; expected a ${name === 'minutes' ? '' : 'whole '}number of at least 0`);
}
