/**
 * The process whose memory the `memory` case measures: `trainer.ts <folder of pairs> <products>` trains on the pairs and
 * prints its peak memory, before training and at the end, in bytes.
 */
import { readFileSync } from 'node:fs';
import { fit } from '../../src/training/fit.ts';
import { datasetOf, readPairs } from './data.ts';

const [folder, products] = process.argv.slice(2);
const emptyBytes = peakBytes();
await fit(datasetOf(readPairs(folder, Number(products))), { factors: 64, iterations: 2, solver: 'cg' });
console.log(JSON.stringify({ emptyBytes, peakBytes: peakBytes() }));

/** On Linux, maxRSS includes what the parent held when it started this process; VmHWM does not. */
function peakBytes(): number {
  if (process.platform !== 'linux') return 1024 * process.resourceUsage().maxRSS;
  return 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]);
}
