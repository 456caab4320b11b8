// Compiles the kernels to build/wasm/endcap.<variant>.wasm, three modules from one source, unless all of them are newer
// than every source. Variants differ in what they require of the engine. `Lanes` is the type of a short vector of floats,
// `Ints` that of a vector of integers, and `Doubles` that of a vector of doubles with as many bytes.
import { mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const variants = {
  relaxed: [
    '--use',
    'Lanes=v128',
    '--use',
    'Ints=v128',
    '--use',
    'Doubles=v128',
    '--enable',
    'threads,simd,relaxed-simd',
  ],
  simd: ['--use', 'Lanes=v128', '--use', 'Ints=v128', '--use', 'Doubles=v128', '--enable', 'threads,simd'],
  scalar: ['--use', 'Lanes=f32', '--use', 'Ints=i32', '--use', 'Doubles=f64', '--enable', 'threads'],
};
const options = [
  ...['--runtime', 'stub', '--importMemory', '--noExportMemory', '--sharedMemory'],
  // 4 GiB, the reach of 32-bit offsets.
  ...['--initialMemory', '1', '--maximumMemory', '65536'],
  ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--converge', '--noAssert'],
  // Offsets are meant to have 32 bits.
  ...['--disableWarning', '201'],
];

const sources = new URL('.', import.meta.url);
const target = new URL('../build/wasm/', import.meta.url);
const output = (variant) => new URL(`endcap.${variant}.wasm`, target);
const changed = async (file) => (await stat(file)).mtimeMs;

if (!(await upToDate())) await build();

async function upToDate() {
  const inputs = (await readdir(sources)).map((name) => new URL(name, sources));
  try {
    const built = await Promise.all(Object.keys(variants).map((variant) => changed(output(variant))));
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
  await mkdir(target, { recursive: true });
  for (const [variant, features] of Object.entries(variants)) {
    let binary;
    const { error } = await asc.main(
      ['kernels.ts', '--baseDir', fileURLToPath(sources), '--outFile', 'kernels.wasm', ...options, ...features],
      { writeFile: (_, contents) => (binary = contents) },
    );
    if (error) {
      console.error(`The ${variant} WebAssembly kernels did not compile: ${error.message}`);
      process.exitCode = 1;
      return;
    }
    // Written next to it and renamed, so that a concurrent reader finds either the old module or the new one.
    const beside = new URL(`endcap.${variant}.wasm.${process.pid}`, target);
    await writeFile(beside, binary);
    await rename(beside, output(variant));
  }
}
