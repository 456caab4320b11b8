import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { throwIfAborted } from '../errors.ts';
import { checkReplaceable, readTextFile, replaceFile } from '../files.ts';
import type { KernelOptions } from '../kernel/open.ts';
import type { RankingOptions } from '../ranking/weights.ts';
import type { AlsOptions } from '../training/als-options.ts';
import type { Aim } from '../tuning/held-out.ts';
import { checkTuneOptions, tune } from '../tuning/tune.ts';
import type { Tuned } from '../tuning/tuned.ts';
import { parseTuned } from '../tuning/tuned-file.ts';
import { addJson, addKeptOptions, number, readingOptions, resultGroup, trainingOptions } from './options.ts';
import { count, duration, facts, note, print, printJson, progress } from './terminal.ts';
import { chosenKernel, endcap, interruptible, keepApart, kernelName, readWithProgress } from './work.ts';

export function addTune(program: Command): Command {
  const command = program
    .command('tune <orders>')
    .summary('search for better options of training')
    .description(
      'Tries options of training on orders that it holds out, and writes the best to a file for train. What train does ' +
        'by default stays the answer unless something else was better for customers who had no part in choosing it.',
    )
    .optionsGroup(resultGroup)
    .option('-o, --output <file>', 'where to; a search of the same orders that is there goes on', 'tuned.json')
    .addOption(
      new Option(
        '--purchased <mode>',
        'lists to be good: of all products, or without what was bought; both if not named',
      ).choices(['allow', 'exclude']),
    )
    .option('--last-days <n>', "predict what is bought in so many days, not each customer's next order", number)
    .option('--minutes <n>', 'how long to search; Ctrl-C ends it earlier and keeps the best', number, 10);
  addJson(command);
  addKeptOptions(command);
  return command
    .addHelpText(
      'after',
      `
Examples:
  endcap tune orders.csv --minutes 30
  endcap tune orders.csv --factors 256 -o tuned-256.json

--json prints options, gain (the sum of recall and NDCG at 10, of the lists that
are aimed at, above that of the defaults: mean and standard error), defaults,
trials (how many), elapsedMs and output (the file).

Next: endcap train orders.csv --options tuned.json`,
    )
    .action((orders: string, values, self: Command) =>
      interruptible(async (signal) => {
        const { algorithm: _, ...given } = trainingOptions(self) as { algorithm: 'als' } & AlsOptions &
          RankingOptions &
          KernelOptions;
        const { purchased, lastDays, minutes, output }: Aim & { minutes: number; output: string } = values;
        const asked = { ...given, purchased, lastDays, minutes };
        checkTuneOptions(asked);
        keepApart(orders, output);
        await checkReplaceable(output);
        const resume = existsSync(output) ? parseTuned(readTextFile(output), output) : undefined;
        const kernel = await chosenKernel(given);
        note(`Tuning als on ${orders}, kernel ${kernelName(kernel)}`);
        const dataset = await readWithProgress(orders, { ...readingOptions(values), signal });
        if (resume) note(`going on after ${count(resume.trials.length, 'trial')} of ${output}`);
        const bar = progress('Tuning');
        bar.at(0, 'the defaults of train', true);
        // A search may be long: what it found is written now and then.
        let saved: Promise<unknown> = Promise.resolve();
        let savedAt = 0;
        const tuned = await tune(dataset, {
          ...asked,
          resume,
          signal,
          onProgress({ elapsedMs, totalMs, trial, tuned }) {
            if (elapsedMs - savedAt > 10_000) {
              saved = saved.then(() => save(tuned, output));
              savedAt = elapsedMs;
            }
            const best = tuned.gain ? `best ${gainOf(tuned)}` : 'nothing better than the defaults yet';
            bar.at(elapsedMs / totalMs, `${count(tuned.trials.length, 'trial')}, ${best}`, trial?.rung === 'long');
          },
        });
        bar.end();
        await saved;
        await save(tuned, output);
        const { options, gain, defaults, trials, elapsedMs } = tuned;
        if (values.json) printJson({ options, gain, defaults, trials: trials.length, elapsedMs, output });
        else print(...summary(tuned, output));
        throwIfAborted(signal);
        note('', `Next: ${endcap} train ${orders} --options ${output}`);
      }),
    );
}

function save(tuned: Tuned, path: string): Promise<unknown> {
  return replaceFile(path, (append) => append(new TextEncoder().encode(`${JSON.stringify(tuned, null, 1)}\n`)));
}

function gainOf({ gain }: Tuned): string {
  return `+${gain!.mean.toFixed(4)} (standard error ${gain!.error.toFixed(4)})`;
}

function summary(tuned: Tuned, path: string): string[] {
  const { options, trials, elapsedMs, aim } = tuned;
  const lists = { allow: 'of all products', exclude: 'of new products', both: 'of all and of new products' };
  const { blend, ...plain } = options;
  const list = (values: object) =>
    Object.entries(values)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
  return facts([
    ['options', list(plain)],
    ['blend', list(blend)],
    [
      'gain',
      tuned.gain
        ? `${gainOf(tuned)}, of recall + NDCG at 10 ${lists[aim?.purchased ?? 'both']}`
        : 'none: nothing was better than the defaults by more than the noise, so these are kept',
    ],
    ['tried', `${count(trials.length, 'trial')} in ${duration(elapsedMs)}`],
    ['file', path],
  ]);
}
