import type { Command } from 'commander';
import { throwIfAborted } from '../errors.ts';
import { checkReplaceable } from '../files.ts';
import { loadModel, saveModel } from '../model/file.ts';
import { createRecommender } from '../recommending/recommender.ts';
import type { Recommender } from '../recommending/types.ts';
import { sampleOrders } from '../sample/sample.ts';
import type { RunningServer } from '../server/serve.ts';
import { describePicked } from '../tuning/describe.ts';
import { version } from '../version.ts';
import {
  addKernelOptions,
  addServingOptions,
  addTrainingOptions,
  kernelOptions,
  readingOptions,
  resultGroup,
  trainingOptions,
} from './options.ts';
import { count, decimal, duration, note, size } from './terminal.ts';
import {
  busiestCustomer,
  chosenKernel,
  contents,
  endcapStart,
  interruptible,
  keepApart,
  kernelName,
  trainOnOrders,
} from './work.ts';

export function addStart(program: Command): Command {
  const command = program
    .command('start [orders]')
    .summary('train and serve in one go: on orders of yours, or on a sample')
    .description(
      'Trains on a file of order lines, or on the orders of a made-up shop where none is named, and serves the model. ' +
        'This is what npm start runs; its arguments go after --: npm start -- orders.csv',
    )
    .optionsGroup(resultGroup)
    .option('-o, --output <file>', 'keeps the model, too');
  addServingOptions(command);
  addTrainingOptions(command);
  return command
    .addHelpText(
      'after',
      `
Examples:
  endcap start
  endcap start orders.csv --port 8080
  endcap start orders.csv -o model.safetensors

Next: endcap train and endcap serve do the two halves apart`,
    )
    .action(async (orders: string | undefined, values, self: Command) => {
      const training = trainingOptions(self);
      const { output } = values;
      if (orders !== undefined) keepApart(orders, output);
      if (output !== undefined) await checkReplaceable(output);
      const kernel = await chosenKernel(training);
      note(`Endcap ${version}, kernel ${kernelName(kernel)}`);
      let recommender: Recommender | undefined;
      const server = await listen(() => recommender, values);
      try {
        recommender = await interruptible(async (signal) => {
          note(
            orders === undefined
              ? `Training on the orders of a made-up shop; on your own: ${endcapStart} orders.csv`
              : `Training on ${orders}`,
          );
          const source = orders ?? (sampleOrders() as Iterable<never>);
          const { model, notes } = await trainOnOrders(source, readingOptions(values), training, signal);
          throwIfAborted(signal);
          const { losses, trainingMs } = model.metadata;
          const loss = `loss ${decimal(losses[0])} -> ${decimal(losses[losses.length - 1])}`;
          note(`Trained ${count(losses.length, 'epoch')} in ${duration(trainingMs)}, ${loss}`);
          const chosen = describePicked(model.metadata);
          note(...notes, ...(chosen === undefined ? [] : [`Chosen: ${chosen}`]));
          if (output !== undefined) {
            const { bytes } = await saveModel(model, output);
            note(`Model: ${output}, ${size(bytes)}`);
          }
          return createRecommender(model, kernelOptions(values));
        });
      } catch (error) {
        await server.close();
        throw error;
      }
      await untilStopped(server, recommender);
    });
}

export function addServe(program: Command): Command {
  const command = program
    .command('serve <model>')
    .summary('answer over HTTP from a model')
    .description(
      'Serves a model over HTTP: POST /recommend, /similar, /bought-together and ' +
        '/similar-customers, GET /model, /health/ready and /openapi.json.',
    );
  addServingOptions(command);
  addKernelOptions(command);
  return command
    .addHelpText(
      'after',
      `
Examples:
  endcap serve model.safetensors
  HOST=0.0.0.0 PORT=8080 endcap serve model.safetensors

SIGTERM and SIGINT let running requests end first; a second one does not wait.`,
    )
    .action(async (path: string, values) => {
      const kernel = await chosenKernel(kernelOptions(values));
      const model = await loadModel(path);
      note(
        `Endcap ${version}, kernel ${kernelName(kernel)}`,
        `Model: ${path}, ${model.algorithm}, ${count(model.factors, 'factor')}, ${contents(model)}`,
      );
      const recommender = createRecommender(model, kernelOptions(values));
      await untilStopped(await listen(() => recommender, values), recommender);
    });
}

async function listen(
  recommender: () => Recommender | undefined,
  { host, port }: { host: string; port: number },
): Promise<RunningServer> {
  const [{ createApp }, { serve }] = await Promise.all([import('../server/app.ts'), import('../server/serve.ts')]);
  return serve({ app: createApp({ recommender }), host, port });
}

async function untilStopped(server: RunningServer, recommender: Recommender): Promise<void> {
  const { closeOnSignals } = await import('../server/serve.ts');
  const stopped = closeOnSignals(server, () => note('Stopping'));
  const body = JSON.stringify({ user_id: busiestCustomer(recommender.model), num_recommendations: 5 }).replaceAll(
    "'",
    "'\\''",
  );
  note(
    '',
    `Serving on ${server.url} (Ctrl-C stops it). Try it in another terminal:`,
    '',
    `  curl -s ${server.url}/recommend -H content-type:application/json \\`,
    `    -d '${body}'`,
    '',
    `All it answers: ${server.url}/openapi.json`,
  );
  await stopped;
  await recommender.close();
}
