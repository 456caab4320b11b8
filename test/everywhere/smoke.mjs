/**
 * The same program in every host with Node's modules: reads 3,000 lines of the sample shop, trains, saves, loads, recommends,
 * and prints what came of it as one line of JSON. Plain JavaScript that imports nothing but the package, as a user's does.
 *
 *     node smoke.mjs [--save FILE | --load FILE] [--out FILE]
 *
 * It keeps the model that it saves if it is told where, or loads one instead of training; and also writes the line to a file,
 * for hosts whose output gets lost. ENDCAP_BACKEND, ENDCAP_ISA, and ENDCAP_THREADS force a kernel, as always.
 */
import { createRecommender, loadModel, readOrders, sampleOrders, saveModel, train } from 'endcap';
import { createApp } from 'endcap/server';
import { answersOf } from './answers.mjs';

const options = { algorithm: 'als', factors: 32, iterations: 3, seed: 1, fast: true };

/** @param files where to save the model, or from where to load one; otherwise it is saved, loaded, and removed. */
export async function smoke({ save, load } = {}) {
  const warnings = [];
  const warn = ({ name, message }) => warnings.push(`${name}: ${message}`);
  process.on('warning', warn);
  const model = load ? await loadModel(load) : save ? await trained(save) : await inFolder(trained);
  const recommender = createRecommender(model);
  try {
    const { failed } = recommender.kernel;
    const answers = await answersOf(recommender, model, createApp({ recommender }));
    return { host: hostOf(), ...answers, failed, warnings };
  } finally {
    await recommender.close();
    process.off('warning', warn);
  }
}

/** A model that was saved in a file and read from it. */
async function trained(path) {
  const dataset = await readOrders(sampleOrders({ lines: 3000 }));
  await saveModel(await train(dataset, options), path);
  return loadModel(path);
}

async function inFolder(use) {
  const { mkdtemp, rm } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const { join } = await import('node:path');
  const folder = await mkdtemp(join(tmpdir(), 'endcap-smoke-'));
  try {
    return await use(join(folder, 'model.safetensors'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function hostOf() {
  const { deno, bun, node } = process.versions;
  return deno ? `Deno ${deno}` : bun ? `Bun ${bun}` : `Node ${node}`;
}

/** Whether this is the program, and not a module of a test. */
if (/smoke\.mjs$/.test(process.argv[1])) {
  const flag = (name) => process.argv.find((_, i) => process.argv[i - 1] === name);
  const line = `${JSON.stringify(await smoke({ save: flag('--save'), load: flag('--load') }))}\n`;
  process.stdout.write(line);
  const out = flag('--out');
  if (out) (await import('node:fs')).writeFileSync(out, line);
}
