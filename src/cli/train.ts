import type { Command } from 'commander';
import { throwIfAborted } from '../errors.ts';
import { checkReplaceable } from '../files.ts';
import { saveModel } from '../model/file.ts';
import { describePicked } from '../tuning/describe.ts';
import { addJson, addTrainingOptions, readingOptions, resultGroup, trainingOptions } from './options.ts';
import { count, decimal, duration, facts, note, print, printJson, size } from './terminal.ts';
import {
  busiestCustomer,
  chosenKernel,
  contents,
  endcap,
  interruptible,
  keepApart,
  kernelName,
  type Training,
  trainOnOrders,
} from './work.ts';

export function addTrain(program: Command): Command {
  const command = program
    .command('train <orders>')
    .summary('learn a model from orders')
    .description(
      'Learns a model from a file of order lines: CSV, TSV or JSON lines, each also gzipped, or Parquet. ' +
        'It needs columns for customer, product and quantity; order id, time, price, name and category help.',
    )
    .optionsGroup(resultGroup)
    .option('-o, --output <file>', 'the model file, replaced once the new one is whole', 'model.safetensors');
  addJson(command);
  addTrainingOptions(command);
  return command
    .addHelpText(
      'after',
      `
Examples:
  endcap train orders.csv
  endcap train orders.parquet -o shop.safetensors --factors 128 --iterations 15
  endcap train export.csv --columns customer="Cust No",product=SKU,quantity=Pcs
  endcap train orders.csv --algorithm quantity --json > report.json

--json prints algorithm, losses, account (where every row went), customers,
products, pairs, factors, sizes, times, kernel, options, choice (how those left open
were chosen) or unchosen (why not), notes, fingerprint, version, endcap and model (the file).

Next: endcap recommend model.safetensors <customer>
      endcap serve model.safetensors`,
    )
    .action((orders: string, values, self: Command) =>
      interruptible(async (signal) => {
        const training = trainingOptions(self);
        const output: string = values.output;
        keepApart(orders, output);
        await checkReplaceable(output);
        const kernel = await chosenKernel(training);
        note(`Training ${training.algorithm} on ${orders}, kernel ${kernelName(kernel)}`);
        const trained = await trainOnOrders(orders, readingOptions(values), training, signal);
        const { model, readMs, trainMs } = trained;
        throwIfAborted(signal);
        const started = performance.now();
        const { bytes } = await saveModel(model, output);
        const times = { readMs, trainMs, saveMs: performance.now() - started };
        if (values.json) printJson(report(trained, output, bytes, times));
        else print(...summary(trained, output, bytes, times));
        note('', `Next: ${endcap} recommend ${output} ${busiestCustomer(model)}`, `      ${endcap} serve ${output}`);
      }),
    );
}

interface Times {
  readMs: number;
  trainMs: number;
  saveMs: number;
}

function report({ model, notes }: Training, path: string, modelBytes: number, times: Times) {
  const { algorithm, factors, customers, products, purchases, metadata } = model;
  const { losses, account, kernel, options, choice, unchosen, version, endcap, fingerprint } = metadata;
  return {
    algorithm,
    losses,
    account,
    customers: customers.length,
    products: products.length,
    pairs: purchases.products.length,
    factors,
    sizes: { modelBytes },
    times,
    kernel,
    options,
    choice,
    unchosen,
    notes,
    fingerprint,
    version,
    endcap,
    model: path,
  };
}

function summary(
  { model, notes }: Training,
  path: string,
  bytes: number,
  { readMs, trainMs, saveMs }: Times,
): string[] {
  const { algorithm, factors, metadata } = model;
  const { losses, kernel, version } = metadata;
  const loss = `loss ${decimal(losses[0])} -> ${decimal(losses[losses.length - 1])}`;
  return facts([
    ['model', `${path}, ${size(bytes)}, version ${version}`],
    ['algorithm', `${algorithm}, ${count(factors, 'factor')}, ${count(losses.length, 'epoch')}, ${loss}`],
    ['chosen', describePicked(metadata)],
    ['data', contents(model)],
    ...notes.map((note) => ['note', note] as const),
    ['kernel', kernelName(kernel)],
    ['times', `read ${duration(readMs)}, train ${duration(trainMs)}, save ${duration(saveMs)}`],
  ]);
}
