/** `endcap/web` in runtimes that have files: the lists of Node's own kernels, with threads where there are Web Workers. */
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { testUnless } from '../support/skip.ts';
import { newProject } from './packed.ts';
import { assertSameAnswers, type Smoke, smokeOf } from './smoke.ts';
import { bunTool, denoTool, nodeTool } from './tools.ts';

const test = suite('web');
const { folder: cwd, absent } = await newProject();
const model = join(cwd, 'model.safetensors');
/** What Node says of the model that it trained; undefined if the package is absent. */
const onNode =
  absent === undefined ? await smokeOf([process.execPath, 'smoke.mjs', '--save', model], { cwd }) : undefined;

type WebAnswers = Smoke & { remote?: object };

const hosts = [
  { host: 'Node 20.19.0', tool: await nodeTool('20.19.0'), flags: [], threads: 1, relaxed: false },
  { host: 'Node 26.12.1', tool: await nodeTool('26.12.1'), flags: [], threads: 1, relaxed: true },
  {
    host: 'Deno 2.9.6',
    tool: await denoTool('2.9.6'),
    flags: ['run', '--allow-read', '--no-prompt', '--node-modules-dir=manual'],
    threads: onNode?.kernel.threads,
    relaxed: true,
  },
  {
    host: 'Bun 1.4.5',
    tool: await bunTool('1.4.5'),
    flags: ['--no-install'],
    threads: onNode?.kernel.threads,
    relaxed: true,
  },
];

for (const { host, tool, flags, threads, relaxed } of hosts) {
  for (const isa of relaxed ? ['relaxed', 'simd', 'scalar'] : ['simd', 'scalar']) {
    for (const isShared of [true, false]) {
      const module = `endcap.${isa}${isShared ? '' : '.unshared'}.wasm`;
      testUnless(test, absent ?? tool.absent, `${host}, ${module}`, async () => {
        const answers = await smokeOf([tool.path, ...flags, 'web-host.mjs', model, module], { cwd });
        assert.equal(answers.kernel, { backend: 'wasm', isa, threads: isShared ? threads : 1 });
        assert.is(answers.factors, onNode!.factors);
        assertSameAnswers(answers, onNode!, `${host}, ${module}`);
        const { remote, kernel, lists, blocks, failed } = answers as WebAnswers;
        assert.equal(
          remote,
          host.startsWith('Node') ? undefined : { kernel: { ...kernel, failed }, lists, blocks, isMoved: true },
        );
      });
    }
  }
}

test.run();
