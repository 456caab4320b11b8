// A short vector of doubles. build.mjs defines the type `Doubles` for each module: v128 (two) with SIMD, f64 (one) without.
// Nothing is fused, so that every module computes the same bytes as the native kernels.

export const doublesBytes: usize = sizeof<Doubles>();

@inline
export function splatDouble(x: f64): Doubles {
  return ASC_FEATURE_SIMD ? f64x2.splat(x) : x;
}

@inline
export function plus(a: Doubles, b: Doubles): Doubles {
  return ASC_FEATURE_SIMD ? f64x2.add(a, b) : a + b;
}

@inline
export function minus(a: Doubles, b: Doubles): Doubles {
  return ASC_FEATURE_SIMD ? f64x2.sub(a, b) : a - b;
}

@inline
export function times(a: Doubles, b: Doubles): Doubles {
  return ASC_FEATURE_SIMD ? f64x2.mul(a, b) : a * b;
}
