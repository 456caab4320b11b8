/**
 * `endcap/web` where there are files: prints a line as `smoke.mjs` does.
 *
 *     node web-host.mjs MODEL MODULE
 *
 * MODULE is a file of `endcap/wasm/`, such as `endcap.simd.wasm`.
 */
import { readFileSync } from 'node:fs';
import { webAnswers } from './web-smoke.mjs';

const [path, name] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(new URL(import.meta.resolve(`endcap/wasm/${name}`))));
console.log(JSON.stringify(await webAnswers(new Uint8Array(readFileSync(path)), { module })));
