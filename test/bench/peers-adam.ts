import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { openKernel } from '../../src/kernel/open.ts';
import { createRandom, shuffle } from '../../src/random.ts';
import { quantitySettings, trainQuantity } from '../../src/training/quantity.ts';
import { seedShapedOrders } from '../training/seed-data.ts';
import { contest, type Row } from './contest.ts';
import { writeNumbers } from './data.ts';
import { timeOf } from './measure.ts';

const run = promisify(execFile);

/** Ours, including the initial factors and the shuffling, against a dense C++ loop, which reads both from files. */
export async function quantity(folder: string): Promise<Row[]> {
  const dataset = await seedShapedOrders();
  const options = quantitySettings({});
  writeProblem(folder, dataset, options);
  const kernel = openKernel({ threads: 1 });
  let ourLoss = Number.NaN;
  const ours = async () => {
    const { losses } = await trainQuantity(kernel, dataset, options);
    ourLoss = losses[losses.length - 1];
  };
  const program = join(folder, 'dense-adam');
  const lines = dataset.lines!.quantities.length;
  const { factors, iterations, batchSize } = options;
  const sizes = [dataset.customers.length, dataset.products.length, factors, lines, iterations, batchSize];
  const dense = async () => {
    const { stdout } = await run(program, [folder, ...sizes.map(String)]);
    return JSON.parse(stdout) as { ms: number; loss: number };
  };
  const compare = async () => {
    const source = fileURLToPath(new URL('dense-adam.cpp', import.meta.url));
    // The loop over all rows is vectorized only if sqrt need not set errno.
    await run(process.env.CXX ?? 'c++', [
      '-O3',
      '-march=native',
      '-fno-math-errno',
      '-std=c++17',
      source,
      '-o',
      program,
    ]);
    await ours();
    const difference = Math.abs((await dense()).loss / ourLoss - 1);
    return { text: `last losses differ by ${(100 * difference).toFixed(3)} %`, agrees: difference < 0.001 };
  };
  try {
    return await contest('quantity, 10 epochs, 51,290 lines, 50 factors, one thread', 3, () => timeOf(ours), [
      { name: 'dense Adam in C++ -O3', aim: 3, run: async () => (await dense()).ms, compare },
    ]);
  } finally {
    await kernel.close();
  }
}

/** Writes what ours draws from its seed: customer factors, product factors, then the order of the lines in each epoch. */
function writeProblem(folder: string, dataset: Dataset, options: ReturnType<typeof quantitySettings>): void {
  const lines = dataset.lines!;
  const random = createRandom(options.seed);
  const normals = (rows: number) => Float32Array.from({ length: rows * options.factors }, () => random.normal());
  writeNumbers(join(folder, 'customers.f32'), normals(dataset.customers.length));
  writeNumbers(join(folder, 'products.f32'), normals(dataset.products.length));
  writeNumbers(join(folder, 'customers.u32'), lines.customers);
  writeNumbers(join(folder, 'products.u32'), lines.products);
  writeNumbers(join(folder, 'quantities.f32'), lines.quantities);
  const count = lines.quantities.length;
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const all = new Uint32Array(count * options.iterations);
  for (let epoch = 0; epoch < options.iterations; epoch++) {
    shuffle(order, random);
    all.set(order, epoch * count);
  }
  writeNumbers(join(folder, 'order.u32'), all);
}
