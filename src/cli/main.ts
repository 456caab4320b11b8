#!/usr/bin/env node
/** The command line: arguments to calls, results to text, errors to plain words and exit codes. */
import { Command, CommanderError } from 'commander';
import { EndcapError } from '../errors.ts';
import { whyNot } from '../files.ts';
import { version } from '../version.ts';
import { addBatch } from './batch.ts';
import { addEvaluate } from './evaluate.ts';
import { addInfo } from './info.ts';
import { describeOption } from './options.ts';
import { addRecommend, addSimilar, addSimilarCustomers, addTogether } from './recommend.ts';
import { addSample } from './sample.ts';
import { addServe, addStart } from './serve.ts';
import { complain, printJson, setQuiet } from './terminal.ts';
import { addTrain } from './train.ts';
import { addTune } from './tune.ts';
import { endcap, endcapStart, exitCodes } from './work.ts';

const program = new Command('endcap')
  .description('Product recommendations for shops, from their own order history.')
  .version(version, '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print help; endcap <command> --help says more')
  .helpCommand('help [command]', 'say more about a command')
  .showHelpAfterError(`Try: ${endcap} --help`)
  .exitOverride()
  .configureOutput({ getOutHelpWidth: helpWidth, getErrHelpWidth: helpWidth })
  .configureHelp({
    optionDescription: describeOption,
    subcommandTerm: (command) => `${command.name()} ${command.usage().replace(/ ?\[options\] ?/, '')}`,
  })
  .addHelpText(
    'after',
    `
In three lines:
  endcap sample -o orders.csv       or a CSV, Parquet or JSON lines file of yours
  endcap train orders.csv           writes model.safetensors
  endcap serve model.safetensors    answers POST /recommend on 127.0.0.1:5000

Results go to stdout, all else to stderr. An id that begins with - goes after --.
Exit codes: 0 done, 1 cannot be done, 2 wrong usage, 70 a bug, 130 or 143 stopped.`,
  );

const commands = [
  addStart,
  addSample,
  addTrain,
  addTune,
  addEvaluate,
  addRecommend,
  addSimilar,
  addTogether,
  addSimilarCustomers,
  addBatch,
  addServe,
  addInfo,
];
for (const add of commands) {
  const command = add(program);
  command
    .showHelpAfterError(`Try: ${called(command)} --help`)
    .optionsGroup('Options:')
    .option('-q, --quiet', 'print nothing but results and errors');
}

let running = endcap;
program.hook('preAction', (_, command) => {
  running = called(command);
  setQuiet(command.opts().quiet ?? false);
});

// Whoever reads the output may stop early, as head does; there is no more to do then.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  complain(`error: stdout cannot be written: ${whyNot(error)}`);
  process.exit(1);
});
process.on('uncaughtException', (error) => process.exit(report(error)));

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function called(command: Command): string {
  return command.name() === 'start' ? endcapStart : `${endcap} ${command.name()}`;
}

/** Says what went wrong and returns the exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    if (error.code !== 'commander.help') tellMachine('usage', error.message.replace(/^error: /, ''));
    return 2;
  }
  if (!(error instanceof EndcapError)) {
    complain(`${error instanceof Error ? error.stack : String(error)}\n`);
    complain(`This is a bug in endcap ${version}; please report it, with the command and the lines above.`);
    tellMachine('internal', error instanceof Error ? error.message : String(error));
    return 70;
  }
  const { code, message, details } = error;
  tellMachine(code, message, details);
  if (code === 'aborted') {
    complain('stopped');
    return exitCodes[(error.cause as keyof typeof exitCodes) ?? 'SIGINT'] ?? 130;
  }
  complain(`error: ${inFlags(error)}`);
  if (code === 'listen_failed' && details.reason === 'EADDRINUSE') complain(`Try: ${running} --port 5001`);
  if (code !== 'invalid_options') return 1;
  complain(`Try: ${running} --help`);
  return 2;
}

/** The message with the option called as it is on the command line. */
function inFlags({ message, details: { option } }: EndcapError): string {
  if (typeof option !== 'string' || !message.startsWith(`${option}: `)) return message;
  const flag = option
    .replace(/^n$/, 'number')
    .replace(/^resume$/, 'output')
    .replace(/^ks$/, 'k')
    .replace(/^lines\[.*/, 'basket')
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `--${flag}${message.slice(option.length)}`;
}

function tellMachine(code: string, message: string, details: object = {}): void {
  const options = process.argv.slice(2);
  const end = options.indexOf('--');
  if (options.slice(0, end === -1 ? undefined : end).includes('--json'))
    printJson({ error: { code, message, details } });
}

function helpWidth(): number {
  return Math.min(process.stdout.columns ?? 80, 96);
}
