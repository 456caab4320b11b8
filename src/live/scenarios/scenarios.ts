import { readFile } from 'node:fs/promises';
import { EndcapError } from '../../errors.ts';
import { whyNot } from '../../files.ts';
import { inTurns } from '../../turns.ts';
import type { Columns } from '../conditions/columns.ts';
import type { ArmModels } from '../experiments/models.ts';
import type { ReloadReport, ShopStatus } from '../shop-answers.ts';
import type { ShopStore } from '../store/store.ts';
import { type Compiled, compileSettings, compiling } from './compile.ts';
import { toJson } from './json.ts';
import type { ScenarioSettings } from './settings.ts';

/** The scenarios and rules of a running shop. */
export interface Scenarios {
  /** What requests are answered by right now. */
  current(): Compiled;
  /**
   * Keeps settings in place of those before.
   *
   * @throws `invalid_options` that names the place; `conflict` if they are in a file; what the store throws.
   */
  put(settings: ScenarioSettings): Promise<void>;
  /** Reads the file, if there is one. @throws `scenarios_unreadable`; what was there stays. */
  load(): Promise<ReloadReport['scenarios']>;
  /** Reads what the store has, which another server may have written. */
  follow(): Promise<void>;
  status(): ShopStatus['scenarios'];
}

/** The store may be followed many times a second: a model that takes long to be refused is opened again after so many times as long. */
const restShare = 20;
/** What takes less, such as to find that a file is missing, may be tried each time. */
const promptMs = 100;

/**
 * @param given the settings, or the path of a file of them, which is then the place to change them; what the store has does
 * not count with either.
 * @param models opens what experiments need.
 * @throws `invalid_options` if they are given and wrong.
 */
export function createScenarios(
  columns: Pick<Columns, 'column' | 'fields'>,
  given: ScenarioSettings | string | undefined,
  store: Pick<ShopStore, 'settings' | 'putSettings'> | undefined,
  models: Pick<ArmModels, 'prepare' | 'settle'> = { prepare: async () => {}, settle() {} },
): Scenarios {
  let compiled = compileSettings(typeof given === 'object' ? toJson(given) : {}, columns);
  /** The text of the store that was read last. */
  let read: string | undefined;
  let problem: string | undefined;
  /** Why the models of experiments are not open. */
  let missing: string | undefined;
  /** Until when nobody tries to open them again, on the clock of `performance`. */
  let restsUntil = 0;

  let last: Promise<void> = Promise.resolve();

  /** What is read may be older than what is written meanwhile. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const next = last.then(work);
    last = next.catch(() => {});
    return next;
  }

  /** Takes settings whose models can be opened; `keep` writes them. */
  async function take(next: Compiled, keep?: () => Promise<void>): Promise<void> {
    try {
      await models.prepare(next.experiments);
      await keep?.();
      [compiled, missing] = [next, undefined];
    } finally {
      models.settle(compiled.experiments);
    }
  }

  async function readOn(): Promise<void> {
    const text = given === undefined ? await store?.settings() : undefined;
    if (text !== undefined && text !== read) {
      read = text;
      try {
        compiled = await inTurns(compiling(JSON.parse(text), columns));
        problem = undefined;
      } catch (error) {
        // Of another version of Endcap, perhaps. Lists go on by what was there before.
        problem = (error as Error).message;
      }
    } else if (missing === undefined || performance.now() < restsUntil) return;
    const began = performance.now();
    try {
      await take(compiled);
    } catch (error) {
      // Experiments wait for their models, and nothing else does.
      missing = (error as Error).message;
      const tookMs = performance.now() - began;
      restsUntil = performance.now() + (tookMs < promptMs ? 0 : restShare * tookMs);
    }
  }

  const counts = () => ({
    ...{ scenarios: compiled.scenarios.size, rules: compiled.rules.size, experiments: compiled.experiments.length },
  });

  return {
    current: () => compiled,
    async put(settings) {
      if (given !== undefined)
        throw new EndcapError(
          'conflict',
          typeof given === 'string'
            ? `the scenarios are in ${given}; change them there, and let the server read it again`
            : 'the scenarios were given when the shop was opened',
        );
      const json = toJson(settings);
      const next = await inTurns(compiling(json, columns));
      const text = JSON.stringify(json);
      await inTurn(() =>
        take(next, async () => {
          await store?.putSettings(text);
          [read, problem] = [text, undefined];
        }),
      );
    },
    async load() {
      if (typeof given !== 'string') return undefined;
      await inTurn(() => readSettings(given, columns, take));
      return { file: given, ...counts() };
    },
    follow: () => inTurn(readOn),
    status() {
      const wrong = problem ?? missing;
      return { ...counts(), ...(wrong !== undefined && { problem: wrong }) };
    },
  };
}

/** Reads a file of settings, and takes them. */
async function readSettings(
  path: string,
  columns: Pick<Columns, 'column' | 'fields'>,
  take: (settings: Compiled) => Promise<void>,
): Promise<void> {
  const unreadable = (what: string, details: object, cause: unknown) =>
    new EndcapError('scenarios_unreadable', `${path}${what}`, { file: path, ...details }, { cause });
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw unreadable(` cannot be read: ${whyNot(cause)}`, {}, cause);
  }
  try {
    await take(await inTurns(compiling(JSON.parse(text.replace(/^\uFEFF/, '')), columns)));
  } catch (cause) {
    if (cause instanceof EndcapError) throw unreadable(`: ${cause.message}`, cause.details, cause);
    throw unreadable(` is not JSON: ${(cause as Error).message}`, {}, cause);
  }
}
