using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "recommend", worker = .recommend)],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "recommend")],
);

const recommend :Workerd.Worker = (
  compatibilityDate = "2026-11-01",
  modules = [
    (name = "worker.mjs", esModule = embed "bundle.mjs"),
    (name = "endcap/wasm/endcap.simd.unshared.wasm",
      wasm = embed "node_modules/endcap/build/wasm/endcap.simd.unshared.wasm"),
    (name = "model.safetensors", data = embed "model.safetensors"),
  ],
);
