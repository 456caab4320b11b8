import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { throwIfAborted } from '../../errors.ts';
import { readTextFile, replaceFile } from '../../files.ts';
import type { KernelOptions } from '../../kernel/open.ts';
import { sourceName } from '../../orders/sources/read.ts';
import type { RankingOptions } from '../../ranking/weights.ts';
import type { AlsOptions } from '../../training/als-options.ts';
import { describeFindings } from '../../tuning/describe-shop.ts';
import type { Aim } from '../../tuning/judging/held-out.ts';
import { checkTuneOptions, tune } from '../../tuning/search/tune.ts';
import type { Tuned, Unchanged } from '../../tuning/search/tuned.ts';
import { parseTuned } from '../../tuning/search/tuned-file.ts';
import { endcap } from '../hints.ts';
import { interruptible } from '../interrupt.ts';
import { trainingKernel } from '../kernels.ts';
import { addJson, number, resultGroup } from '../options/options.ts';
import { refuseSums } from '../options/pairs-options.ts';
import { joinedFiles, readingOptions } from '../options/reading-options.ts';
import { addKeptOptions, trainingOptions } from '../options/training-options.ts';
import { checkOutput } from '../output.ts';
import { count, duration, facts, note, print, printJson, progress } from '../terminal/terminal.ts';
import { readWithProgress } from '../training.ts';

const saveEveryMs = 10_000;

export function addTune(program: Command): Command {
  const command = program
    .command('tune <orders...>')
    .summary('search for better training options')
    .description(
      'Tries training options on held-out orders and writes the best ones to a file that train reads. The defaults of ' +
        'train remain the answer unless other options are better on orders that had no part in picking them.',
    )
    .optionsGroup(resultGroup)
    .option(
      '-o, --output <file>',
      'file to write; an earlier search of the same orders in it is continued',
      'tuned.json',
    )
    .addOption(
      new Option('--purchased <mode>', 'optimize lists of all products, or lists without products bought before')
        .choices(['allow', 'exclude'])
        .default(undefined, 'both'),
    )
    .addOption(
      new Option('--last-days <n>', 'predict what customers buy in the last n days')
        .argParser(number)
        .default(undefined, 'the next order of each customer'),
    )
    .option(
      '--minutes <n>',
      'how long to search; Ctrl-C ends the search earlier and keeps the best options',
      number,
      10,
    );
  addJson(command);
  addKeptOptions(command);
  refuseSums(
    command,
    'tune holds some out. Tune on the orders of some customers, and train on all with --options tuned.json',
  );
  return command
    .addHelpText(
      'after',
      `
Examples:
  endcap tune orders.csv --minutes 30
  endcap tune orders.csv --factors 256 -o tuned-256.json

--json prints options, gain (recall + NDCG at 10 above those of the defaults,
for the lists that are optimized: mean and standard error), unchanged (why the
options are the defaults: nothing_better, not_confirmed, or out_of_time),
defaults, trials (their number), elapsedMs, and output (the file).

Next: endcap train orders.csv --options tuned.json`,
    )
    .action((orders: string[], values, self: Command) =>
      interruptible(async (signal) => {
        const { algorithm: _, ...given } = trainingOptions(self) as { algorithm: 'als' } & AlsOptions &
          RankingOptions &
          KernelOptions;
        const { purchased, lastDays, minutes, output }: Aim & { minutes: number; output: string } = values;
        const options = { ...given, purchased, lastDays, minutes };
        checkTuneOptions(options);
        await checkOutput(output, [...orders, ...joinedFiles(values)]);
        const resume = existsSync(output) ? parseTuned(readTextFile(output), output) : undefined;
        note(`Tuning als on ${sourceName(orders)}, kernel ${trainingKernel(given)}`);
        const dataset = await readWithProgress(orders, { ...readingOptions(values), signal });
        if (resume) note(`Continuing after ${count(resume.trials.length, 'trial')} of ${output}`);
        const bar = progress('Tuning');
        bar.at(0, 'the defaults of train', true);
        // A search can be long. The first save comes before the first trial, so that a failure shows early.
        let saving: Promise<unknown> = Promise.resolve();
        let nextSaveMs = 0;
        const tuned = await tune(dataset, {
          ...options,
          resume,
          signal,
          onProgress({ elapsedMs, totalMs, trial, tuned }) {
            if (elapsedMs >= nextSaveMs) {
              nextSaveMs = elapsedMs + saveEveryMs;
              saving = saving.then(() => save(tuned, output)).catch(noteUnsaved);
            }
            const best = tuned.gain ? `best ${gainOf(tuned)}` : 'nothing better than the defaults yet';
            bar.at(
              elapsedMs / totalMs,
              `${count(tuned.trials.length, 'trial')}, ${best}`,
              trial && trial.rung !== 'short',
            );
          },
        });
        bar.end();
        await saving;
        // The file first: a reader of stdout that stops early, as head does, ends the process. If the file cannot be
        // written, the options found are not lost.
        try {
          await save(tuned, output);
        } finally {
          if (!values.json) print(...summary(tuned));
        }
        const { gain, unchanged, defaults, trials, elapsedMs } = tuned;
        if (values.json) {
          printJson({ options: tuned.options, gain, unchanged, defaults, trials: trials.length, elapsedMs, output });
        }
        throwIfAborted(signal);
        note('', `Saved to ${output}`, `Next: ${endcap} train ${orders.join(' ')} --options ${output}`);
      }),
    );
}

function save(tuned: Tuned, path: string): Promise<unknown> {
  return replaceFile(path, (append) => append(new TextEncoder().encode(`${JSON.stringify(tuned, null, 1)}\n`)));
}

function noteUnsaved({ message }: Error): void {
  note(`notice: ${message}; the search continues`);
}

function gainOf({ gain }: Tuned): string {
  return `+${gain!.mean.toFixed(4)} (standard error ${gain!.error.toFixed(4)})`;
}

/** Why the defaults are kept. */
const reasons: Record<Unchanged, string> = {
  nothing_better: 'nothing was better than the defaults by more than the noise, so the defaults are kept',
  not_confirmed:
    'what was better than the defaults was not on orders that had no part in picking it, so the defaults are kept',
  out_of_time:
    'the time was up before it was clear whether something is better than the defaults, so these are kept; to continue, run ' +
    'the same command again',
};

function summary({ options, gain, unchanged = 'nothing_better', trials, elapsedMs, aim }: Tuned): string[] {
  const lists = { allow: 'lists of all products', exclude: 'lists of new products', both: 'both kinds of lists' };
  const { blend, guards, ...plain } = options;
  const list = (values: object) =>
    Object.entries(values)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
  return facts([
    ['options', list(plain)],
    ['blend', list(blend)],
    ...describeFindings({ guards }),
    [
      'gain',
      gain
        ? `${gainOf({ gain } as Tuned)} in recall + NDCG at 10, for ${lists[aim?.purchased ?? 'both']}`
        : `none: ${reasons[unchanged]}`,
    ],
    ['tried', `${count(trials.length, 'trial')} in ${duration(elapsedMs)}`],
  ]);
}
