import type { Command } from 'commander';
import { throwIfAborted } from '../../errors.ts';
import { loadModel, saveModel } from '../../model/file.ts';
import { sourceName } from '../../orders/sources/read.ts';
import { createRecommender } from '../../recommending/create.ts';
import type { Recommender } from '../../recommending/types.ts';
import { sampleOrders } from '../../sample/sample.ts';
import type { AppOptions } from '../../server/app.ts';
import type { RunningServer, ServeOptions } from '../../server/serve.ts';
import { describePicked } from '../../tuning/describe.ts';
import { version } from '../../version.ts';
import { endcapStart, exampleRequest } from '../hints.ts';
import { interruptible } from '../interrupt.ts';
import { kernelName, noteFailed, trainingKernel } from '../kernels.ts';
import {
  addKernelOptions,
  addServingOptions,
  joinedFiles,
  kernelOptions,
  readingOptions,
  resultGroup,
  type Values,
} from '../options.ts';
import { checkOutput } from '../output.ts';
import { count, duration, note, size } from '../terminal.ts';
import { contents, lossOf, trainOnOrders } from '../training.ts';
import { addTrainingOptions, trainingOptions } from '../training-options.ts';

type ServingOptions = Pick<AppOptions, 'maxConcurrentRequests' | 'deadlineMs'> &
  Pick<ServeOptions, 'host' | 'port' | 'maxConnections'>;

export function addStart(program: Command): Command {
  const command = program
    .command('start [orders...]')
    .summary('train a model and serve it, on your orders or on a sample')
    .description(
      'Trains a model on a file of order lines, or on the orders of a made-up shop if no file is named, and serves it ' +
        'over HTTP. npm start runs this command and passes on what follows --: npm start -- orders.csv',
    )
    .optionsGroup(resultGroup)
    .option('-o, --output <file>', 'also write the model to this file');
  addServingOptions(command, true);
  addTrainingOptions(command);
  return command
    .addHelpText(
      'after',
      `
Examples:
  endcap start
  endcap start orders.csv --port 8080
  endcap start orders.csv -o model.safetensors

ENDCAP_HOST and ENDCAP_PORT, or else HOST and PORT, name the address, too.

See also: endcap train and endcap serve do the two steps separately`,
    )
    .action(async (orders: string[], values, self: Command) => {
      const training = trainingOptions(self);
      const { output } = values;
      await checkOutput(output, [...orders, ...joinedFiles(values)]);
      note(`Endcap ${version}, kernel ${trainingKernel(training)}`);
      let recommender: Recommender | undefined;
      const server = await listen(() => recommender, values);
      try {
        recommender = await interruptible(async (signal) => {
          note(
            orders.length === 0
              ? `Training on the orders of a made-up shop; to train on your own: ${endcapStart} orders.csv`
              : `Training on ${sourceName(orders)}`,
          );
          const source = orders.length > 0 ? orders : (sampleOrders() as Iterable<never>);
          const { model } = await trainOnOrders(source, readingOptions(values), training, signal);
          throwIfAborted(signal);
          const { losses, trainingMs } = model.metadata;
          note(`Trained ${count(losses.length, 'epoch')} in ${duration(trainingMs)}, ${lossOf(model)}`);
          const picked = describePicked(model.metadata);
          if (picked !== undefined) note(`Picked: ${picked}`);
          if (output !== undefined) {
            const { bytes } = await saveModel(model, output, { signal });
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
    .summary('serve a model over HTTP')
    .description(
      'Serves a model over HTTP: POST /recommend, /similar, /bought-together, and /similar-customers, GET /model, ' +
        '/health/ready, and /openapi.json.',
    );
  addServingOptions(command);
  addKernelOptions(command);
  return command
    .addHelpText(
      'after',
      `
Examples:
  endcap serve model.safetensors
  ENDCAP_HOST=0.0.0.0 ENDCAP_PORT=8080 endcap serve model.safetensors

SIGTERM and SIGINT let running requests finish; a second signal stops at once.`,
    )
    .action(async (path: string, values) => {
      const model = await loadModel(path);
      const recommender = createRecommender(model, kernelOptions(values));
      noteFailed(recommender.kernel);
      note(
        `Endcap ${version}, kernel ${kernelName(recommender.kernel)}`,
        `Model: ${path}, ${model.algorithm}, ${count(model.factors, 'factor')}, ${contents(model)}`,
      );
      await untilStopped(await listen(() => recommender, values), recommender);
    });
}

async function listen(recommender: () => Recommender | undefined, values: Values): Promise<RunningServer> {
  const { host, port, maxConcurrentRequests, deadlineMs, maxConnections } = values as ServingOptions;
  const [{ createApp }, { serve }] = await Promise.all([
    import('../../server/app.ts'),
    import('../../server/serve.ts'),
  ]);
  const app = createApp({ recommender, maxConcurrentRequests, deadlineMs });
  return serve({ app, host, port, maxConnections });
}

async function untilStopped(server: RunningServer, recommender: Recommender): Promise<void> {
  const [{ closeOnSignals }, { refreshDaily }] = await Promise.all([
    import('../../server/serve.ts'),
    import('../../server/refreshing.ts'),
  ]);
  const stopped = closeOnSignals(server, () => note('Stopping'));
  note(
    '',
    `Serving on ${server.url} (Ctrl-C stops it). Try it in another terminal:`,
    '',
    ...exampleRequest(server.url, recommender.model),
    '',
    `All endpoints: ${server.url}/openapi.json`,
  );
  const stopRefreshing = refreshDaily(recommender);
  await stopped;
  stopRefreshing();
  await recommender.close();
}
