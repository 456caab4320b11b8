// What the binaries of cross.mjs need of a C++ library, of which they link none. Everything else that they need, memset and
// strlen included, is in the process that loads them, whichever C library it has.
#include <stddef.h>

// For the text of a Napi::Error, which is never set: nothing here allocates.
void operator delete(void*) noexcept {
  __builtin_trap();
}
void operator delete(void*, size_t) noexcept {
  __builtin_trap();
}
