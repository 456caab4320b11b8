// The only C++ that knows JavaScript: unpack, call, return. Every operation becomes a function of the same arguments, in
// which a pointer is a typed array of the element's type, or 0 for null, and everything else is a number.
#include <napi.h>

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "kernels.hpp"
#if ENDCAP_POISON
#include <sanitizer/asan_interface.h>
#endif
#if defined(__linux__)
#include <sys/mman.h>
// Not every C library has it.
extern "C" __attribute__((weak)) int mallopt(int, int) noexcept;
#endif

namespace {

using endcap::Kernels;

template <typename T>
struct ElementType;
template <>
struct ElementType<float> {
  static constexpr napi_typedarray_type type = napi_float32_array;
  static constexpr const char* name = "a Float32Array";
};
template <>
struct ElementType<double> {
  static constexpr napi_typedarray_type type = napi_float64_array;
  static constexpr const char* name = "a Float64Array";
};
template <>
struct ElementType<uint32_t> {
  static constexpr napi_typedarray_type type = napi_uint32_array;
  static constexpr const char* name = "a Uint32Array";
};
template <>
struct ElementType<uint8_t> {
  static constexpr napi_typedarray_type type = napi_uint8_array;
  static constexpr const char* name = "a Uint8Array";
};

// Bytes of a Uint8Array, whatever they hold.
struct Bytes {
  uint8_t* data;
  size_t length;
};

// The arguments of a call. Without exceptions, a call reads all of them and is then refused for the first that is wrong.
struct Arguments {
  napi_env env;
  const napi_value* values;
  size_t wrong = 0;
  const char* expected = nullptr;

  void refuse(size_t index, const char* what) {
    if (expected) return;
    wrong = index;
    expected = what;
  }
};

template <typename T>
struct Argument {
  static T from(Arguments& arguments, size_t index) {
    double number = 0;
    if (napi_get_value_double(arguments.env, arguments.values[index], &number) != napi_ok)
      arguments.refuse(index, "a number");
    return static_cast<T>(number);
  }
};

template <typename T>
struct Argument<T*> {
  static T* from(Arguments& arguments, size_t index) {
    using Element = ElementType<std::remove_const_t<T>>;
    const napi_value value = arguments.values[index];
    napi_typedarray_type type{};
    void* data = nullptr;
    if (napi_get_typedarray_info(arguments.env, value, &type, nullptr, &data, nullptr, nullptr) == napi_ok &&
        type == Element::type)
      return static_cast<T*>(data);
    double number = 0;
    if (napi_get_value_double(arguments.env, value, &number) != napi_ok || number != 0)
      arguments.refuse(index, Element::name);
    return nullptr;
  }
};

template <>
struct Argument<Bytes> {
  static Bytes from(Arguments& arguments, size_t index) {
    using Element = ElementType<uint8_t>;
    napi_typedarray_type type{};
    size_t length = 0;
    void* data = nullptr;
    if (napi_get_typedarray_info(arguments.env, arguments.values[index], &type, &length, &data, nullptr, nullptr) != napi_ok ||
        type != Element::type)
      arguments.refuse(index, Element::name);
    return {static_cast<uint8_t*>(data), length};
  }
};

// The text of an error. A std::string would need the C++ library.
struct Text {
  char text[64] = {};
  size_t length = 0;

  Text& operator<<(const char* more) {
    while (*more && length + 1 < sizeof text) text[length++] = *more++;
    return *this;
  }
  Text& operator<<(size_t number) {
    if (number >= 10) *this << number / 10;
    const char digit[] = {static_cast<char>('0' + number % 10), 0};
    return *this << digit;
  }
};

napi_value refuse(napi_env env, const Text& why) {
  Napi::TypeError::New(env, why.text).ThrowAsJavaScriptException();
  return nullptr;
}

template <typename... Args, size_t... Index>
napi_value run(uint32_t (*operation)(Args...), Arguments& arguments, std::index_sequence<Index...>) {
  // In braces, arguments are read in their order.
  const std::tuple<Args...> read{Argument<Args>::from(arguments, Index)...};
  if (arguments.expected)
    return refuse(arguments.env, Text() << "argument " << arguments.wrong + 1 << " must be " << arguments.expected);
  return Napi::Number::New(arguments.env, operation(std::get<Index>(read)...));
}

// What JavaScript calls. Napi::CallbackInfo would allocate for more than six arguments.
template <typename... Args>
napi_value call(napi_env env, napi_callback_info info) {
  constexpr size_t count = sizeof...(Args);
  napi_value values[count];
  size_t given = count;
  void* operation = nullptr;
  NAPI_THROW_IF_FAILED(env, napi_get_cb_info(env, info, &given, values, nullptr, &operation), nullptr);
  if (given != count) return refuse(env, Text() << "expected " << count << " arguments");
  Arguments arguments{env, values};
  return run(reinterpret_cast<uint32_t (*)(Args...)>(operation), arguments, std::index_sequence_for<Args...>{});
}

template <typename... Args>
void bind(Napi::Object object, const char* name, uint32_t (*operation)(Args...)) {
  const napi_env env = object.Env();
  napi_value function = nullptr;
  NAPI_THROW_IF_FAILED_VOID(env, napi_create_function(env, name, NAPI_AUTO_LENGTH, call<Args...>,
                                                      reinterpret_cast<void*>(operation), &function));
  object.Set(name, function);
}

// How many bytes past a multiple of 64 they begin. JavaScript aligns what it allocates by it.
uint32_t misalignment(Bytes bytes) {
  return reinterpret_cast<uintptr_t>(bytes.data) % 64;
}

// Asks the system for large pages for bytes that nobody has touched: rows of factors are read in random order, and
// the addresses of far more of them are at hand. A system that has none, or gives them without being asked, changes nothing.
uint32_t useLargePages([[maybe_unused]] Bytes bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  constexpr uintptr_t page = 1 << 21;
  const uintptr_t data = reinterpret_cast<uintptr_t>(bytes.data);
  const uintptr_t begin = (data + page - 1) / page * page, end = (data + bytes.length) / page * page;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#endif
  return 0;
}

// Has arrays from 1 MiB on lie in pages of their own, which the system has back once an array is freed. glibc would do so for the
// first ones only: later ones would lie between others, where it keeps what is freed, more and more as models come and go, and
// where it writes all zeros again before anybody uses them.
void allocateInOwnPages() {
#if defined(__linux__)
  constexpr int mmapThreshold = -3;
  if (mallopt) mallopt(mmapThreshold, 1 << 20);
#endif
}

#if ENDCAP_POISON
// Makes AddressSanitizer report a kernel that touches these bytes, from `begin` to `end`.
uint32_t poison(Bytes bytes, size_t begin, size_t end) {
  __asan_poison_memory_region(bytes.data + begin, end - begin);
  return 0;
}
#endif

// exports.operations is a table of operations for each instruction set that runs here, best first.
Napi::Object start(Napi::Env env, Napi::Object exports) {
  allocateInOwnPages();
  Napi::Object tables = Napi::Object::New(env);
  Kernels found[8];
  const uint32_t count = endcap::availableKernels(found, 8);
  for (uint32_t i = 0; i < count; i++) {
    const Kernels& kernels = found[i];
    Napi::Object operations = Napi::Object::New(env);
    bind(operations, "pack", kernels.pack);
    bind(operations, "topN", kernels.topN);
    bind(operations, "topNListed", kernels.topNListed);
    bind(operations, "neighbourBonuses", kernels.neighbourBonuses);
    bind(operations, "diversify", kernels.diversify);
    bind(operations, "gram", kernels.gram);
    bind(operations, "tridiagonalize", kernels.tridiagonalize);
    bind(operations, "eigenvectors", kernels.eigenvectors);
    bind(operations, "rotate", kernels.rotate);
    bind(operations, "alsSolve", kernels.alsSolve);
    bind(operations, "alsProducts", kernels.alsProducts);
    bind(operations, "alsResiduals", kernels.alsResiduals);
    bind(operations, "sweep", kernels.sweep);
    bind(operations, "adamBatches", kernels.adamBatches);
    bind(operations, "adamCatchUp", kernels.adamCatchUp);
    bind(operations, "cleanRecords", kernels.cleanRecords);
    bind(operations, "peak", kernels.peak);
    bind(operations, "bandwidth", kernels.bandwidth);
    tables.Set(kernels.isa, operations);
  }
  exports.Set("operations", tables);
  bind(exports, "misalignment", misalignment);
  bind(exports, "useLargePages", useLargePages);
#if ENDCAP_POISON
  bind(exports, "poison", poison);
#endif
  return exports;
}

}  // namespace

NODE_API_MODULE(endcap, start)
