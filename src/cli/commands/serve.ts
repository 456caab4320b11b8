import type { Command } from 'commander';
import { loadRecommender } from '../../recommending/create.ts';
import { version } from '../../version.ts';
import { kernelName, noteFailed } from '../kernels.ts';
import { contents } from '../model-words.ts';
import { addKernelOptions, addServingOptions, kernelOptions } from '../options/options.ts';
import { count, note } from '../terminal.ts';

export function addServe(program: Command): Command {
  const command = program
    .command('serve <model>')
    .summary('serve a model over HTTP')
    .description(
      'Serves a model over HTTP: POST /recommend, /similar, /bought-together, and /similar-customers, GET /model, ' +
        '/metrics, /health/ready, and /openapi.json.',
    );
  addServingOptions(command);
  addKernelOptions(command);
  return command
    .addHelpText(
      'after',
      `
Examples:
  endcap serve model.safetensors
  ENDCAP_PORT=8080 endcap serve model.safetensors
  endcap serve model.safetensors --host 0.0.0.0 --keys endcap-keys.json

SIGTERM and SIGINT let running requests finish; a second signal stops at once.`,
    )
    .action(async (path: string, values) => {
      // The server's code loads while threads read and hash the file.
      const [recommender, { listen, untilStopped }] = await Promise.all([
        loadRecommender(path, kernelOptions(values)),
        import('../serving.ts'),
      ]);
      const { model } = recommender;
      noteFailed(recommender.kernel);
      note(
        `Endcap ${version}, kernel ${kernelName(recommender.kernel)}`,
        `Model: ${path}, ${model.algorithm}, ${count(model.factors, 'factor')}, ${contents(model)}`,
      );
      await untilStopped(await listen(() => recommender, values), recommender);
    });
}
