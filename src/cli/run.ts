/** The command line: arguments become calls, results become text, errors become sentences and exit codes. */
import { Command, CommanderError } from 'commander';
import { EndcapError } from '../errors.ts';
import { version } from '../version.ts';
import { endcap, endcapStart } from './hints.ts';
import { exitCodes } from './interrupt.ts';
import { describeOption } from './options/options.ts';
import { conceal, hideSecrets } from './secrets.ts';
import { complain, printJson, setQuiet } from './terminal/terminal.ts';

hideSecrets();

const program = new Command('endcap')
  .description("Product recommendations from a shop's own order history.")
  .version(version, '-V, --version', 'print the version')
  .helpOption('-h, --help', 'print help')
  .helpCommand('help [command]', 'print help for a command')
  .showHelpAfterError(`Try: ${endcap} --help`)
  .exitOverride()
  .configureOutput({
    getOutHelpWidth: helpWidth,
    getErrHelpWidth: helpWidth,
    writeErr: (text) => void process.stderr.write(conceal(text)),
  })
  .configureHelp({
    optionDescription: describeOption,
    subcommandTerm: (command) => `${command.name()} ${command.usage().replace(/ ?\[options\] ?/, '')}`,
  })
  .addHelpText(
    'after',
    `
Get started:
  endcap sample -o orders.csv       or your own CSV, Parquet, or JSON lines file
  endcap train orders.csv           writes model.safetensors
  endcap serve model.safetensors    answers POST /recommend on 127.0.0.1:5000

endcap <command> --help explains every option of a command.

Results go to stdout, everything else to stderr. Put ids that begin with - after
--. Exit codes: 0 success, 1 failure, 2 wrong usage, 70 a bug, and 129, 130, or
143 if stopped by SIGHUP, SIGINT, or SIGTERM. A server that stops in order on
SIGINT or SIGTERM exits with 0; SIGHUP lets one with a shop read its files again.`,
  );

/** How long threads may take to end once a command was stopped. */
const stuckMs = 3000;

type Add = (program: Command) => Command;

/** The commands in the order of the help, each in a file that is read only if it is called, or for the help. */
const commands: Record<string, () => Promise<Add>> = {
  start: async () => (await import('./commands/start.ts')).addStart,
  sample: async () => (await import('./commands/sample.ts')).addSample,
  inspect: async () => (await import('./commands/inspect.ts')).addInspect,
  train: async () => (await import('./commands/train.ts')).addTrain,
  import: async () => (await import('./commands/import.ts')).addImport,
  tune: async () => (await import('./commands/tune.ts')).addTune,
  evaluate: async () => (await import('./commands/evaluate.ts')).addEvaluate,
  recommend: async () => (await import('./commands/recommend.ts')).addRecommend,
  similar: async () => (await import('./commands/similar.ts')).addSimilar,
  together: async () => (await import('./commands/together.ts')).addTogether,
  'similar-customers': async () => (await import('./commands/similar.ts')).addSimilarCustomers,
  batch: async () => (await import('./commands/batch.ts')).addBatch,
  export: async () => (await import('./commands/export.ts')).addExport,
  serve: async () => (await import('./commands/serve.ts')).addServe,
  retrain: async () => (await import('./commands/retrain.ts')).addRetrain,
  rollback: async () => (await import('./commands/rollback.ts')).addRollback,
  key: async () => (await import('./commands/key.ts')).addKeyCommands,
  solve: async () => (await import('./commands/solve.ts')).addSolve,
  backup: async () => (await import('./commands/backup.ts')).addBackup,
  info: async () => (await import('./commands/info.ts')).addInfo,
};

// The program itself has no options with values: the first word is the command.
const called = process.argv.slice(2).find((word) => !word.startsWith('-'));
const isCommand = called !== undefined && Object.hasOwn(commands, called);
for (const load of isCommand ? [commands[called]] : Object.values(commands)) {
  const add = await load();
  const command = add(program);
  for (const each of [command, ...command.commands]) each.showHelpAfterError(`Try: ${nameOf(each)} --help`);
  command.optionsGroup('Options:').option('-q, --quiet', 'print only results and errors');
}

let running = endcap;
program.hook('preAction', (_, command) => {
  running = nameOf(command);
  setQuiet(command.opts().quiet ?? false);
});

process.on('uncaughtException', (error) => process.exit(report(error)));

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function nameOf(command: Command): string {
  const { parent } = command;
  // Such as that of endcap key revoke.
  if (parent && parent !== program) return `${nameOf(parent)} ${command.name()}`;
  return command.name() === 'start' ? endcapStart : `${endcap} ${command.name()}`;
}

/** Prints what went wrong and returns the exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    if (error.code !== 'commander.help') printFailure('usage', error.message.replace(/^error: /, ''));
    return 2;
  }
  if (!(error instanceof EndcapError)) {
    complain(conceal(`${error instanceof Error ? error.stack : String(error)}\n`));
    complain(`This is a bug in endcap ${version}; please report it with the command and the lines above.`);
    printFailure('internal', error instanceof Error ? error.message : String(error));
    return 70;
  }
  const { code, message, details } = error;
  printFailure(code, message, details);
  if (code === 'aborted') {
    complain('stopped');
    const signal = (error.cause as keyof typeof exitCodes) ?? 'SIGINT';
    // A thread may be within a library that nothing can stop, such as SQLite with a query that gives no rows.
    setTimeout(() => process.kill(process.pid, signal), stuckMs).unref();
    return exitCodes[signal] ?? 130;
  }
  complain(conceal(`error: ${inFlags(error)}`));
  if (code === 'listen_failed' && details.reason === 'EADDRINUSE') complain(`Try: ${running} --port 5001`);
  if (code === 'retraining_busy') return 4;
  if (code !== 'invalid_options') return 1;
  complain(`Try: ${running} --help`);
  return 2;
}

/** The message with the option's name on the command line in place of its name in the library. */
function inFlags({ message, details: { option } }: EndcapError): string {
  if (typeof option !== 'string' || !message.startsWith(`${option}: `)) return message;
  const flag = option
    .replace(/^n$/, 'number')
    .replace(/^resume$/, 'output')
    .replace(/^schedule$/, 'retrain')
    .replace(/^timeZone$/, 'retrainZone')
    .replace(/^(memory|hours)$/, (name) => `retrain${name[0].toUpperCase()}${name.slice(1)}`)
    .replace(/^ks$/, 'k')
    .replace(/^lines\[.*/, 'basket')
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `--${flag}${message.slice(option.length)}`;
}

function printFailure(code: string, message: string, details: object = {}): void {
  const options = process.argv.slice(2);
  const end = options.indexOf('--');
  if (options.slice(0, end === -1 ? undefined : end).includes('--json'))
    printJson({ error: JSON.parse(conceal(JSON.stringify({ code, message, details }))) });
}

function helpWidth(): number {
  return Math.min(process.stdout.columns ?? 80, 96);
}
