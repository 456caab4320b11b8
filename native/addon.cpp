// The only C++ that knows JavaScript: unpack, call, return. Every operation becomes a function of the same arguments, in
// which a pointer is a typed array of the element's type, or 0 for null, and everything else is a number.
#include <napi.h>

#include <cstddef>
#include <utility>

#include "kernels.hpp"
#if ENDCAP_POISON
#include <sanitizer/asan_interface.h>
#endif
#if defined(__linux__)
#include <sys/mman.h>
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

[[noreturn]] void refuse(const Napi::CallbackInfo& info, size_t index, const char* expected) {
  throw Napi::TypeError::New(info.Env(), "argument " + std::to_string(index + 1) + " must be " + expected);
}

template <typename T>
struct Argument {
  static T from(const Napi::CallbackInfo& info, size_t index) {
    if (!info[index].IsNumber()) refuse(info, index, "a number");
    return static_cast<T>(info[index].As<Napi::Number>().DoubleValue());
  }
};

template <typename T>
struct Argument<T*> {
  static T* from(const Napi::CallbackInfo& info, size_t index) {
    using Element = ElementType<std::remove_const_t<T>>;
    if (info[index].IsNumber() && info[index].As<Napi::Number>().DoubleValue() == 0) return nullptr;
    napi_typedarray_type type{};
    void* data = nullptr;
    if (!info[index].IsTypedArray() ||
        napi_get_typedarray_info(info.Env(), info[index], &type, nullptr, &data, nullptr, nullptr) != napi_ok ||
        type != Element::type)
      refuse(info, index, Element::name);
    return static_cast<T*>(data);
  }
};

template <typename... Args, size_t... Index>
uint32_t call(uint32_t (*operation)(Args...), const Napi::CallbackInfo& info, std::index_sequence<Index...>) {
  if (info.Length() != sizeof...(Args))
    throw Napi::TypeError::New(info.Env(), "expected " + std::to_string(sizeof...(Args)) + " arguments");
  return operation(Argument<Args>::from(info, Index)...);
}

template <typename... Args>
void bind(Napi::Object exports, const char* name, uint32_t (*operation)(Args...)) {
  exports.Set(name, Napi::Function::New(
                        exports.Env(),
                        [operation](const Napi::CallbackInfo& info) {
                          const uint32_t result = call(operation, info, std::index_sequence_for<Args...>{});
                          return Napi::Number::New(info.Env(), result);
                        },
                        name));
}

// How many bytes past a multiple of 64 a Uint8Array begins. JavaScript aligns what it allocates by it.
Napi::Value misalignment(const Napi::CallbackInfo& info) {
  if (!info[0].IsTypedArray()) refuse(info, 0, "a Uint8Array");
  const auto bytes = info[0].As<Napi::Uint8Array>();
  return Napi::Number::New(info.Env(), static_cast<double>(reinterpret_cast<uintptr_t>(bytes.Data()) % 64));
}

// Asks the system for large pages for a Uint8Array that nobody has touched: rows of factors are read in random order, and
// the addresses of far more of them are at hand. A system that has none, or gives them without being asked, changes nothing.
Napi::Value useLargePages(const Napi::CallbackInfo& info) {
  if (!info[0].IsTypedArray()) refuse(info, 0, "a Uint8Array");
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  constexpr uintptr_t page = 1 << 21;
  const auto bytes = info[0].As<Napi::Uint8Array>();
  const uintptr_t data = reinterpret_cast<uintptr_t>(bytes.Data());
  const uintptr_t begin = (data + page - 1) / page * page, end = (data + bytes.ByteLength()) / page * page;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#endif
  return info.Env().Undefined();
}

#if ENDCAP_POISON
// Makes AddressSanitizer report a kernel that touches the bytes from the second argument to the third of a Uint8Array.
Napi::Value poison(const Napi::CallbackInfo& info) {
  if (!info[0].IsTypedArray()) refuse(info, 0, "a Uint8Array");
  const auto bytes = info[0].As<Napi::Uint8Array>();
  const size_t begin = Argument<size_t>::from(info, 1), end = Argument<size_t>::from(info, 2);
  __asan_poison_memory_region(bytes.Data() + begin, end - begin);
  return info.Env().Undefined();
}
#endif

// exports.operations is a table of operations for each instruction set that runs here, best first.
Napi::Object start(Napi::Env env, Napi::Object exports) {
  Napi::Object tables = Napi::Object::New(env);
  const Kernels* found[8];
  const uint32_t count = endcap::availableKernels(found, 8);
  for (uint32_t i = 0; i < count; i++) {
    const Kernels& kernels = *found[i];
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
    bind(operations, "sweep", kernels.sweep);
    bind(operations, "adamBatches", kernels.adamBatches);
    bind(operations, "adamCatchUp", kernels.adamCatchUp);
    bind(operations, "cleanRecords", kernels.cleanRecords);
    bind(operations, "peak", kernels.peak);
    bind(operations, "bandwidth", kernels.bandwidth);
    tables.Set(kernels.isa, operations);
  }
  exports.Set("operations", tables);
  exports.Set("misalignment", Napi::Function::New(env, misalignment, "misalignment"));
  exports.Set("useLargePages", Napi::Function::New(env, useLargePages, "useLargePages"));
#if ENDCAP_POISON
  exports.Set("poison", Napi::Function::New(env, poison, "poison"));
#endif
  return exports;
}

}  // namespace

NODE_API_MODULE(endcap, start)
