# What the native kernels are built with. CMakeLists.txt includes this file, and cross.mjs, which builds the binaries of all
# platforms, reads it: it holds nothing but lines like these.

# One source is compiled once for each instruction set.
set(ISAS_x64 scalar sse2 avx2 avx512 avx512vnni)
set(ISAS_arm64 scalar neon)
set(ISAS_other scalar)
set(DEFINES_x64 ENDCAP_X86=1)
set(DEFINES_arm64 ENDCAP_NEON=1)
set(DEFINES_avx512vnni ENDCAP_ISA_IS_avx512=1)

# Of GCC and Clang, and thus of zig.
set(FLAGS_avx2 -mavx2 -mfma -mpopcnt -mtune=haswell)
set(FLAGS_avx512 -mavx512f -mavx512dq -mavx512bw -mavx512vl -mavx2 -mfma -mpopcnt -mprefer-vector-width=512)
set(FLAGS_avx512vnni ${FLAGS_avx512} -mavx512vnni)
set(OPTIMIZATION -O3)
# Only lanes.hpp fuses multiplications and additions, so that results do not depend on the compiler. Loops that pay are
# unrolled in the sources; Clang would unroll the others, too, for a fifth more code and no more speed.
set(FLAGS_kernel -ffp-contract=off -fno-math-errno -fno-unroll-loops -fno-exceptions -fno-rtti -Wall -Wextra)
set(FLAGS_addon -fno-exceptions -fno-rtti -Wall -Wextra)

# A thread that is terminated while it loads the addon or returns from a kernel must not take the process with it.
set(DEFINES_addon BUILDING_NODE_EXTENSION NAPI_VERSION=8 NAPI_DISABLE_CPP_EXCEPTIONS
  NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS NODE_ADDON_API_DISABLE_DEPRECATED)
