import { setFlagsFromString } from 'node:v8';

// Node 20 has relaxed SIMD behind this flag; later versions have it by default.
if (process.version.startsWith('v20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');
