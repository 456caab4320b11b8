/** Threads that a host does not start. */
import { createRequire, syncBuiltinESMExports } from 'node:module';
import type { Worker } from 'node:worker_threads';

/** Replaces the class of workers meanwhile. */
export async function withWorkers(
  replacement: (real: typeof Worker) => unknown,
  body: () => Promise<void>,
): Promise<void> {
  const module = createRequire(import.meta.url)('node:worker_threads');
  const real = module.Worker;
  module.Worker = replacement(real);
  syncBuiltinESMExports();
  try {
    await body();
  } finally {
    module.Worker = real;
    syncBuiltinESMExports();
  }
}

/** No thread starts meanwhile, as under Node's permission model. Returns how many were asked for. */
export async function withoutWorkers(body: () => Promise<void>): Promise<number> {
  let asked = 0;
  const refused = class {
    constructor() {
      asked++;
      throw Object.assign(new Error('Access to this API has been restricted'), { code: 'ERR_ACCESS_DENIED' });
    }
  };
  await withWorkers(() => refused, body);
  return asked;
}
