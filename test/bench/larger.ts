import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeLargeShop } from './larger-data.ts';
import type { Stage } from './larger-stages.ts';
import { duration, table } from './measure.ts';

/** How large; see `npm run bench -- larger`. */
export interface LargerOptions {
  customers?: number;
  /** A hundredth of the customers by default. */
  products?: number;
  factors?: number;
  iterations?: number;
  /** Of each customer, three products each: 1 to 3, and 3 by default. */
  orders?: number;
  /** How often the orders are repeated, for lines that are no new pairs. */
  repeats?: number;
  /** Customers who get lists. */
  lists?: number;
  /** Where the orders and the model are kept for the next run; a folder that is removed by default. */
  keep?: string;
}

/**
 * The whole way of a shop that is large: order lines in Parquet parts, read without a history, trained on, saved, opened, and
 * lists of some customers. Each stage says what it took; reading, training, and saving are one process, as `endcap train` is.
 */
export async function larger({
  customers = 1_000_000,
  products = Math.max(100, Math.floor(customers / 100)),
  factors = 32,
  iterations = 2,
  orders = 3,
  repeats = 0,
  lists = Math.min(customers, 50_000),
  keep,
}: LargerOptions): Promise<void> {
  const folder = keep ?? (await mkdtemp(join(tmpdir(), 'endcap-bench-')));
  const [source, model] = [
    join(folder, `orders-${customers}-${products}-${orders}-${repeats}`),
    join(folder, 'model.safetensors'),
  ];
  try {
    console.log(`\nA shop of ${customers} customers and ${products} products`);
    if (!existsSync(join(source, '_SUCCESS'))) {
      const started = performance.now();
      const lines = writeLargeShop(source, { customers, products, orders, repeats });
      console.log(`${lines} order lines written in ${duration(performance.now() - started)}`);
    }
    const stages = [
      ...(await stagesOf('train', source, model, String(factors), String(iterations))),
      ...(await stagesOf('lists', model, String(lists))),
    ];
    const gibibytes = (bytes: number) => (bytes / 2 ** 30).toFixed(2);
    console.log(
      table(
        ['stage', 'wall', 'processor', 'peak GiB', 'bytes per customer'],
        stages.map(({ stage, wallMs, cpuMs, peakBytes }) => [
          stage,
          duration(wallMs),
          duration(cpuMs),
          gibibytes(peakBytes),
          (peakBytes / customers).toFixed(0),
        ]),
      ),
    );
  } finally {
    if (keep === undefined) await rm(folder, { recursive: true });
  }
}

/** Runs stages in a process, and says what each came to. */
function stagesOf(...given: string[]): Promise<Stage[]> {
  const script = fileURLToPath(new URL('larger-stages.ts', import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, script, ...given], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stages: Stage[] = [];
  let text = '';
  child.stdout.on('data', (data) => {
    text += data;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const stage: Stage = JSON.parse(text.slice(0, end));
      text = text.slice(end + 1);
      stages.push(stage);
      console.log(`${stage.stage}: ${stage.said}, in ${duration(stage.wallMs)}`);
    }
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(stages) : reject(new Error(`${given[0]} ended with ${code}`))));
  });
}
