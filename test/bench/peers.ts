/**
 * `npm run bench:peers [-- als | exact | retail | lists | nearest | quantity | reading | whole ...] [-- --env <folder>]` compares Endcap
 * with implicit, rusket, faiss, duckdb and a dense loop in C++, on the same data with the same number of threads, and
 * prints a Markdown table. The Python environment lives in a temporary folder, or in that of `--env`, which is kept for
 * the next run. `--large` adds ten million lines to `whole`; `--json <file>` writes times and ratios, for `npm run
 * bench:compare`. A peer that cannot be installed is a gap in the table; results that differ make the run fail.
 */
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { contestFigures, markdown, type Row } from './contest.ts';
import { lacking, machineText, type Needs, thisMachine, warnIfBusy } from './machine.ts';
import { quantity } from './peers-adam.ts';
import { als, exact, retail } from './peers-als.ts';
import { lists, nearest } from './peers-lists.ts';
import { reading } from './peers-reading.ts';
import { whole } from './peers-whole.ts';
import { type Environment, makeEnvironment, reasonOf, removedSettings } from './python.ts';
import { endcapVersion, writeResults } from './results.ts';

type Case = (environment: Environment, threads: number, folder: string, large: boolean) => Promise<Row[]>;

/** What cases need that would run out of it otherwise; those that have several sizes check each. */
const needs: Record<string, Needs> = {
  als: { memory: 3e9, disk: 3e8 },
  lists: { memory: 3e9, disk: 5e8 },
  nearest: { memory: 2e9, disk: 4e8 },
};

const cases: Record<string, Case> = {
  als,
  exact,
  retail,
  lists,
  nearest,
  quantity: (_environment, _threads, folder) => quantity(folder),
  reading,
  whole,
};

const { values, positionals: selected } = parseArgs({
  options: { env: { type: 'string' }, json: { type: 'string' }, large: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const unknown = selected.filter((name) => !(name in cases));
if (unknown.length > 0) {
  console.error(`unknown case ${unknown.join(', ')}; the cases are ${Object.keys(cases).join(', ')}`);
  process.exit(2);
}

const folder = await mkdtemp(join(tmpdir(), 'endcap-peers-'));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  });
}
try {
  console.error('installing the peers');
  const environment = await makeEnvironment(values.env === undefined ? join(folder, 'env') : resolve(values.env));
  for (const [name, reason] of environment.gaps) console.error(`gap: ${name}: ${reason}`);
  const threads = availableParallelism();
  const machine = thisMachine();
  warnIfBusy(machine);
  const rows: Row[] = [];
  for (const [name, run] of Object.entries(cases)) {
    if (selected.length > 0 && !selected.includes(name)) continue;
    const reason = await lacking(needs[name] ?? {}, folder);
    if (reason !== undefined) {
      console.error(`${name}: left out: ${reason}`);
      continue;
    }
    console.error(`${name} ...`);
    try {
      rows.push(...(await run(environment, threads, folder, values.large)));
    } catch (error) {
      console.error(`${name} failed: ${reasonOf(error)}`);
      process.exitCode = 1;
    }
  }
  const versions = { endcap: endcapVersion(), ...Object.fromEntries(environment.versions) };
  const removed = removedSettings();
  console.log(`${markdown(rows)}\n\n${machineText(machine)}; ${Object.entries(versions).flat().join(' ')}`);
  if (removed.length > 0) console.log(`Peers ran without ${removed.join(', ')}.`);
  if (values.json !== undefined) await writeResults(values.json, { machine, versions, figures: contestFigures(rows) });
  if (rows.some(({ fair }) => !fair)) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}
