/**
 * The process whose memory the `memory` case measures: `trainer.ts <folder of pairs> <products>` trains on them and
 * prints the bytes that it held before and at most.
 */
import { readFileSync } from 'node:fs';
import { fit } from '../../src/training/fit.ts';
import { datasetOf, readPairs } from './data.ts';

const [folder, products] = process.argv.slice(2);
const emptyBytes = mostBytes();
await fit(datasetOf(readPairs(folder, Number(products))), { factors: 64, iterations: 2, solver: 'cg' });
console.log(JSON.stringify({ emptyBytes, mostBytes: mostBytes() }));

/** Linux counts into maxRSS what the parent held when it started this process, but not into VmHWM. */
function mostBytes(): number {
  if (process.platform !== 'linux') return 1024 * process.resourceUsage().maxRSS;
  return 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]);
}
