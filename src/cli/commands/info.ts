import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { describeImported } from '../../exchange/import/notes.ts';
import { type KernelStatus, kernelFor, kernelsHere } from '../../kernel/available.ts';
import { loadModel } from '../../model/file/file.ts';
import type { Model } from '../../model/model.ts';
import { describeAccount } from '../../orders/cleaning/account.ts';
import { describePicked } from '../../tuning/describe.ts';
import { describeMeasured } from '../../tuning/describe-measured.ts';
import { describeFindings } from '../../tuning/describe-shop.ts';
import { version } from '../../version.ts';
import { dayOf } from '../../wording.ts';
import { kernelName } from '../kernels.ts';
import { addJson, addKernelOptions, kernelOptions } from '../options/options.ts';
import { contents } from '../terminal/model-words.ts';
import { count, decimal, duration, facts, print, printJson, prose } from '../terminal/terminal.ts';

export function addInfo(program: Command): Command {
  const command = program
    .command('info [model]')
    .summary('show versions and kernels, and what a model contains')
    .description(
      'Shows versions, the kernel that runs, and the others that could; with a model, what it contains and how it was trained.',
    );
  addKernelOptions(command);
  addJson(command.optionsGroup('Options:'));
  return command
    .addHelpText('after', '\nExamples:\n  endcap info\n  endcap info model.safetensors --json')
    .action(async (path: string | undefined, values) => {
      const model = path === undefined ? undefined : await loadModel(path);
      const { platform, arch, versions } = process;
      const machine = { node: versions.node, platform, arch, cpus: availableParallelism() };
      const kernel = kernelFor(kernelOptions(values));
      const kernels = kernelsHere();
      if (values.json) {
        printJson({
          endcap: version,
          ...machine,
          kernel,
          kernels,
          model: model && { file: path, ...aboutModel(model) },
        });
        return;
      }
      print(
        ...facts([
          ['endcap', version],
          ['node', `${machine.node} on ${platform} ${arch}, ${count(machine.cpus, 'CPU')}`],
          ['kernel', kernelName(kernel)],
          ...['native', 'wasm'].map((backend) => {
            const runs = kernels.filter((one) => one.backend === backend && one.runs).map(({ isa }) => isa);
            return [backend, runs.length > 0 ? `${runs.join(', ')} run here` : 'does not run here'] as const;
          }),
        ]),
        ...prose(...reasons(kernels)),
      );
      if (model)
        print(
          '',
          ...facts([['model', path], ...describeModel(model)]),
          '',
          ...prose(...describeAccount(model.metadata.account)),
        );
    });
}

/** Why some kernels do not run, grouped by reason. */
function reasons(kernels: readonly KernelStatus[]): string[] {
  const names = new Map<string, string[]>();
  for (const { backend, isa, reason } of kernels) {
    if (reason !== undefined) names.set(reason, [...(names.get(reason) ?? [backend]), isa]);
  }
  return [...names].map(([reason, [backend, ...isas]]) => `  no ${backend} ${isas.join(', ')}: ${reason}`);
}

function aboutModel({ algorithm, factors, customers, products, purchases, metadata }: Model) {
  return {
    algorithm,
    factors,
    customers: customers.length,
    products: products.length,
    pairs: purchases.products.length,
    ...metadata,
  };
}

function describeModel(model: Model): [string, string | undefined][] {
  const { algorithm, metadata } = model;
  const { options, losses, account, kernel, trainedAt } = metadata;
  const { firstPurchase, lastPurchase } = account;
  return [
    ['version', metadata.version],
    ['imported', metadata.imported && describeImported(metadata)],
    [
      metadata.imported ? 'made' : 'trained',
      `${trainedAt.replace(/\.\d+Z/, 'Z')} by endcap ${metadata.endcap} in ${duration(metadata.trainingMs)}, ${kernelName(kernel)}`,
    ],
    ['algorithm', algorithm],
    [
      'options',
      Object.entries(options)
        .filter(([name]) => name !== 'algorithm')
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    ],
    ['picked', describePicked(metadata)],
    ['measured', metadata.measured && describeMeasured(metadata.measured)],
    ...describeFindings(metadata),
    ['gate', metadata.gate?.reason],
    ['losses', losses.length > 0 ? losses.map(decimal).join(' ') : undefined],
    ['data', contents(model)],
    [
      'purchases',
      firstPurchase === undefined || lastPurchase === undefined
        ? undefined
        : `${dayOf(firstPurchase)} to ${dayOf(lastPurchase)}`,
    ],
    [
      'columns',
      Object.entries(account.columns)
        .map(([role, column]) => `${role}=${column}`)
        .join(', '),
    ],
    ['fingerprint', metadata.fingerprint],
  ];
}
