/**
 * `npm run bench [-- scoring | query | batch | ranked | als | exact | growth | memory | quantity | reading | http ...] [-- --large]`:
 * Endcap's own cases in the backends and instruction sets that this machine has. The floating-point peak (independent
 * fused multiply-adds in registers) and the memory bandwidth (one array read from end to end) are measured in the
 * same run, and figures are shares of them: of the instruction set's own peak, and of the widest that the machine
 * has. `--large` adds 100 million pairs to `growth` and `memory`.
 */
import { availableParallelism, cpus } from 'node:os';
import { openBackend } from '../kernel/backends.ts';
import { http } from './http.ts';
import { bandwidthOf, here, peaks } from './limits.ts';
import { batch, query, ranked, scoring } from './lists.ts';
import { median, table } from './measure.ts';
import { reading } from './reading.ts';
import { als, exact, growth, memory, quantity } from './training.ts';

const cases: Record<string, (large: boolean) => Promise<void>> = {
  scoring,
  query,
  batch,
  ranked,
  als,
  exact,
  growth,
  memory,
  quantity,
  reading,
  http,
};
const large = process.argv.includes('--large');
const asked = process.argv.slice(2).filter((word) => word !== '--large');
const unknown = asked.filter((name) => !(name in cases));
if (unknown.length > 0) {
  console.error(`no case ${unknown.join(', ')}; there are ${Object.keys(cases).join(', ')}`);
  process.exit(2);
}
console.log(`${cpus()[0].model}, ${availableParallelism()} threads, Node ${process.version}`);
printLimits();
for (const [name, run] of Object.entries(cases)) if (asked.length === 0 || asked.includes(name)) await run(large);

function printLimits(): void {
  const rows = here.map((backend) => {
    const kernel = openBackend(backend);
    const [{ measure: peak }] = peaks(kernel);
    const { measure: bandwidth } = bandwidthOf(kernel);
    const middle = (measure: () => number) => median(Array.from({ length: 5 }, measure)).toFixed(1);
    return [backend.name, middle(peak), middle(bandwidth)];
  });
  console.log(table(['limits of one thread', 'GFLOP/s', 'GB/s'], rows));
}
