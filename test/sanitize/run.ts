/**
 * `npm run test:sanitize`: builds the addon with AddressSanitizer and UndefinedBehaviorSanitizer and uses it as tests,
 * shops, and attackers do; then runs the kernels on threads under ThreadSanitizer. `-- --short` takes two minutes: the
 * fastest instruction set, no fuzzer, and no threads, and it succeeds where there are no sanitizers. Ends with 1 if a
 * sanitizer reports something or a step fails.
 */
import { type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { buildWith, findTools, root, type Tools } from './build.ts';
import { type Environment, visitShop } from './shop.ts';

const { short } = parseArgs({ options: { short: { type: 'boolean', default: false } } }).values;
const fuzzMinutes = 5;

const tools = findTools();
if ('absent' in tools) {
  console.log(`SKIPPED: sanitizers: ${tools.absent}`);
  process.exitCode = short ? 0 : 1;
} else {
  await watch(tools);
}

async function watch(tools: Tools): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'endcap-sanitize-'));
  try {
    await addressAndUndefined(tools, folder);
    if (!short) await threads(tools, folder);
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function addressAndUndefined(tools: Tools, folder: string): Promise<void> {
  const sanitizers = 'address,undefined,float-cast-overflow';
  const addon = join(buildWith(tools, sanitizers, 'sanitized', 'endcap'), 'Release', 'endcap.node');
  const reports = join(folder, 'report');
  const env: Environment = {
    ...process.env,
    LD_PRELOAD: tools.runtimes.address,
    // V8 leaks by design.
    ASAN_OPTIONS: `detect_leaks=0:log_path=${reports}`,
    UBSAN_OPTIONS: `print_stacktrace=1:log_path=${reports}`,
    ENDCAP_BACKEND: 'native',
    ENDCAP_ADDON: relative(root, addon),
  };
  const isas = instructionSets(addon, env);
  console.log(`${sanitizers}: ${isas.join(', ')}`);
  /** A sanitizer may end a process that nobody misses, such as one that a test kills. */
  const step = async (name: string, run: () => Promise<void>) => {
    const started = performance.now();
    await run().catch((error: Error) => {
      throw new Error(`${name}: ${error.message}\n${reported(folder)}`);
    });
    const found = reported(folder);
    if (found) throw new Error(`${name}:\n${found}`);
    console.log(`ok    ${name}, ${((performance.now() - started) / 1000).toFixed(0)} s`);
  };
  const watched = short ? isas.slice(0, 1) : isas;
  const kernels = short ? { ENDCAP_TEST_ISA: isas[0] } : {};
  await step('kernel tests', () => runNode(['--import', 'tsx', 'test/run.ts', 'kernel'], { ...env, ...kernels }));
  await step('records of CSV', () =>
    runNode(['--import', 'tsx', 'test/run.ts', 'orders/csv/records/kernel-records'], { ...env, ...kernels }),
  );
  for (const isa of watched)
    await step(`a shop on ${isa}`, async () => {
      const shop = mkdtempSync(join(folder, 'shop-'));
      await visitShop(shop, { ...env, ENDCAP_ISA: isa });
    });
  const pool = join(buildWith(tools, sanitizers, 'sanitized', 'pool'), 'pool');
  await step('kernels on threads, without Node', () => runProgram(pool, { ...env, LD_PRELOAD: undefined }));
  if (short) return;
  const findings = ['--out', join(root, 'build/sanitized/findings')];
  // Sanitizers take time and memory.
  const bounds = ['--minutes', `${fuzzMinutes}`, '--memory', '8192', '--deadline', '60000'];
  await step(`${fuzzMinutes} minutes of the model fuzzer`, () =>
    runNode(['--import', 'tsx', 'test/fuzz/fuzz.ts', 'models', ...bounds, ...findings], env),
  );
}

async function runProgram(program: string, env: Environment): Promise<void> {
  const options: SpawnOptions = { stdio: 'inherit', env };
  const [code] = await once(spawn(program, options), 'close');
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
}

async function threads(tools: Tools, folder: string): Promise<void> {
  const pool = join(buildWith(tools, 'thread', 'sanitized-threads', 'pool'), 'pool');
  process.stdout.write('thread: ');
  await runProgram(pool, { ...process.env, TSAN_OPTIONS: 'halt_on_error=1' });
  const addon = join(buildWith(tools, 'thread', 'sanitized-threads', 'endcap'), 'Release', 'endcap.node');
  const env: Environment = {
    ...process.env,
    LD_PRELOAD: tools.runtimes.thread,
    // V8 and Node are not built for it and look as if they raced.
    TSAN_OPTIONS: `exitcode=0:log_path=${join(folder, 'threads')}`,
    ENDCAP_BACKEND: 'native',
    ENDCAP_ADDON: relative(root, addon),
    ENDCAP_TEST_ISA: instructionSets(addon, { ...process.env, LD_PRELOAD: tools.runtimes.thread })[0],
  };
  for (const file of ['pool', 'threads']) await runNode(['--import', 'tsx', `test/kernel/${file}.test.ts`], env);
  const ours = reported(folder, 'threads')
    .split(/^=+$/m)
    .filter((report) => report.includes('endcap.node'));
  if (ours.length > 0) throw new Error(ours.join('\n'));
  console.log('ok    the pool in Node');
}

/** Those of the addon that run here, best first. It also shows that Node and the sanitizers get on. */
function instructionSets(addon: string, env: Environment): string[] {
  const show = 'console.log(Object.keys(require(process.argv[1]).operations).join())';
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', show, addon], { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the addon with sanitizers does not load:\n${stderr}`);
  return stdout.trim().split(',');
}

async function runNode(args: string[], env: Environment): Promise<void> {
  const [code, signal] = await once(spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit' }), 'close');
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code ?? signal}`);
}

/** What sanitizers have written so far, from all processes, to files of this name. */
function reported(folder: string, name = 'report'): string {
  const files = readdirSync(folder).filter((file) => file.startsWith(`${name}.`));
  return files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
}
