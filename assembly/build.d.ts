// For editors only: the types that build.mjs defines for each module, v128 with SIMD, else f32, i32, and f64.
declare type Lanes = any;
declare type Ints = any;
declare type Doubles = any;
