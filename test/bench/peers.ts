/**
 * `npm run bench:peers [-- als | retail | lists | nearest | quantity | reading ...] [-- --env <folder>]` compares Endcap
 * with implicit, rusket, faiss, duckdb and a dense loop in C++, on the same data with the same number of threads, and
 * prints a Markdown table. The Python environment lives in a temporary folder, or in that of `--env`, which is kept for
 * the next run. A peer that cannot be installed is a gap in the table; results that differ make the run fail.
 */
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openKernel } from '../../src/kernel/open.ts';
import { markdown, type Row } from './contest.ts';
import { quantity } from './peers-adam.ts';
import { als, retail } from './peers-als.ts';
import { lists, nearest } from './peers-lists.ts';
import { reading } from './peers-reading.ts';
import { type Environment, makeEnvironment, reasonOf } from './python.ts';

type Case = (environment: Environment, threads: number, folder: string) => Promise<Row[]>;

const cases: Record<string, Case> = {
  als,
  retail,
  lists,
  nearest,
  quantity: (_environment, _threads, folder) => quantity(folder),
  reading,
};

const { values, positionals: selected } = parseArgs({ options: { env: { type: 'string' } }, allowPositionals: true });
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
  const rows: Row[] = [];
  for (const [name, run] of Object.entries(cases)) {
    if (selected.length > 0 && !selected.includes(name)) continue;
    console.error(`${name} ...`);
    try {
      rows.push(...(await run(environment, threads, folder)));
    } catch (error) {
      console.error(`${name} failed: ${reasonOf(error)}`);
      process.exitCode = 1;
    }
  }
  console.log(`${markdown(rows)}\n\n${machineLine(environment, threads)}`);
  if (rows.some(({ fair }) => !fair)) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}

function machineLine({ versions }: Environment, threads: number): string {
  const { backend, isa } = openKernel({ threads: 1 });
  return [
    `${cpus()[0].model}, ${threads} threads, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `${process.platform} ${process.arch}, Node ${process.version}, ${backend} ${isa}`,
    ...[...versions].map((pair) => pair.join(' ')),
    new Date().toISOString().slice(0, 10),
  ].join('; ');
}
