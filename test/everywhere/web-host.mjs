/**
 * `endcap/web` where there are files: prints a line as `smoke.mjs` does. Where there are Web Workers, it has
 * the `remote` answers of a recommender in one, too.
 *
 *     node web-host.mjs MODEL MODULE
 *
 * MODULE is a file of `endcap/wasm/`, such as `endcap.simd.wasm`.
 */
import { readFileSync } from 'node:fs';
import { remoteAnswers, webAnswers } from './web-smoke.mjs';

const [path, name] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(new URL(import.meta.resolve(`endcap/wasm/${name}`))));
const bytes = () => new Uint8Array(readFileSync(path));
const answers = await webAnswers(bytes(), { module });
const remote = 'Worker' in globalThis ? await remoteAnswers(bytes(), { module }) : undefined;
console.log(JSON.stringify({ ...answers, remote }));
