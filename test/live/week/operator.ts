/** Whoever runs the shop of the week: retrains each night, rolls back, puts a worse file in the model's place, and kills the server. */
import { link, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { RetrainingOutcome } from '../../../src/live/retraining/outcome.ts';
import { json } from '../../cli/run.ts';
import type { Clock } from '../../support/clock.ts';
import { type Command, model, orders, shuffledOrders, worseModel } from './prepare.ts';
import type { Night } from './report.ts';
import type { WeekServer } from './server.ts';
import type { Witness } from './witness.ts';

interface Parts {
  readonly folder: string;
  /** The folder of the shop, in the other one. */
  readonly cwd: string;
  readonly command: Command;
  readonly clock: Clock;
  readonly server: WeekServer;
  readonly witness: Witness;
  /** Options of `endcap retrain`. */
  readonly retraining: readonly string[];
  /** The version of the model that answers at first. */
  readonly first: string;
  /** The lists of some customers right now, each as a text. */
  listsOfSome(): Promise<string[]>;
}

interface Status {
  model: { version: string; swaps: number; rollbacks: number; refusals: number; refused?: { reason: string } };
  retraining?: { running?: object; last?: RetrainingOutcome & { started_at: string } };
}

/** What a signal asks for takes less, however busy the machine is; a run that comes by itself begins within a minute. */
const waitMs = 150_000;
const runMs = 600_000;
const lookMs = 50;

export function createOperator(parts: Parts) {
  const { folder, cwd, command, clock, server, witness, retraining, first, listsOfSome } = parts;
  const path = join(cwd, model);
  const nights: Night[] = [];
  const refused: string[] = [];
  let [swaps, rollbacks] = [0, 0];
  let version = first;
  witness.answers(version, 0);

  const status = async () => (await server.send<Status>('GET', '/admin/status')).answer;

  async function until(what: string, isSo: (status: Status) => boolean, ms = waitMs): Promise<Status> {
    const began = performance.now();
    for (;;) {
      const now = await status();
      if (isSo(now)) return now;
      if (performance.now() - began > ms)
        throw new Error(`not within ${ms} ms: ${what}; the status is ${JSON.stringify(now)}`);
      await setTimeout(lookMs);
    }
  }

  /** A model answers from now on, or from a moment since `from`. */
  function answers(next: string, from: number): void {
    if (next === version) return;
    version = next;
    witness.answers(version, from);
  }

  /** Of good models, the gate refuses some by chance. */
  function record(night: number, what: string, { outcome, reason }: RetrainingOutcome, isGood: boolean): void {
    nights.push({ night, outcome, reason });
    const isRight = outcome === 'refused' || (outcome === 'swapped' && isGood);
    witness.check(isRight, `night ${night}, ${what}: ${outcome}, ${reason}`);
    if (outcome === 'swapped') swaps++;
    if (outcome === 'refused') refused.push(`${what}: ${reason}`);
  }

  async function retrain(night: number, source: string): Promise<void> {
    // The server may look by itself, too.
    const from = performance.now();
    const args = ['retrain', model, '--orders', join('..', source), '--data', 'shop.db', '--json', ...retraining];
    const ran = await witness.during('retraining', () => command(...args));
    const outcome = json<RetrainingOutcome & Record<string, unknown>>(ran);
    record(night, `a run on ${source}`, outcome, source === orders);
    const { version: made = version } = outcome;
    await witness.during('changes', async () => {
      server.signal('SIGHUP');
      await until(`model ${made} answers`, (now) => now.model.version === made);
    });
    answers(made, from);
  }

  async function rollbackTo(to?: string): Promise<string[]> {
    const from = performance.now();
    const body = to === undefined ? {} : { version: to };
    const { answer } = await witness.during('changes', () =>
      server.send<{ version: string }>('POST', '/admin/rollback', body),
    );
    answers(answer.version, from);
    rollbacks++;
    return listsOfSome();
  }

  return {
    retrain: (night: number) => retrain(night, orders),
    retrainOnWrongOrders: (night: number) => retrain(night, shuffledOrders),
    /** @param time when a run begins by itself. */
    async waitForScheduled(night: number, time: number): Promise<void> {
      const from = performance.now();
      const hasRun = ({ retraining }: Status) => Date.parse(retraining?.last?.started_at ?? '') >= time;
      await until('the scheduled run begins', (now) => now.retraining?.running !== undefined || hasRun(now));
      const { retraining, model } = await witness.during('retraining', () =>
        until('the scheduled run ends', (now) => now.retraining?.running === undefined && hasRun(now), runMs),
      );
      record(night, 'a scheduled run', retraining!.last!, true);
      answers(model.version, from);
    },
    /** Puts a worse model in the place of the file, and the right one back. */
    worseFile: () =>
      witness.during('changes', async () => {
        const { model: before } = await status();
        await link(path, join(folder, 'good.safetensors'));
        await rename(join(folder, worseModel), path);
        server.signal('SIGHUP');
        const { model: after } = await until(
          'the worse file is refused, or taken',
          ({ model: { refusals, swaps } }) => refusals > before.refusals || swaps > before.swaps,
        );
        if (after.version !== version) throw new Error(`a worse file was taken; the server said ${server.said()}`);
        refused.push(`a worse file: ${after.refused?.reason}`);
        await rename(join(folder, 'good.safetensors'), path);
        server.signal('SIGHUP');
        await until('the file is the one that answers', (now) => now.model.refused === undefined);
      }),
    /** Back to a model, forth, and back: each has its own lists. */
    async rollback(before: string): Promise<void> {
      // What sold in the last full minute is the same for all of this.
      await clock.set(Math.ceil(clock.now() / 60_000) * 60_000 + 1000);
      const after = version;
      // Without a version, it is the one before.
      const once = await rollbackTo();
      witness.check(version === before, `rolled back to ${version}, not to ${before}`);
      const later = await rollbackTo(after);
      witness.check(version === after, `rolled back to ${version}, not to ${after}`);
      const again = await rollbackTo(before);
      witness.check(once.join('\n') === again.join('\n'), 'a model that was rolled back to has other lists then');
      const others = once.filter((each, i) => each !== later[i]);
      witness.check(others.length > once.length / 4, 'both models have the same lists');
    },
    async kill(): Promise<void> {
      await witness.during('changes', async () => {
        await server.stop('SIGKILL');
        await server.start();
      });
      witness.check((await status()).model.version === version, 'after a kill another model answers');
    },
    /** The version of the model that answers. */
    version: () => version,
    done: () => ({ swaps, rollbacks, refused, nights }),
  };
}
