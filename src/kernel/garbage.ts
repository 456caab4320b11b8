/**
 * How shared memory is freed that nobody needs. An engine does not count shared memory: it would go on until it has other reasons to
 * look for garbage, and models that were replaced would pile up. What it does count are buffers of which no page is ever touched,
 * and once it has too many of them, each further one makes it go on for some milliseconds.
 */
import { afterAWhile } from '../turns.ts';
import type { WholeMemory } from './memory.ts';

/** Memory that is worth looking for: of one kernel, or of several smaller ones that nobody has looked for. */
const leastBytes = 2 ** 26;
/** Twice what an engine lets pass, and what asks it to go on. */
const pressureBytes = 2 ** 27;
const stepBytes = 2 ** 20;
/**
 * How often it is asked, in milliseconds, and how many times: somebody may hold on to the arrays of a model. What was seen alive
 * by a look that had begun before is found by the next one only, which has to be asked for again.
 */
const stepMs = 50;
const stepsOfLook = 20;
const maxSteps = 120;

/** How much of it is looked for. */
let looking = 0;
/** Bytes of what was too small to look for. */
let passedOver = 0;

/** Is told what was collected. Some edge runtimes have none. */
const registry =
  typeof FinalizationRegistry === 'function' ? new FinalizationRegistry<() => void>((freed) => freed()) : undefined;

/**
 * Has memory collected that is not needed from now on, such as that of a kernel which was closed. Its owner may still be holding
 * on to it for a moment.
 *
 * @returns resolves once it is, or after some seconds. It does not keep the process: whoever waits for it awaits `collected`.
 */
export function abandon(memory: Pick<WholeMemory, 'size' | 'witness'>): Promise<void> {
  const witness = memory.witness();
  if (!witness || !registry) return Promise.resolve();
  passedOver += memory.size();
  if (passedOver < leastBytes) return Promise.resolve();
  passedOver = 0;
  let isFreed = false;
  // Nothing here may refer to what is to be collected, nor ask a weak reference for it, which keeps it for a while.
  registry.register(witness, () => (isFreed = true));
  return look(() => isFreed);
}

async function look(isFreed: () => boolean): Promise<void> {
  looking++;
  // Kept to the end.
  const pressure: (ArrayBuffer | undefined)[] = [];
  for (let step = 0; step < maxSteps; step++) {
    await pause(true);
    if (isFreed()) break;
    if (step % stepsOfLook === 0) pressure[0] = untouched(pressureBytes);
    untouched(stepBytes);
  }
  pressure.length = 0;
  looking--;
}

/** Resolves once what was abandoned before is collected, or after some seconds at the latest. */
export async function collected(): Promise<void> {
  while (looking > 0) await pause(false);
}

function untouched(bytes: number): ArrayBuffer | undefined {
  try {
    return new ArrayBuffer(bytes);
  } catch {
    // Without room for it, the engine has just looked for garbage.
    return undefined;
  }
}

/** @param isIdle whether the process may end meanwhile. */
function pause(isIdle: boolean): Promise<void> {
  return new Promise((resolve) => void (isIdle ? afterAWhile(resolve, stepMs) : setTimeout(resolve, stepMs)));
}
