// The twins of native/kernels.cpp, with the same names and the same arguments in the same order; native/kernels.hpp says what
// each operation does. A pointer is a byte offset into the imported memory, and 0 is null. There is no runtime, no allocation,
// and no import other than the memory; what C++ keeps on its stack is in `scratch`.
import { add, fma, lanes, lanesBytes, splat, spread, sum } from './lanes';

export { pack } from './packing';
export { topN, topNListed } from './scoring';
export { neighbourBonuses } from './neighbours';
export { diversify } from './diversity';
export { gram } from './als';
export { tridiagonalize, eigenvectors, rotate } from './eigen';
export { alsSolve, alsProducts, alsResiduals } from './als';
export { sweep } from './sweep';
export { adamBatches, adamCatchUp } from './adam';
export { cleanRecords } from './records';

export function peak(rounds: u32, sink: usize): u32 {
  const a = splat(0.999), b = spread(sink);
  let s0 = splat(0), s1 = splat(1), s2 = splat(2), s3 = splat(3), s4 = splat(4), s5 = splat(5);
  let s6 = splat(6), s7 = splat(7), s8 = splat(8), s9 = splat(9), s10 = splat(10), s11 = splat(11);
  for (let round: u32 = 0; round < rounds; round++) {
    s0 = fma(s0, a, b);
    s1 = fma(s1, a, b);
    s2 = fma(s2, a, b);
    s3 = fma(s3, a, b);
    s4 = fma(s4, a, b);
    s5 = fma(s5, a, b);
    s6 = fma(s6, a, b);
    s7 = fma(s7, a, b);
    s8 = fma(s8, a, b);
    s9 = fma(s9, a, b);
    s10 = fma(s10, a, b);
    s11 = fma(s11, a, b);
  }
  const first = add(add(add(s0, s1), add(s2, s3)), add(s4, s5));
  const second = add(add(add(s6, s7), add(s8, s9)), add(s10, s11));
  store<f32>(sink, sum(add(first, second)));
  return 12 * lanes * 2;
}

export function bandwidth(values: usize, count: u32, sink: usize): u32 {
  let s0 = splat(0), s1 = splat(0), s2 = splat(0), s3 = splat(0);
  for (const end = values + ((count & ~15) << 2); values < end; values += 4 * lanesBytes) {
    s0 = add(s0, load<Lanes>(values));
    s1 = add(s1, load<Lanes>(values, lanesBytes));
    s2 = add(s2, load<Lanes>(values, 2 * lanesBytes));
    s3 = add(s3, load<Lanes>(values, 3 * lanesBytes));
  }
  store<f32>(sink, sum(add(add(s0, s1), add(s2, s3))));
  return 0;
}
