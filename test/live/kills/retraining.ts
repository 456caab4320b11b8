/** Kills retraining runs at every stage, and looks at what is left: the harness of `retraining.test.ts` and `../../kills.ts`. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { readOrders } from '../../../src/dataset/read.ts';
import { keptModels } from '../../../src/live/models/kept.ts';
import { retrainingHistory } from '../../../src/live/retraining/history.ts';
import { stages } from '../../../src/live/retraining/outcome.ts';
import { openStoreToRead } from '../../../src/live/store/reading.ts';
import { openSqliteStore } from '../../../src/live/store/sqlite/sqlite.ts';
import { saveModel } from '../../../src/model/file/file.ts';
import { decodeModel } from '../../../src/model/file/format.ts';
import type { Random } from '../../../src/random.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { fit } from '../../../src/training/fit.ts';
import { endcap, start } from '../../cli/run.ts';
import { childrenOf, isRunning } from '../../support/processes.ts';
import { until } from '../../support/until.ts';

export interface RetrainingTally {
  kills: number;
  /** Kills of the process that trains; the others hit the command, or the server, that waits for it. */
  children: number;
  /** Kills by the stage in which they came, as far as it was said. */
  stages: Record<string, number>;
  /** After how many the model was the one before, or a new one. */
  old: number;
  new: number;
  faults: string[];
}

const model = 'm.safetensors';
const quick = ['--fast', '--factors', '8', '--iterations', '2'];
/** A stage of such a small shop takes about as long. */
const maxStageMs = 250;

/** @param nextAfterEach whether a run that is not killed follows each kill, or only the last one. */
export async function killRetraining({
  kills,
  random,
  nextAfterEach = true,
}: {
  kills: number;
  random: Random;
  nextAfterEach?: boolean;
}): Promise<RetrainingTally> {
  const cwd = await mkdtemp(join(tmpdir(), 'endcap-retraining-kills-'));
  const tally: RetrainingTally = { kills: 0, children: 0, stages: {}, old: 0, new: 0, faults: [] };
  try {
    const lines = [...sampleOrders({ lines: 1500 })];
    await writeFile(join(cwd, 'orders.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await saveModel(await fit(await readOrders(lines.slice(0, 1000)), { factors: 8, iterations: 2 }), join(cwd, model));
    const store = await openSqliteStore(join(cwd, 'shop.db'));
    const purchase = {
      customer: 'ann',
      order: 'w1',
      product: String(lines[0].product_id),
      quantity: 1,
      time: Date.now(),
    };
    await store.append({ purchases: [purchase] });
    await store.close();
    const bought = await purchasesIn(cwd);
    for (let seed = 0; tally.kills < kills; seed++) {
      const before = await readFile(join(cwd, model));
      const killed = await killOne(cwd, seed, random);
      if (!killed) continue;
      const { stage, isChild } = killed;
      tally.kills++;
      if (isChild) tally.children++;
      tally.stages[stage] = (tally.stages[stage] ?? 0) + 1;
      const fault = (what: string) =>
        tally.faults.push(`kill ${tally.kills}, of the ${isChild ? 'child' : 'parent'} while ${stage}: ${what}`);
      const after = await readFile(join(cwd, model));
      if (after.equals(before)) tally.old++;
      else {
        tally.new++;
        await decodeModel(after).catch((error) => fault(error.message));
      }
      for (const { problem } of await keptModels(join(cwd, model))) if (problem !== undefined) fault(problem);
      const { problem } = await retrainingHistory(join(cwd, model));
      if (problem !== undefined) fault(problem);
      if (JSON.stringify(await purchasesIn(cwd)) !== JSON.stringify(bought)) fault('the store has changed');
      if (!nextAfterEach && tally.kills < kills) continue;
      const { code, stderr } = await endcap(retrain(seed + 10_000), { cwd });
      if (code !== 0) fault(`the next run ended with ${code}: ${stderr}`);
      const strays = (await readdir(cwd)).filter(
        (name) => !/^(m\.([0-9a-f]{16}\.)?safetensors|m\.retraining\.json|orders\.jsonl|shop\.db.*)$/.test(name),
      );
      if (strays.length > 0) fault(`the next run leaves ${strays}`);
    }
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
  return tally;
}

/** Another seed makes another model, since there is nothing new to learn for the same. */
const retrain = (seed: number) => [
  ...['retrain', model, '--orders', 'orders.jsonl', '--data', 'shop.db', '--seed', `${seed}`, ...quick],
];

async function purchasesIn(cwd: string) {
  const store = await openStoreToRead(join(cwd, 'shop.db'));
  const purchases = await store.purchasesAfter(0, 1000);
  await store.close();
  return purchases;
}

/** Kills a run, or the process that it started, some time after a stage begins. Undefined if it ended before. */
async function killOne(cwd: string, seed: number, random: Random) {
  const isChild = random.below(2) === 0;
  // Before it reads, there is only the command.
  const wanted = random.below(stages.length + (isChild ? 0 : 1));
  const delayMs = random.uniform() * maxStageMs;
  let stage = 'starting';
  let reached = () => {};
  const at = new Promise<void>((resolve) => {
    reached = resolve;
  });
  if (wanted === stages.length) reached();
  const { child, ran } = start(retrain(seed), {
    cwd,
    onStderr(text) {
      const said = stages.filter((each) => text.toLowerCase().includes(`\n${each}: `));
      stage = said.at(-1) ?? stage;
      if (said.includes(stages[wanted])) reached();
    },
  });
  await Promise.race([at, ran]);
  await setTimeout(delayMs);
  const [trainer] = childrenOf(child.pid!);
  const victim = isChild ? trainer : child.pid!;
  if (victim === undefined || child.exitCode !== null) {
    await ran;
    return undefined;
  }
  try {
    process.kill(victim, 'SIGKILL');
  } catch {
    await ran;
    return undefined;
  }
  await ran;
  // Left alone, the other one goes as well.
  await until(() => trainer === undefined || !isRunning(trainer));
  return { stage, isChild };
}
