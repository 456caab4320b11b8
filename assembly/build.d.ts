// For editors only: the type that build.mjs gives each module, v128 where the engine has SIMD and f32 where it has not.
declare type Lanes = any;
