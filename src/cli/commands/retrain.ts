import type { Command } from 'commander';
import { kernelFor } from '../../kernel/available.ts';
import { describeOutcome, type RetrainingOutcome } from '../../live/retraining/outcome.ts';
import { createRetraining } from '../../live/retraining/retraining.ts';
import { sourceName } from '../../orders/sources/read.ts';
import { interruptible } from '../interrupt.ts';
import { trainingKernel } from '../kernels.ts';
import { addJson } from '../options/options.ts';
import { refuseSums } from '../options/pairs-options.ts';
import { readingOptions } from '../options/reading-options.ts';
import { addRunOptions, runOptions } from '../options/retraining-options.ts';
import { addTrainingOptions, trainingOptions } from '../options/training-options.ts';
import { duration, facts, note, print, printJson } from '../terminal/terminal.ts';
import { runProgress } from '../training.ts';

/** Exit codes, by outcome: what is not served by decision is no failure of the run. */
const exitCodes: Record<RetrainingOutcome['outcome'], number> = { swapped: 0, unchanged: 0, failed: 1, refused: 3 };

export function addRetrain(program: Command): Command {
  const command = program
    .command('retrain <model>')
    .summary('train a served model anew, and replace it if the new one is as good')
    .description(
      'Trains on the orders, and on the purchases of the store, and compares what comes of it with the model, on the newest ' +
        'orders. If it is not worse, it takes the place of the file in one step, and the one before is kept for endcap ' +
        'rollback. A server takes the new file within a minute, or at SIGHUP. Meant for cron.',
    )
    .optionsGroup('Orders:')
    .option('--orders <files...>', 'all orders of the shop, old and new: files, folders, patterns, or a database')
    .option(
      '--data <store>',
      'the store of the server, whose purchases are learned as well: shop.db, or postgres://...',
    );
  addJson(command);
  addTrainingOptions(command);
  refuseSums(
    command,
    'retrain compares models on the newest. Write a new model with endcap train; a server takes the file within a minute',
  );
  addRunOptions(command);
  return command
    .addHelpText(
      'after',
      `
Examples:
  endcap retrain model.safetensors --orders orders.csv
  endcap retrain model.safetensors --orders 'exports/*.csv' --data shop.db
  15 3 * * * cd /var/lib/endcap && endcap retrain model.safetensors --orders orders.csv --data shop.db --quiet

Exit codes: 0 if the new model is served, or there is nothing new to learn; 3 if
it is not served since it is worse, or its orders cannot be trusted; 4 if another
run is under way; 1 if the run failed. --json prints outcome, reason, before,
version, gate, notes, startedAt, and seconds.

See also: endcap rollback; endcap serve --retrain '0 3 * * *'`,
    )
    .action((model: string, values, self: Command) =>
      interruptible(async (signal) => {
        const { orders, data, json } = values as { orders?: string[]; data?: string; json?: boolean };
        if (orders === undefined)
          self.error('error: retrain needs the orders to train on: --orders <files...>, such as --orders orders.csv');
        const training = trainingOptions(self);
        const what = `${sourceName(orders!)}${data === undefined ? '' : ' and the purchases of the store'}`;
        note(`Retraining ${model} on ${what}, kernel ${trainingKernel(training)}`);
        const progress = runProgress();
        const outcome = await createRetraining({ model: () => model, store: data }).run({
          orders: orders!,
          reading: readingOptions(values),
          // At low priority, all threads are nobody's loss.
          training: { ...training, threads: kernelFor(training).threads },
          ...runOptions(values),
          signal,
          onProgress: progress.at,
        });
        progress.end();
        if (json) printJson({ ...outcome, startedAt: new Date(outcome.startedAt).toISOString() });
        else print(...summary(outcome));
        process.exitCode = exitCodes[outcome.outcome];
      }),
    );
}

function summary(outcome: RetrainingOutcome): string[] {
  return facts([
    ['outcome', outcome.outcome],
    ['why', describeOutcome(outcome)],
    ...outcome.notes.map((text) => ['note', text] as const),
    ['time', duration(outcome.seconds * 1000)],
  ]);
}
