import type { Command } from 'commander';
import { EndcapError, throwIfAborted } from '../../errors.ts';
import { saveModel } from '../../model/file/file.ts';
import { sourceName } from '../../orders/sources/read.ts';
import { describePicked } from '../../tuning/describe.ts';
import { describeMeasured } from '../../tuning/describe-measured.ts';
import { endcap, exampleCommand, shellWord } from '../hints.ts';
import { interruptible } from '../interrupt.ts';
import { kernelName, trainingKernel } from '../kernels.ts';
import { addJson, resultGroup } from '../options/options.ts';
import { addPairsOptions, pairsReader } from '../options/pairs-options.ts';
import { joinedFiles, readingOptions } from '../options/reading-options.ts';
import { addTrainingOptions, trainingOptions } from '../options/training-options.ts';
import { checkOutput } from '../output.ts';
import { contents, lossOf } from '../terminal/model-words.ts';
import { count, duration, facts, note, print, printJson, size } from '../terminal/terminal.ts';
import { type Training, trainOnOrders } from '../training.ts';

export function addTrain(program: Command): Command {
  const command = program
    .command('train <orders...>')
    .summary('train a model on orders')
    .description(
      'Trains a model on a file of order lines: CSV, TSV, or JSON lines, gzipped or not, or Parquet. The file needs columns ' +
        'for customer, product, and quantity; order id, time, price, name, and category help.',
    )
    .optionsGroup(resultGroup)
    .option('-o, --output <file>', 'model file to write, complete or not at all', 'model.safetensors');
  addJson(command);
  addTrainingOptions(command);
  addPairsOptions(command);
  return command
    .addHelpText(
      'after',
      `
Examples:
  endcap train orders.csv
  endcap train orders.parquet -o shop.safetensors --factors 128 --iterations 15
  endcap train orders-2025-*.csv returns.csv
  endcap train export.csv --columns customer="Cust No",product=SKU,quantity=Pcs
  endcap train postgres://reader@db.example/shop --table orders
  endcap train orders.csv --algorithm quantity --json > report.json
  endcap train pairs/ --pairs --products products.parquet

--json prints algorithm, losses, account (where every row went), customers,
products, pairs, factors, sizes, times, kernel, options, choice (how training
picked the options that were not given) or unchosen (why it picked none),
measured (what lists find of held-out orders next to best-sellers), notes,
fingerprint, version, endcap, and model (the file).

Next: endcap recommend model.safetensors <customer>
      endcap serve model.safetensors`,
    )
    .action((orders: string[], values, self: Command) =>
      interruptible(async (signal) => {
        const training = trainingOptions(self);
        const output: string = values.output;
        await checkOutput(output, [...orders, ...joinedFiles(values)]);
        note(`Training ${training.algorithm} on ${sourceName(orders)}, kernel ${trainingKernel(training)}`);
        const trained = await trainOnOrders(orders, readingOptions(values), training, signal, pairsReader(self));
        const { model, readMs, trainMs } = trained;
        throwIfAborted(signal);
        const started = performance.now();
        const { bytes } = await saveModel(model, output, { signal }).catch(explainLoss);
        const times = { readMs, trainMs, saveMs: performance.now() - started };
        if (values.json) printJson(report(trained, output, bytes, times));
        else print(...summary(trained, output, bytes, times));
        note('', `Next: ${exampleCommand(output, model)}`, `      ${endcap} serve ${shellWord(output)}`);
      }),
    );
}

/** A model exists in memory only until it is saved. */
function explainLoss(error: unknown): never {
  if (!(error instanceof EndcapError) || error.code !== 'write_failed') throw error;
  const message = `${error.message}. The trained model is lost; make room or name another file with -o, and train again`;
  throw new EndcapError(error.code, message, error.details, { cause: error });
}

interface Times {
  readMs: number;
  trainMs: number;
  saveMs: number;
}

function report({ model, notes }: Training, path: string, modelBytes: number, times: Times) {
  const { algorithm, factors, customers, products, purchases, metadata } = model;
  const { losses, account, kernel, options, choice, unchosen, measured, repeatTrees, version, ...rest } = metadata;
  const { endcap, fingerprint } = rest;
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
    measured,
    repeatTrees,
    notes,
    fingerprint,
    version,
    endcap,
    model: path,
  };
}

function summary({ model }: Training, path: string, bytes: number, times: Times): string[] {
  const { algorithm, factors, metadata } = model;
  const { losses, kernel, version } = metadata;
  const { readMs, trainMs, saveMs } = times;
  return facts([
    ['model', `${path}, ${size(bytes)}, version ${version}`],
    ['algorithm', `${algorithm}, ${count(factors, 'factor')}, ${count(losses.length, 'epoch')}, ${lossOf(model)}`],
    ['picked', describePicked(metadata)],
    ['measured', metadata.measured && describeMeasured(metadata.measured)],
    ['data', contents(model)],
    ['kernel', kernelName(kernel)],
    ['times', `read ${duration(readMs)}, train ${duration(trainMs)}, save ${duration(saveMs)}`],
  ]);
}
