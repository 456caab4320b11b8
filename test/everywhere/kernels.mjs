/** `smoke.mjs` on several kernels in one process, as an emulated one takes long to start: `node kernels.mjs native:avx2 wasm:simd`. */
import { smoke } from './smoke.mjs';

for (const kernel of process.argv.slice(2)) {
  const [backend, isa] = kernel.split(':');
  Object.assign(process.env, { ENDCAP_BACKEND: backend, ENDCAP_ISA: isa });
  console.log(JSON.stringify(await smoke()));
}
