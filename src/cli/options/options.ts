/** Options that several commands share, how their texts become values, and how the help describes them. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { EndcapError } from '../../errors.ts';
import type { KernelOptions } from '../../kernel/open.ts';
import { endcap } from '../hints.ts';

/** What commander parsed, by the names of the options. */
export type Values = Record<string, unknown>;

export const resultGroup = 'Result:';

export function addKernelOptions(command: Command): Command {
  return command
    .optionsGroup('Machine:')
    .addOption(
      new Option('--backend <name>', 'C++ or WebAssembly')
        .choices(['native', 'wasm'])
        .default(undefined, 'ENDCAP_BACKEND, else native if it loads'),
    )
    .addOption(
      new Option('--isa <name>', 'instruction set; endcap info lists them').default(
        undefined,
        'ENDCAP_ISA, else the best that runs here',
      ),
    )
    .addOption(
      new Option('--threads <n>', 'threads for training and batches, at most four per CPU')
        .argParser(number)
        .default(undefined, 'ENDCAP_THREADS, else one per CPU'),
    );
}

export function kernelOptions({ backend, isa, threads }: Values): KernelOptions {
  return { backend, isa, threads } as KernelOptions;
}

/** @param isStart whether HOST and PORT count as well: some shells export HOST for reasons of their own. */
export function addServingOptions(command: Command, isStart = false): Command {
  const variable = (name: string) => (isStart && process.env[`ENDCAP_${name}`] === undefined ? name : `ENDCAP_${name}`);
  return command
    .optionsGroup('Serving:')
    .addOption(
      new Option('--host <name>', 'address to listen on; 0.0.0.0 lets other machines connect, with --keys or --open')
        .env(variable('HOST'))
        .default('127.0.0.1'),
    )
    .addOption(
      new Option('--port <n>', 'port to listen on; 0 takes any free port')
        .env(variable('PORT'))
        .argParser(port)
        .default(5000),
    )
    .addOption(
      new Option(
        '--workers <n>',
        'threads that answer requests, each with a kernel of one thread; at most four per CPU',
      )
        .argParser(number)
        .default(1),
    )
    .addOption(
      new Option(
        '--max-concurrent-requests <n>',
        'requests that wait or are answered at a time; a further one is a 503',
      )
        .argParser(number)
        .default(undefined, '128 per thread, at most 1024'),
    )
    .addOption(
      new Option('--deadline-ms <n>', 'time from the arrival of a request to its answer; past it, a 503')
        .argParser(number)
        .default(10_000),
    )
    .addOption(
      new Option('--max-connections <n>', 'open connections; a further one takes the place of an idle one')
        .argParser(number)
        .default(2000),
    )
    .addOption(
      new Option(
        '--drain-ms <n>',
        'time after SIGTERM in which requests are answered and /health/ready is a 503, for load balancers',
      )
        .argParser(number)
        .default(0),
    )
    .optionsGroup('Access:')
    .addOption(
      new Option('--keys <file>', 'file of the keys with which programs may call; see endcap key').env('ENDCAP_KEYS'),
    )
    .option('--open', 'let everybody who can connect call without a key')
    .option(
      '--no-explorer',
      'no pages at /explorer, which show what the recommender does; other machines need a key for them (--keys)',
    )
    .option(
      '--explorer-pictures <origin>',
      'show pictures of products from there, such as https://cdn.shop.example, at /explorer; again for more',
      (origin: string, others: string[] = []) => [...others, origin],
    )
    .addOption(
      new Option('--rate <n>', 'requests a second of each key, or address, in the long run; twice as many at once')
        .argParser(number)
        .default(undefined, 'no limit'),
    )
    .option(
      '--cors <origin>',
      "origin whose pages may call from a browser, such as https://shop.example; again for more, '*' for all",
      (origin: string, others: string[] = []) => [...others, origin],
    )
    .option('--behind-proxy', 'take addresses from the header that a reverse proxy adds')
    .option('--log', 'write a JSON line to stdout for each request');
}

/** @throws `invalid_options` if other machines could call without a key, and nobody said that they may. */
export function checkAccess(values: Values): void {
  const { host = '127.0.0.1', keys, open } = values as { host?: string; keys?: string; open?: boolean };
  if (keys !== undefined || open || isLoopback(host)) return;
  throw new EndcapError(
    'invalid_options',
    `--host ${host} lets other machines ask what customers bought: make a key (${endcap} key create --scope read) and ` +
      'name its file with --keys, or let everybody ask with --open',
    { option: 'host', value: host },
  );
}

/**
 * Whether people may see pages. They show what customers bought: whoever comes from elsewhere signs in with a key, and where
 * there are none, there are no pages.
 */
export function hasExplorer(values: Values): boolean {
  const { explorer, host, keys, behindProxy } = values as {
    explorer: boolean;
    host: string;
    keys?: string;
    behindProxy?: boolean;
  };
  return explorer && (keys !== undefined || (isLoopback(host) && !behindProxy));
}

/** Whether no other machine can connect. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

export function addJson(command: Command): Command {
  return command.option('--json', 'print one JSON object to stdout, also for an error');
}

/** An option's description, then its choices, environment variable, and default. */
export function describeOption(option: Option): string {
  const standard = option.defaultValueDescription ?? option.defaultValue;
  const extras = [
    option.argChoices?.join(', '),
    option.envVar && `or ${option.envVar}`,
    standard === undefined ? undefined : `default: ${standard}`,
  ].filter(Boolean);
  return extras.length > 0 ? `${option.description} (${extras.join('; ')})` : option.description;
}

/** A finite number. The function that is called checks its range. */
export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
}
