// On Windows, a library names the file of each function that it imports, but Node may have another name than node.exe, as in
// Electron. So the binaries of cross.mjs import nothing of Node: when they are loaded, they look for its functions in the
// program that loads them, and in libnode.dll, where a program has Node in a library.
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

// Those that the addon uses. If it uses another one, the linker says that its __imp_ is undefined.
#define ENDCAP_NODE_FUNCTIONS(FUNCTION)       \
  FUNCTION(napi_close_handle_scope)           \
  FUNCTION(napi_create_double)                \
  FUNCTION(napi_create_error)                 \
  FUNCTION(napi_create_function)              \
  FUNCTION(napi_create_object)                \
  FUNCTION(napi_create_reference)             \
  FUNCTION(napi_create_string_utf8)           \
  FUNCTION(napi_create_type_error)            \
  FUNCTION(napi_define_properties)            \
  FUNCTION(napi_delete_reference)             \
  FUNCTION(napi_fatal_error)                  \
  FUNCTION(napi_get_and_clear_last_exception) \
  FUNCTION(napi_get_cb_info)                  \
  FUNCTION(napi_get_last_error_info)          \
  FUNCTION(napi_get_property)                 \
  FUNCTION(napi_get_reference_value)          \
  FUNCTION(napi_get_typedarray_info)          \
  FUNCTION(napi_get_value_double)             \
  FUNCTION(napi_has_property)                 \
  FUNCTION(napi_is_exception_pending)         \
  FUNCTION(napi_open_handle_scope)            \
  FUNCTION(napi_set_named_property)           \
  FUNCTION(napi_throw)                        \
  FUNCTION(napi_typeof)

extern "C" {

// Where compiled code looks for the address of an imported function.
#define ENDCAP_ADDRESS(name) void* __imp_##name = nullptr;
ENDCAP_NODE_FUNCTIONS(ENDCAP_ADDRESS)
#undef ENDCAP_ADDRESS

// Compilers ask for it wherever there are floats.
int _fltused = 0;

BOOL WINAPI DllMainCRTStartup(HINSTANCE, DWORD reason, void*) {
  if (reason != DLL_PROCESS_ATTACH) return TRUE;
  struct Function {
    const char* name;
    void** address;
  };
  const Function functions[] = {
#define ENDCAP_ENTRY(name) {#name, &__imp_##name},
      ENDCAP_NODE_FUNCTIONS(ENDCAP_ENTRY)
#undef ENDCAP_ENTRY
  };
  const HMODULE hosts[] = {GetModuleHandleW(nullptr), GetModuleHandleW(L"libnode.dll")};
  for (const Function& function : functions) {
    for (const HMODULE host : hosts) {
      if (host && !*function.address) *function.address = reinterpret_cast<void*>(GetProcAddress(host, function.name));
    }
    if (!*function.address) return FALSE;
  }
  return TRUE;
}

}  // extern "C"
