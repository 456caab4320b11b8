// The twins of native/kernels.hpp, which says what each operation promises: same names, same arguments in the same
// order, a pointer being a byte offset into the imported memory and 0 null. No runtime, no allocation, no import but the
// memory; what C++ keeps on its stack lies in `scratch`.
import { fma, lanes, splat, spread, sum } from './lanes';

export { pack, topN, topNListed } from './scoring';
export { gram, alsSolve } from './als';
export { adamBatches, adamCatchUp } from './adam';

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
  store<f32>(
    sink,
    sum(s0) + sum(s1) + sum(s2) + sum(s3) + sum(s4) + sum(s5) + sum(s6) + sum(s7) + sum(s8) + sum(s9) + sum(s10) + sum(s11),
  );
  return 12 * lanes * 2;
}
