// For editors only: the types that build.mjs gives each module, v128 where the engine has SIMD, else f32 and i32.
declare type Lanes = any;
declare type Ints = any;
