/**
 * What the `larger` case runs in processes of their own: `larger-stages.ts train <folder> <model> <factors> <iterations>` or
 * `larger-stages.ts lists <model> <customers>`. Prints the processor and wall time of each stage and its peak memory, as JSON
 * in lines.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { readOrders } from '../../src/dataset/read.ts';
import { saveModel } from '../../src/model/file/file.ts';
import { loadRecommender } from '../../src/recommending/create.ts';
import { train } from '../../src/tuning/train.ts';

export interface Stage {
  stage: string;
  wallMs: number;
  cpuMs: number;
  peakBytes: number;
  /** What it came to. */
  said: string;
}

async function stage<T>(name: string, run: () => Promise<T>, say: (result: T) => string): Promise<T> {
  forgetPeak();
  const [started, cpu] = [performance.now(), process.cpuUsage()];
  const result = await run();
  const { user, system } = process.cpuUsage(cpu);
  const wallMs = performance.now() - started;
  const done: Stage = { stage: name, wallMs, cpuMs: (user + system) / 1000, peakBytes: peakBytes(), said: say(result) };
  console.log(JSON.stringify(done));
  return result;
}

/** Where the system can, the peak begins anew. */
function forgetPeak(): void {
  if (process.platform === 'linux') writeFileSync('/proc/self/clear_refs', '5');
}

function peakBytes(): number {
  if (process.platform !== 'linux') return 1024 * process.resourceUsage().maxRSS;
  return 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]);
}

async function trainOn(folder: string, path: string, factors: number, iterations: number): Promise<void> {
  let dataset: Awaited<ReturnType<typeof readOrders>> | undefined = await stage(
    'read',
    () => readOrders(folder, { history: false }),
    ({ account, customers, products, purchases }) =>
      `${account.read} lines, ${customers.length} customers, ${products.length} products, ${purchases.products.length} pairs`,
  );
  const given = dataset;
  dataset = undefined;
  const model = await stage(
    'train',
    () => train(given, { factors, iterations, fast: true }),
    ({ metadata }) =>
      `${factors} factors, ${iterations} iterations, losses ${metadata.losses.map(Math.round).join(', ')}`,
  );
  await stage(
    'save',
    () => saveModel(model, path),
    ({ bytes }) => `${bytes} bytes`,
  );
}

async function listFrom(path: string, customers: number): Promise<void> {
  const recommender = await stage(
    'open',
    () => loadRecommender(path),
    () => `${statSync(path).size} bytes`,
  );
  await stage(
    'batch',
    async () => {
      let lists = 0;
      for await (const block of recommender.recommendBlocks({ n: 10, to: customers })) lists += block.customers;
      return lists;
    },
    (lists) => `${lists} lists of ten`,
  );
  await recommender.close();
}

const [what, ...rest] = process.argv.slice(2);
if (what === 'train') await trainOn(rest[0], rest[1], Number(rest[2]), Number(rest[3]));
else await listFrom(rest[0], Number(rest[1]));
