/** The example that trains factors on Spark: as its page says, and with what dies on the way. */
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Model, readOrders, readPairs, sampleCsv } from '../../../src/index.ts';
import { createRandom } from '../../../src/random.ts';
import { fit } from '../../../src/training/fit.ts';
import { type Pair, pairsOf, pairsPart } from '../../exchange/pairs/pairs.ts';
import { install, root, run } from '../../support/commands.ts';
import { sharedData, testUnless } from '../../support/skip.ts';
import { newProject, packedPackage } from '../packed.ts';
import { absentProcesses, executorsIn, sparkTool, submitting } from './spark.ts';

const test = suite('factors on Spark');
const spark = await sparkTool();
const { tarball, absent: unpacked } = await packedPackage();
const { folder: cwd } = await newProject();
const absent = spark.absent ?? unpacked;
const absentExecutors = absent ?? absentProcesses;
const example = join(root, 'test/examples/spark');
const retail = sharedData('online-retail.csv.gz');

/** The commands of the page: those that make the archive and lists, and those that train. */
async function commandsOf(page: string): Promise<string[][]> {
  const text = await readFile(join(example, page), 'utf8');
  return Array.from(text.matchAll(/^```sh\n(.*?)\n```$/gms), ([, commands]) => commands.split('\n'));
}

interface FactorRow {
  id: string;
  features: number[];
}

async function factorsIn(folder: string): Promise<FactorRow[]> {
  const parts = (await readdir(join(cwd, folder))).filter((name) => name.endsWith('.parquet')).sort();
  const rows = [];
  for (const part of parts)
    rows.push(...(await parquetReadObjects({ file: await asyncBufferFromFile(join(cwd, folder, part)), compressors })));
  return rows as unknown as FactorRow[];
}

/** Compares with a model's: the largest difference, relative to the largest number. */
function compare(rows: FactorRow[], ids: readonly string[], values: Float32Array, factors: number): number {
  assert.equal(
    rows.map(({ id }) => id),
    Array.from(ids),
  );
  let [largest, apart] = [0, 0];
  for (const [row, { features }] of rows.entries()) {
    assert.is(features.length, factors);
    for (let k = 0; k < factors; k++) {
      const expected = values[row * factors + k];
      largest = Math.max(largest, Math.abs(expected));
      apart = Math.max(apart, Math.abs(features[k] - expected));
    }
  }
  return apart / largest;
}

/** Places at which the ten best by taste differ, other than by products with nearly the same score. */
function differingPlaces(customers: FactorRow[], products: FactorRow[], model: Model): number {
  const { factors, customerFactors, productFactors } = model;
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
    let sum = 0;
    for (let k = 0; k < factors; k++) sum += a[k] * b[k];
    return sum;
  };
  const best = (scores: number[]) => [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b).slice(0, 10);
  let places = 0;
  for (const [row, { features }] of customers.entries()) {
    const own = customerFactors.subarray(row * factors, (row + 1) * factors);
    const expected = products.map((_, product) => dot(own, productFactors.subarray(product * factors)));
    const found = products.map((product) => dot(features, product.features));
    const [listed, list] = [best(expected), best(found)];
    for (let rank = 0; rank < list.length; rank++)
      if (Math.abs(expected[list[rank]] - expected[listed[rank]]) > 1e-4 * Math.abs(expected[listed[0]])) places++;
  }
  return places;
}

async function writePairs(folder: string, pairs: Pair[]): Promise<void> {
  await mkdir(join(cwd, folder));
  await writeFile(join(cwd, folder, 'part-00000.parquet'), pairsPart(pairs));
  await writeFile(join(cwd, folder, '_SUCCESS'), '');
}

async function sparkIn(name: string, master: string): Promise<NodeJS.ProcessEnv> {
  await mkdir(join(cwd, name), { recursive: true });
  return submitting(spark, join(cwd, name), master);
}

testUnless(test, absent, 'the commands of the page: pairs, factors, a model, lists', async () => {
  const csv = [...sampleCsv({ lines: 5000 })].join('');
  await writeFile(join(cwd, 'orders.csv'), csv);
  for (const name of await readdir(example)) await cp(join(example, name), join(cwd, name));
  await writePairs('pairs', pairsOf(await readOrders(join(cwd, 'orders.csv'))));
  const [preparing, training] = await commandsOf('README.md');
  assert.is(await install([tarball], cwd), undefined);
  const archive = preparing.find((command) => command.startsWith('tar '))!;
  const env = await sparkIn('tmp', 'local[2,4]');
  const { code, stderr } = await run('sh', ['-ec', [archive, ...training].join('\n')], { cwd, env, seconds: 1800 });
  assert.is(code, 0, stderr.slice(-3000));

  const factors = Number(/--factors (\d+)/.exec(training[0])![1]);
  const pairs = await readPairs(join(cwd, 'pairs'));
  const model = await fit(pairs, { factors, solver: 'cg' });
  assert.ok(compare(await factorsIn('factors/customers'), model.customers, model.customerFactors, factors) < 1e-4);
  assert.ok(compare(await factorsIn('factors/products'), model.products, model.productFactors, factors) < 1e-4);
  assert.is((await factorsIn('trained-lists')).length > 0, true);
});

interface Training {
  master?: string;
  program?: string;
  /** Called twenty times a second. */
  during?: (iterations: number, folder: string) => Promise<void>;
}

/** Trains on the pairs of a shop. Returns what is printed. */
async function trainIn(output: string, args: string[], training: Training = {}): Promise<string> {
  const { master = 'local[2,4]', program = 'train_factors.py', during } = training;
  const env = await sparkIn(`${output}-tmp`, master);
  const log = join(cwd, `${output}.log`);
  const command = `exec spark-submit ${program} endcap.tar.gz ${args[0]} ${output} ${args.slice(1).join(' ')} >${log}`;
  let isDone = false;
  const ran = run('sh', ['-c', command], { cwd, env, seconds: 1800 }).finally(() => {
    isDone = true;
  });
  const printed = () => readFile(log, 'utf8').catch(() => '');
  while (during && !isDone) {
    await sleep(50);
    await during((await printed()).split('\n').filter(isIteration).length, join(cwd, `${output}-tmp`));
  }
  const { code, stderr } = await ran;
  assert.is(code, 0, stderr.slice(-3000));
  return printed();
}

const isIteration = (line: string) => line.startsWith('iteration');

async function assertSameFactors(one: string, other: string): Promise<void> {
  for (const side of ['customers', 'products'])
    assert.equal(await factorsIn(`${one}/${side}`), await factorsIn(`${other}/${side}`));
}

testUnless(test, absent, 'endcap solve is killed in the middle: the factors are the same, byte by byte', async () => {
  const args = ['pairs', ...'--factors 16 --iterations 3 --partitions 3'.split(' ')];
  const solvers = new Set<number>();
  await trainIn('whole', args, {
    async during(_, folder) {
      for (const pid of await solversBelow(folder)) solvers.add(pid);
    },
  });
  // All tasks share one, of both stages and of every partition.
  assert.is(solvers.size, 1);
  let killed = 0;
  await trainIn('killed', args, {
    async during(iterations, folder) {
      if (iterations <= killed || killed === 2) return;
      for (const pid of await solversBelow(folder)) {
        process.kill(pid, 'SIGKILL');
        killed = iterations;
      }
    },
  });
  assert.ok(killed > 0);
  await assertSameFactors('killed', 'whole');
});

testUnless(
  test,
  absentExecutors,
  'an executor is killed in the middle: the factors are the same, byte by byte',
  async () => {
    // More than what is between two tasks holds, of which one makes anew what another one needs.
    const random = createRandom(7);
    const pairs = Array.from({ length: 60_000 }, (_, c) =>
      [0, 1, 2].map((i) => ({
        customer: `c${c}`,
        product: `p${3 * random.below(100) + i}`,
        quantity: 1,
        orders: 1 + i,
      })),
    );
    await writePairs('many', pairs.flat());
    const driver = await readFile(join(example, 'train_factors.py'), 'utf8');
    assert.match(driver, '100_000)  # customers of a block');
    await writeFile(join(cwd, 'small_blocks.py'), driver.replace('100_000', '5_000'));
    const args = ['many', ...'--factors 64 --iterations 3 --partitions 2'.split(' ')];
    await trainIn('undisturbed', args, { program: 'small_blocks.py' });
    let killed: number | undefined;
    await trainIn('survived', args, {
      program: 'small_blocks.py',
      master: 'local-cluster[2,1,512]',
      async during(iterations, folder) {
        if (iterations < 2 || killed !== undefined) return;
        const executors = executorsIn(folder);
        assert.is(executors.length, 2);
        [killed] = executors;
        process.kill(killed, 'SIGKILL');
      },
    });
    assert.ok(killed);
    await assertSameFactors('survived', 'undisturbed');
  },
);

/** The processes that stay with the executors whose files are in a folder. */
async function solversBelow(folder: string): Promise<number[]> {
  // Spark removes folders meanwhile.
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const files = names.filter((name) => name.endsWith(join('.solve', 'pid')));
  const pids = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8').catch(() => '')));
  return pids.map(Number).filter((pid) => pid > 0 && isRunning(pid));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

testUnless(test, absent ?? retail.absent, 'Online Retail has the factors and the lists of one machine', async () => {
  const orders = await readOrders(retail.path);
  await rm(join(cwd, 'retail'), { recursive: true, force: true });
  await writePairs('retail', pairsOf(orders));
  const iterations = 5;
  const args = ['retail', ...`--factors 64 --iterations ${iterations} --partitions 2`.split(' ')];
  const printed = await trainIn('retail-factors', args);
  const [customers, products] = [
    await factorsIn('retail-factors/customers'),
    await factorsIn('retail-factors/products'),
  ];
  const pairs = await readPairs(join(cwd, 'retail'));
  const started = performance.now();
  const model = await fit(pairs, { factors: 64, solver: 'cg', iterations });
  logHalves(printed, performance.now() - started);
  assert.ok(compare(customers, model.customers, model.customerFactors, 64) < 1e-4);
  assert.ok(compare(products, model.products, model.productFactors, 64) < 1e-4);
  assert.is(differingPlaces(customers, products, model), 0);
});

/** What Spark adds to each half of an iteration, by the clock. */
function logHalves(printed: string, msOfOneMachine: number): void {
  const iterations = printed.split('\n').filter(isIteration);
  const median = (half: string) => {
    const seconds = iterations.map((line) => Number(new RegExp(`${half} ([0-9.]+) s`).exec(line)![1]));
    return seconds.sort((a, b) => a - b)[seconds.length >> 1];
  };
  const [products, customers] = [median('products'), median('customers')];
  const alone = msOfOneMachine / 2000 / iterations.length;
  console.log(
    `  a half takes ${products} s (products), ${customers} s (customers); on one machine ${alone.toFixed(3)} s`,
  );
}

test.run();
