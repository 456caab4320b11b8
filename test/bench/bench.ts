/**
 * `npm run bench [-- <case> ...] [-- --large] [-- --json <file>]` runs Endcap's own cases (the keys of `cases`; all by default) on each
 * backend and instruction set of this machine. The same run measures the floating-point peak (independent fused
 * multiply-adds in registers) and the memory bandwidth (one array read from end to end), and reports throughput as a share
 * of them: of the peak of the kernel's own instruction set, and of the widest one here. `--large` adds 100 million pairs
 * to `growth` and `memory`, and models of 570 MB to `start` and `swap`. `--json` writes every figure that was printed, for
 * `npm run bench:compare`. `larger` takes `--customers` and more; see `larger.ts`.
 */
import { parseArgs } from 'node:util';
import { openBackend } from '../kernel/backends.ts';
import { databases } from './databases.ts';
import { diversity, limits } from './diversity.ts';
import { explain } from './explain.ts';
import { explorer } from './explorer.ts';
import { hiding } from './hiding.ts';
import { http } from './http.ts';
import { type LargerOptions, larger } from './larger.ts';
import { bandwidthOf, here, peaks } from './limits.ts';
import { batch, query, ranked, scoring } from './lists.ts';
import { machineText, thisMachine, warnIfBusy } from './machine.ts';
import { median, table, takePrinted } from './measure.ts';
import { neighbours } from './neighbours.ts';
import { purchases } from './purchases.ts';
import { reading } from './reading.ts';
import { endcapVersion, type Figure, figuresOf, writeResults } from './results.ts';
import { retraining } from './retraining.ts';
import { search } from './search.ts';
import { selling } from './selling.ts';
import { start } from './start.ts';
import { swap } from './swap.ts';
import { als, exact, growth, memory, quantity } from './training.ts';
import { workers } from './workers.ts';

const cases: Record<string, (large: boolean) => Promise<void>> = {
  scoring,
  query,
  batch,
  ranked,
  diversity,
  neighbours,
  limits,
  als,
  exact,
  growth,
  memory,
  quantity,
  search,
  retraining,
  reading,
  databases,
  start,
  swap,
  http,
  workers,
  explain,
  explorer,
  hiding,
  selling,
  purchases,
  larger: () => larger(largerOptions()),
};
const size = { type: 'string' } as const;
const { values, positionals: selected } = parseArgs({
  options: {
    large: { type: 'boolean', default: false },
    json: { type: 'string' },
    ...{
      customers: size,
      products: size,
      factors: size,
      iterations: size,
      orders: size,
      repeats: size,
      lists: size,
      keep: size,
    },
  },
  allowPositionals: true,
});

function largerOptions(): LargerOptions {
  const { customers, products, factors, iterations, orders, repeats, lists, keep } = values;
  const sizes = Object.entries({ customers, products, factors, iterations, orders, repeats, lists });
  const given = sizes.flatMap(([name, text]) => (text === undefined ? [] : [[name, Number(text)]]));
  return { ...Object.fromEntries(given), ...(keep !== undefined && { keep }) };
}

const unknown = selected.filter((name) => !(name in cases));
if (unknown.length > 0) {
  console.error(`unknown case ${unknown.join(', ')}; the cases are ${Object.keys(cases).join(', ')}`);
  process.exit(2);
}
const machine = thisMachine();
console.log(machineText(machine));
warnIfBusy(machine);
const figures: Figure[] = [];
printLimits();
note('limits');
for (const [name, run] of Object.entries(cases)) {
  if (selected.length > 0 ? !selected.includes(name) : name === 'larger') continue;
  await run(values.large);
  note(name);
}
if (values.json !== undefined)
  await writeResults(values.json, { machine, versions: { endcap: endcapVersion() }, figures });

/** Keeps the figures of the tables that a case printed. */
function note(name: string): void {
  for (const [i, { header, rows }] of takePrinted().entries())
    figures.push(...figuresOf(i === 0 ? name : `${name}, table ${i + 1}`, header, rows));
}

function printLimits(): void {
  const rows = here.map((backend) => {
    const kernel = openBackend(backend);
    const [{ measure: peak }] = peaks(kernel);
    const { measure: bandwidth } = bandwidthOf(kernel);
    const typical = (measure: () => number) => median(Array.from({ length: 5 }, measure)).toFixed(1);
    return [backend.name, typical(peak), typical(bandwidth)];
  });
  console.log(table(['limits of one thread', 'GFLOP/s', 'GB/s'], rows));
}
