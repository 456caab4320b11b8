import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOrders } from '../../src/dataset/read.ts';
import { openKernel } from '../../src/kernel/open.ts';
import { sampleCsv } from '../../src/sample/sample.ts';
import { bandwidthOf, nothingYet, rounds } from './limits.ts';
import { median, ratios } from './measure.ts';

/** Writes sample orders as CSV, chunk by chunk. */
export async function writeSample(path: string, lines: number): Promise<void> {
  const file = await open(path, 'w');
  for (const text of sampleCsv({ lines })) await file.write(text);
  await file.close();
}

export async function reading(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'endcap-bench-'));
  try {
    const path = join(folder, 'orders.csv');
    await writeSample(path, 1_000_000);
    const { size } = await stat(path);
    let pairs = 0;
    const bandwidth = bandwidthOf(openKernel({ threads: 1 }));
    const result = nothingYet('reading', [bandwidth]);
    await rounds(result, [bandwidth], 5, async () => {
      const started = performance.now();
      pairs = (await readOrders(path)).purchases.products.length;
      return size / (performance.now() - started) / 1e6;
    });
    const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
    const rate = (of: number) => mebibytes(1e9 * of);
    const range = `${rate(Math.min(...result.rates))} to ${rate(Math.max(...result.rates))}`;
    const share = ratios(result.rates, result.limits.get('bandwidth')!, (ratio) => `${(100 * ratio).toFixed(1)} %`);
    console.log(`\nReading, cleaning and encoding ${mebibytes(size)} MiB of CSV, 1,000,000 lines, ${pairs} pairs`);
    console.log(`${rate(median(result.rates))} MiB/s (${range}), ${share} of the read bandwidth of one thread`);
  } finally {
    await rm(folder, { recursive: true });
  }
}
