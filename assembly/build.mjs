// Compiles the kernels to build/wasm/, six modules from one source, unless all of them are newer than every source:
// endcap.<isa>.wasm with memory that threads share, and endcap.<isa>.unshared.wasm for hosts without it. Instruction sets
// differ in what they require of the engine. `Lanes` is the type of a short vector of floats, `Ints` that of a vector of
// integers, and `Doubles` that of a vector of doubles with as many bytes.
import { mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const isas = {
  relaxed: ['--use', 'Lanes=v128', '--use', 'Ints=v128', '--use', 'Doubles=v128', '--enable', 'simd,relaxed-simd'],
  simd: ['--use', 'Lanes=v128', '--use', 'Ints=v128', '--use', 'Doubles=v128', '--enable', 'simd'],
  scalar: ['--use', 'Lanes=f32', '--use', 'Ints=i32', '--use', 'Doubles=f64'],
};
const modules = Object.entries(isas).flatMap(([isa, features]) => [
  { file: `endcap.${isa}.wasm`, isa, shared: true, features: [...features, '--enable', 'threads', '--sharedMemory'] },
  { file: `endcap.${isa}.unshared.wasm`, isa, shared: false, features },
]);
const options = [
  ...['--runtime', 'stub', '--importMemory', '--noExportMemory'],
  // 4 GiB, the reach of 32-bit offsets.
  ...['--initialMemory', '1', '--maximumMemory', '65536'],
  ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--noAssert'],
  // Offsets are meant to have 32 bits.
  ...['--disableWarning', '201'],
];

const sources = new URL('.', import.meta.url);
const manifest = new URL('../package.json', import.meta.url);
const target = new URL('../build/wasm/', import.meta.url);
const changed = async (file) => (await stat(file)).mtimeMs;

if (!(await upToDate())) await build();

async function upToDate() {
  const inputs = [...(await readdir(sources)).map((name) => new URL(name, sources)), manifest];
  try {
    const built = await Promise.all(modules.map(({ file }) => changed(new URL(file, target))));
    return Math.min(...built) > Math.max(...(await Promise.all(inputs.map(changed))));
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

async function build() {
  const asc = await import('assemblyscript/asc').catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  });
  if (!asc) {
    console.error('Development dependencies are needed to build from a clone: run npm ci without --omit=dev.');
    process.exitCode = 1;
    return;
  }
  const { version } = JSON.parse(await readFile(manifest, 'utf8'));
  await mkdir(target, { recursive: true });
  for (const { file, isa, shared, features } of modules) {
    let binary;
    const { error } = await asc.main(
      ['kernels.ts', '--baseDir', fileURLToPath(sources), '--outFile', 'kernels.wasm', ...options, ...features],
      { writeFile: (_, contents) => (binary = contents) },
    );
    if (error) {
      console.error(`The WebAssembly kernels ${file} did not compile: ${error.message}`);
      process.exitCode = 1;
      return;
    }
    // Written next to it and renamed, so that a concurrent reader finds either the old module or the new one.
    const beside = new URL(`${file}.${process.pid}`, target);
    await writeFile(beside, Buffer.concat([binary, section('endcap', JSON.stringify({ version, isa, shared }))]));
    await rename(beside, new URL(file, target));
  }
}

/** A custom section, which tells what a module is: whoever is given one cannot see it otherwise. */
function section(name, text) {
  const [label, body] = [Buffer.from(name), Buffer.from(text)];
  const content = Buffer.concat([Buffer.from([label.length]), label, body]);
  if (content.length > 127) throw new Error('lengths of sections take one byte here');
  return Buffer.concat([Buffer.from([0, content.length]), content]);
}
