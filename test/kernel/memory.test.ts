import { totalmem } from 'node:os';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../src/errors.ts';
import { createNativeMemory, createWasmMemory, type Elements, shareIn } from '../../src/kernel/memory.ts';
import { openKernel } from '../../src/kernel/open.ts';
import { webAssembly } from '../../src/kernel/webassembly.ts';
import { testUnless } from '../support/skip.ts';

const test = suite('memory');

const newWasm = (maximum: number) => createWasmMemory(new webAssembly.Memory({ initial: 1, maximum, shared: true }));

test('wasm arrays never overlap, and they are aligned and zero, whatever is freed in between', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(40_000), fc.boolean()), { maxLength: 60 }), (steps) => {
      const memory = newWasm(1000);
      const live = new Map<Elements, number>();
      let mark = 1;
      for (const [length, give] of steps) {
        const [oldest] = live.keys();
        if (give && oldest) {
          memory.free(oldest);
          live.delete(oldest);
          continue;
        }
        const array = memory.allocate(Float32Array, length);
        assert.is(array.byteOffset % 64, 0);
        assert.ok(array.byteOffset > 0);
        assert.ok(array.every((value) => value === 0));
        array.fill(mark);
        live.set(array, mark++);
      }
      for (const [array, value] of live) assert.ok(array.every((element) => element === value));
    }),
  );
});

test('threads that allocate in one wasm memory never get the same bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(60_000), fc.boolean()), { maxLength: 60 }), (steps) => {
      const wasm = new webAssembly.Memory({ initial: 1, maximum: 2000, shared: true });
      const all = [createWasmMemory(wasm), createWasmMemory(wasm, true), createWasmMemory(wasm, true)];
      const live = all.map(() => new Map<Elements, number>());
      let mark = 1;
      for (const [thread, length, give] of steps) {
        const [oldest] = live[thread].keys();
        if (give && oldest) {
          all[thread].free(oldest);
          live[thread].delete(oldest);
          continue;
        }
        const array = all[thread].allocate(Float32Array, length);
        assert.ok(array.byteOffset > 0 && array.every((value) => value === 0));
        live[thread].set(array.fill(mark), mark++);
      }
      for (const [array, value] of live.flatMap((arrays) => [...arrays]))
        assert.ok(array.every((element) => element === value));
    }),
  );
});

test('a thread that was not quick enough for the bytes beside its own gets others', () => {
  const wasm = new webAssembly.Memory({ initial: 1, maximum: 2000, shared: true });
  let between = () => {};
  const raced = {
    get buffer() {
      return wasm.buffer;
    },
    grow(pages: number) {
      between();
      return wasm.grow(pages);
    },
  };
  const one = createWasmMemory(raced);
  const other = createWasmMemory(wasm, true);
  const small = one.allocate(Uint8Array, 30_000).fill(1);
  let theirs: Uint8Array | undefined;
  between = () => {
    theirs ??= other.allocate(Uint8Array, 100_000).fill(2);
  };
  const large = one.allocate(Uint8Array, 90_000).fill(3);
  for (const [array, value] of [
    [small, 1],
    [theirs!, 2],
    [large, 3],
  ] as const)
    assert.ok(array.every((byte) => byte === value));
});

test('arrays of another thread are those of kernels once they are adopted', () => {
  const wasm = new webAssembly.Memory({ initial: 1, maximum: 2000, shared: true });
  const theirs = createWasmMemory(wasm).allocate(Float32Array, 100);
  const received = structuredClone(theirs);
  const memory = createWasmMemory(wasm, true);
  assert.not.ok(memory.shares(received));
  memory.adopt([received]);
  assert.ok(memory.shares(received));
  received.fill(5);
  assert.is(theirs[99], 5);
});

test('memory that was never used is not written to, since that takes as long as to fill it', () => {
  const wasm = new webAssembly.Memory({ initial: 1, maximum: 1000, shared: true });
  const memory = createWasmMemory(wasm);
  const first = memory.allocate(Uint8Array, 2 ** 16);
  // A mark where nobody has been yet shows that nobody was there.
  new Uint8Array(wasm.buffer)[first.byteOffset + 2 ** 16 + 100] = 7;
  const second = memory.allocate(Uint8Array, 2 ** 10);
  assert.is(second.byteOffset, first.byteOffset + 2 ** 16);
  assert.is(second[100], 7);
  memory.free(first, second);
  assert.ok(memory.allocate(Uint8Array, 2 ** 16 + 2 ** 11).every((byte) => byte === 0));
});

test('freed memory is used again', () => {
  const memory = newWasm(100);
  for (let i = 0; i < 1000; i++) {
    const [a, b] = [memory.allocate(Float64Array, 100_000), memory.allocate(Uint32Array, 100_000)];
    memory.free(...(i % 2 ? [a, b] : [b, a]));
  }
});

test('memory grows only by what the free space at its end lacks', () => {
  const wasm = new webAssembly.Memory({ initial: 1, maximum: 4000, shared: true });
  const memory = createWasmMemory(wasm);
  const page = 65536 / 4;
  const pages = () => wasm.buffer.byteLength / 65536;
  // The first 64 bytes are never allocated.
  const first = memory.allocate(Float32Array, 1000 * page - 16);
  assert.is(pages(), 1000);
  memory.free(first);
  const second = memory.allocate(Float32Array, 1001 * page - 16);
  assert.is(pages(), 1001);
  const small = memory.allocate(Float32Array, 16);
  assert.is(pages(), 1002);
  memory.free(second);
  // The free region at the start is not next to the end, so it does not count.
  memory.allocate(Float32Array, 1010 * page);
  assert.is(pages(), 1002 + 1010);
  assert.is(small.length, 16);
});

test('freeing an array twice, or one that was never allocated, is an error and changes nothing', () => {
  const memory = newWasm(100);
  const array = memory.allocate(Float32Array, 1000);
  assert.throws(() => memory.free(array.subarray(16)), TypeError);
  memory.free(array);
  assert.throws(() => memory.free(array), TypeError);
  const again = memory.allocate(Float32Array, 1000);
  assert.is(again.byteOffset, array.byteOffset);
  // The place has another owner by now.
  assert.throws(() => memory.free(array), TypeError);
  assert.is.not(memory.allocate(Float32Array, 1000).byteOffset, again.byteOffset);
});

test('a released array outlives the kernel: native memory gives the array itself, wasm memory a copy', () => {
  const native = createNativeMemory({ misalignment: () => 0, useLargePages() {} });
  const own = native.allocate(Float32Array, 3);
  assert.is(native.release(own), own);
  const memory = newWasm(100);
  const array = memory.allocate(Float32Array, 3);
  array.set([1, 2, 3]);
  const released = memory.release(array);
  assert.throws(() => memory.free(array), TypeError);
  memory.allocate(Float32Array, 3).fill(9);
  assert.equal([...released], [1, 2, 3]);
  assert.not(memory.shares(released));
});

test('an array stays in kernel memory when the memory grows', async () => {
  const memory = newWasm(1000);
  const before = memory.allocate(Uint32Array, 100);
  const large = memory.allocate(Float32Array, 5e6);
  // V8 may replace the buffer again in a later turn of the event loop.
  await new Promise((resolve) => setTimeout(resolve, 1));
  const after = memory.allocate(Float32Array, 5e6);
  for (const array of [before, large, after]) assert.ok(memory.shares(array));
  assert.is(shareIn(memory, Uint32Array, before), before);
  assert.not.ok(memory.shares(new Float32Array(4)));
});

test('a full memory is an error that says how much was requested', () => {
  try {
    newWasm(10).allocate(Float32Array, 1e6);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, EndcapError);
    assert.is((error as EndcapError).code, 'out_of_memory');
    assert.match((error as EndcapError).message, /4 MiB/);
  }
});

test('every backend allocates shared arrays', () => {
  for (const options of [{}, { backend: 'wasm' as const }]) {
    const { memory } = openKernel({ ...options, threads: 1 });
    for (const type of [Float32Array, Float64Array, Uint32Array]) {
      const array = memory.allocate(type as typeof Float32Array, 100);
      assert.instance(array.buffer, SharedArrayBuffer);
      assert.is(array.length, 100);
      memory.free(array);
    }
  }
});

test('shareIn returns arrays that the kernels can use, and copies all others', () => {
  const shared: Uint32Array = new Uint32Array(new SharedArrayBuffer(12));
  const own: Uint32Array = Uint32Array.of(1, 2, 3);
  const native = createNativeMemory({ misalignment: () => 0, useLargePages() {} });
  assert.is(shareIn(native, Uint32Array, shared), shared);
  for (const [memory, values] of [
    [native, own],
    [newWasm(10), own],
    [newWasm(10), shared],
  ] as const) {
    const copy = shareIn(memory, Uint32Array, values);
    assert.is.not(copy.buffer, values.buffer);
    assert.equal(copy, values);
  }
});

test('native memory asks for large pages for arrays that may fill them, and for no others', () => {
  const asked: number[] = [];
  const native = createNativeMemory({ misalignment: () => 0, useLargePages: (bytes) => asked.push(bytes.length) });
  native.allocate(Float32Array, 1000);
  const { byteLength } = native.allocate(Float32Array, 2 ** 20);
  assert.equal(asked, [byteLength]);
});

const gibibytes = 4.5;
const small = totalmem() < gibibytes * 2 ** 30 ? 'this machine has less memory than the array' : undefined;

testUnless(test, small, 'native memory has arrays of more than 4 GiB in any version of Node, with large pages', () => {
  let end: number | undefined;
  const native = createNativeMemory({
    misalignment: ({ byteOffset }) => byteOffset + 48,
    useLargePages({ byteOffset, length }) {
      if (end !== undefined) assert.is(byteOffset, end);
      end = byteOffset + length;
    },
    poison: (bytes, begin, end) => assert.equal([begin, end], [0, bytes.length]),
  });
  const array = native.allocate(Float32Array, gibibytes * 2 ** 28);
  assert.is(array.byteOffset, 16);
  assert.is(end, 16 + gibibytes * 2 ** 30);
  array[array.length - 1] = 7;
  assert.equal([...array.subarray(-2)], [0, 7]);
});

test.run();
