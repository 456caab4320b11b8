/** The WebAssembly kernels against a plain reference, against each other and, bit for bit, against the C++ they mirror. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

type Pointer = Float32Array | Uint32Array | Float64Array | 0;
type Operations = Record<string, (...values: (Pointer | number)[]) => number>;

// Node 20 has relaxed SIMD behind this flag; later ones ignore it.
setFlagsFromString('--experimental-wasm-relaxed-simd');
const memory = new WebAssembly.Memory({ initial: 2048, maximum: 65536, shared: true });
const read = (variant: string) => readFileSync(new URL(`../../build/wasm/endcap.${variant}.wasm`, import.meta.url));
const modules = { relaxed: read('relaxed'), simd: read('simd'), scalar: read('scalar') };
const addon = new URL('../../build/native/Release/endcap.node', import.meta.url);
const native: Record<string, Operations> = existsSync(addon)
  ? createRequire(import.meta.url)(fileURLToPath(addon)).operations
  : {};
const wasm = Object.fromEntries(
  Object.entries(modules)
    .filter(([, bytes]) => WebAssembly.validate(bytes))
    .map(([variant, bytes]) => [variant, twin(bytes)]),
);
const all: Record<string, Operations> = { ...named('wasm', wasm), ...named('native', native) };

function named(backend: string, tables: Record<string, Operations>): Record<string, Operations> {
  return Object.fromEntries(Object.entries(tables).map(([isa, operations]) => [`${backend} ${isa}`, operations]));
}

/** A module's operations over typed arrays of its memory, as the native addon has them. */
function twin(bytes: BufferSource): Operations {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const operations = exports as Record<string, (...values: number[]) => number>;
  return Object.fromEntries(
    Object.entries(operations).map(([name, run]) => [
      name,
      (...values) => run(...values.map((value) => (typeof value === 'number' ? value : value.byteOffset))) >>> 0,
    ]),
  );
}

let free = 64;
function place(bytes: number): number {
  const at = free;
  free += (bytes + 63) & ~63;
  return at;
}
const floats = (length: number) => new Float32Array(memory.buffer, place(length * 4), length).fill(0);
const integers = (length: number) => new Uint32Array(memory.buffer, place(length * 4), length).fill(0);
const filled = <T extends Float32Array | Uint32Array>(to: T, values: ArrayLike<number>): T => {
  to.set(values);
  return to;
};

let state = 1;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}
const normal = () => random() + random() + random() + random() - 2;
const below = (limit: number) => Math.floor(random() * limit);
const up = (value: number, step: number) => Math.ceil(value / step) * step;

/** `rows` rows of random factors, padded with zeros; whole numbers make sums exact and ties common. */
function factorsOf(rows: number, factors: number, whole = false): Float32Array {
  const stride = up(factors, 16);
  const x = floats(rows * stride);
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < factors; k++) x[row * stride + k] = whole ? below(5) - 2 : normal();
  return x;
}

/** Offsets and rows of ascending lists, about `share` of `count`. */
function lists(queries: number, count: number, share: number): [Uint32Array, Uint32Array] {
  const offsets = [0];
  const rows: number[] = [];
  for (let q = 0; q < queries; q++) {
    for (let row = 0; row < count; row++) if (random() < share) rows.push(row);
    offsets.push(rows.length);
  }
  return [filled(integers(offsets.length), offsets), filled(integers(rows.length + 1), rows)];
}

const dotOf = (a: Float32Array, i: number, b: Float32Array, j: number, stride: number) => {
  let s = 0;
  for (let k = 0; k < stride; k++) s += (a[i * stride + k] as number) * (b[j * stride + k] as number);
  return s;
};

const test = suite('kernel/wasm-twin');
test.before.each(() => {
  free = 64;
});

test('the modules import nothing but the memory, and the scalar one needs no SIMD', () => {
  for (const operations of Object.values(wasm))
    assert.equal(Object.keys(operations).sort(), [
      ...['adamBatches', 'adamCatchUp', 'alsSolve', 'gram', 'pack', 'peak', 'topN', 'topNListed'],
    ]);
  for (const bytes of Object.values(modules).filter((bytes) => WebAssembly.validate(bytes)))
    assert.equal(WebAssembly.Module.imports(new WebAssembly.Module(bytes)), [
      { module: 'env', name: 'memory', kind: 'memory' },
    ]);
});

interface Ask {
  queries: Float32Array;
  candidates: Float32Array;
  asked: number;
  count: number;
  factors: number;
  n: number;
  mask: Uint32Array | 0;
  excludeOffsets: Uint32Array | 0;
  excludeRows: Uint32Array | 0;
}

function ask(kernels: Operations, a: Ask, begin = 0, end = a.asked): [Uint32Array, Float32Array] {
  const stride = up(a.factors, 16);
  const panels = up(a.count, 16) / 16;
  const packed = floats(panels * 16 * a.factors + 16);
  const rows = integers(a.asked * a.n);
  const scores = floats(a.asked * a.n);
  const tiles = (Math.ceil(a.asked / 12) + 1) * 12;
  const size = a.asked * 16 + 64 + tiles * a.factors + 16 * a.factors;
  const scratch = floats(size + 16);
  scratch.fill(123, size);
  kernels.pack?.(a.candidates, a.count, stride, a.factors, packed, 0, panels);
  const filters = [a.mask, a.excludeOffsets, a.excludeRows] as const;
  const search = [a.queries, stride, packed, a.count, a.factors, ...filters, a.n, rows, scores, scratch] as const;
  kernels.topN?.(...search, begin, end);
  assert.ok(
    scratch.subarray(size).every((x) => x === 123),
    'scratch overrun',
  );
  return [rows, scores];
}

const shapes = [
  { asked: 1, count: 40, factors: 3, n: 5, filtered: false },
  { asked: 37, count: 1013, factors: 19, n: 10, filtered: true },
  { asked: 6, count: 17, factors: 64, n: 30, filtered: true },
  { asked: 13, count: 2500, factors: 64, n: 1, filtered: false },
  { asked: 9, count: 700, factors: 130, n: 7, filtered: true },
];
for (const { asked, count, factors, n, filtered } of shapes)
  test(`topN of ${asked} queries and ${count} candidates of ${factors} factors is what sorting gives`, () => {
    for (const [name, kernels] of Object.entries(all)) {
      free = 64;
      state = 7;
      const [excludeOffsets, excludeRows] = lists(asked, count, 0.2);
      const mask = integers(up(count, 32) / 32).map(() => below(2 ** 32));
      const a: Ask = {
        ...{ queries: factorsOf(asked, factors, true), candidates: factorsOf(count, factors, true) },
        ...{ asked, count, factors, n, mask: 0, excludeOffsets: 0, excludeRows: 0 },
      };
      if (filtered) Object.assign(a, { mask: filled(integers(mask.length), mask), excludeOffsets, excludeRows });
      const [rows, scores] = ask(kernels, a);
      for (let q = 0; q < asked; q++) {
        const excluded = new Set(excludeRows.subarray(excludeOffsets[q], excludeOffsets[q + 1]));
        const best = Array.from({ length: count }, (_, row) => row)
          .filter((row) => !filtered || (!excluded.has(row) && ((mask[row >> 5] as number) >>> (row & 31)) & 1))
          .map((row) => ({ row, score: dotOf(a.queries, q, a.candidates, row, up(factors, 16)) }))
          .sort((x, y) => y.score - x.score || x.row - y.row)
          .slice(0, n);
        while (best.length < n) best.push({ row: 0xffffffff, score: 0 });
        const got = Array.from(rows.subarray(q * n, q * n + n), (row, i) => ({ row, score: scores[q * n + i] }));
        assert.equal(got, best, `${name}, query ${q}`);
      }
    }
  });

test('a score is the same bits alone, among many, from a list and in a twin that rounds alike', () => {
  const [asked, count, factors, n] = [23, 999, 50, 12];
  const results = Object.entries(all).map(([name, kernels]) => {
    free = 64;
    state = 3;
    const a: Ask = {
      ...{ queries: factorsOf(asked, factors), candidates: factorsOf(count, factors), asked, count, factors, n },
      ...{ mask: 0 as const, excludeOffsets: 0 as const, excludeRows: 0 as const },
    };
    const many = ask(kernels, a);
    for (let q = 0; q < asked; q++)
      for (const part of [0, 1] as const) {
        const one = ask(kernels, a, q, q + 1)[part];
        assert.equal(one.slice(q * n, q * n + n), many[part].slice(q * n, q * n + n), `${name}, query ${q}`);
      }
    const [listOffsets, listRows] = lists(asked, count, 1);
    const rows = integers(asked * n);
    const scores = floats(asked * n);
    const scratch = floats(16 * factors + 64 + 16).fill(123);
    const from = [a.queries, 64, a.candidates, 64, factors, listOffsets, listRows, n] as const;
    kernels.topNListed?.(...from, rows, scores, scratch, 0, asked);
    assert.ok(
      scratch.subarray(16 * factors + 64).every((x) => x === 123),
      'scratch overrun',
    );
    assert.equal([rows.slice(), scores.slice()], [many[0].slice(), many[1].slice()], name);
    return [name, many.map((values) => values.slice())] as const;
  });
  sameBits(Object.fromEntries(results), ['wasm simd', 'wasm scalar', 'native sse2']);
  sameBits(Object.fromEntries(results), ['wasm relaxed', 'native avx2', 'native avx512']);
});

function sameBits(results: Record<string, unknown>, names: string[]): void {
  const [first, ...others] = names.filter((name) => name in results) as [string, ...string[]];
  for (const name of others) assert.equal(results[name], results[first], `${name} differs from ${first}`);
}

test('gram is scale * X transposed X', () => {
  const [count, stride] = [1000, 48];
  const results = Object.entries(all).map(([name, kernels]) => {
    free = 64;
    state = 5;
    const x = factorsOf(count, 41);
    const gram = floats(stride * stride);
    kernels.gram?.(x, count, stride, 0.5, gram, 0, 16);
    kernels.gram?.(x, count, stride, 0.5, gram, 16, stride);
    for (let i = 0; i < stride; i++)
      for (let j = 0; j < stride; j++) {
        let s = 0;
        for (let row = 0; row < count; row++) s += (x[row * stride + i] as number) * (x[row * stride + j] as number);
        assert.ok(Math.abs((gram[i * stride + j] as number) - s / 2) < 1e-3, `${name} ${i} ${j}`);
      }
    return [name, gram.slice()] as const;
  });
  sameBits(Object.fromEntries(results), ['wasm simd', 'wasm scalar']);
});

for (const [solver, steps, title] of [
  [2, 3, 'exactly'],
  [1, 60, 'by conjugate gradients'],
  [1, 3, 'by three steps'],
  [0, 3, 'by either way'],
] as const)
  test(`alsSolve ${title} reaches the minimum or comes nearer to it`, () => {
    const [count, products, factors] = [60, 400, 30];
    const stride = up(factors, 16);
    const results = Object.entries(all).map(([name, kernels]) => {
      free = 64;
      state = 11;
      const fixed = factorsOf(products, factors);
      const solved = factorsOf(count, factors);
      const [offsets, indices] = lists(count, products, 0.05);
      offsets.fill(offsets[9] as number, 9, 11);
      const weights = floats(indices.length).map(() => random() * 2);
      const rights = weights.map((w) => w + 1);
      const [w, r] = [filled(floats(indices.length), weights), filled(floats(indices.length), rights)];
      const regularization = floats(count).fill(0.3);
      const objective = floats(count);
      const gram = floats(stride * stride);
      kernels.gram?.(fixed, products, stride, 0.1, gram, 0, stride);
      const before = solved.slice();
      const size = 3 * stride * stride + 72 * stride + 65536;
      const scratch = floats(size + 16).fill(123);
      const problem = [solved, fixed, gram, stride, factors, offsets, indices, w, r, regularization] as const;
      const status = kernels.alsSolve?.(...problem, steps, solver, objective, scratch, 0, count);
      assert.is(status, 0, name);
      assert.ok(
        scratch.subarray(size).every((x) => x === 123),
        'scratch overrun',
      );
      for (let u = 0; u < count; u++) {
        const value = (x: Float32Array) => {
          let s = 0;
          for (let i = 0; i < stride; i++)
            for (let j = 0; j < stride; j++)
              s += (x[u * stride + i] as number) * (gram[i * stride + j] as number) * (x[u * stride + j] as number);
          s += 0.3 * dotOf(x, u, x, u, stride);
          for (let at = offsets[u] as number; at < (offsets[u + 1] as number); at++) {
            const d = dotOf(x, u, fixed, indices[at] as number, stride);
            s += (w[at] as number) * d * d - 2 * (r[at] as number) * d;
          }
          return s;
        };
        const reached = value(solved);
        assert.ok(Math.abs(reached - (objective[u] as number)) < 2e-3 * (1 + Math.abs(reached)), `${name} ${u}`);
        if (offsets[u] === offsets[u + 1]) assert.is(dotOf(solved, u, solved, u, stride), 0);
        else assert.ok(reached < value(before), `${name} ${u}`);
        if (solver !== 2 && steps !== 60) continue;
        for (let k = 0; k < factors; k++)
          for (const sign of [-1, 1]) {
            const moved = solved.slice();
            moved[u * stride + k] = (moved[u * stride + k] as number) + sign * 0.01;
            assert.ok(value(moved) > reached, `${name} ${u} ${k}`);
          }
      }
      return [name, [solved.slice(), objective.slice()]] as const;
    });
    sameBits(Object.fromEntries(results), ['wasm simd', 'wasm scalar']);
  });

test('alsSolve solves a row whose factors are gathered in parts', () => {
  const [products, factors] = [200, 1000];
  const stride = up(factors, 16);
  for (const [name, kernels] of Object.entries(wasm)) {
    free = 64;
    state = 23;
    const fixed = factorsOf(products, factors);
    const [offsets, indices] = lists(1, products, 0.9);
    const gram = floats(stride * stride);
    kernels.gram?.(fixed, products, stride, 0.1, gram, 0, stride);
    const [weights, rights] = [floats(products).fill(1), floats(products).fill(2)];
    const scratch = floats(3 * stride * stride + 72 * stride + 65536);
    const [x, objective] = [floats(stride), floats(1)];
    const problem = [x, fixed, gram, stride, factors, offsets, indices, weights, rights, floats(1).fill(50)] as const;
    const [first, second] = [1, 2].map((solver) => {
      x.fill(0);
      assert.is(kernels.alsSolve?.(...problem, 100, solver, objective, scratch, 0, 1), 0, name);
      return [...x, objective[0] as number];
    }) as [number[], number[]];
    const apart = first.map((value, i) => Math.abs(value - (second[i] as number)) / (1 + Math.abs(value)));
    assert.ok(Math.max(...apart) < 1e-4, `${name} ${Math.max(...apart)}`);
  }
});

test('alsSolve says when a value left the finite numbers', () => {
  for (const [name, kernels] of Object.entries(all)) {
    free = 64;
    const [x, y, gram, one] = [factorsOf(1, 16), factorsOf(1, 16), floats(256), floats(1).fill(Number.NaN)];
    const pairs = [filled(integers(2), [0, 1]), integers(1), one, one, one] as const;
    const scratch = floats(3 * 16 * 16 + 72 * 16 + 65536);
    for (const solver of [1, 2])
      assert.is(kernels.alsSolve?.(x, y, gram, 16, 16, ...pairs, 3, solver, floats(1), scratch, 0, 1), 1, name);
  }
});

test('adam gives what moving every row at every step gives', () => {
  const [customers, products, factors, lines, batchSize, epochs] = [90, 12, 20, 300, 16, 8];
  const stride = up(factors, 16);
  const perEpoch = Math.ceil(lines / batchSize);
  const results = Object.entries(all).map(([name, kernels]) => {
    free = 64;
    state = 13;
    const sides = [customers, products].map((rows) => {
      const w = factorsOf(rows, factors);
      const dense = { w: Float64Array.from(w), m: new Float64Array(w.length), v: new Float64Array(w.length) };
      return { w, m: floats(w.length), v: floats(w.length), steps: integers(rows), slots: integers(rows), dense };
    });
    const [c, p] = sides as [(typeof sides)[0], (typeof sides)[0]];
    const customerOf = integers(lines).map(() => below(customers));
    const productOf = integers(lines).map(() => below(products));
    const [cl, pl] = [filled(integers(lines), customerOf), filled(integers(lines), productOf)];
    const quantities = floats(lines);
    for (let i = 0; i < lines; i++) quantities[i] = 1 + below(5);
    const order = integers(lines);
    const total = perEpoch * epochs;
    const [sizes, roots] = [floats(total + 2), floats(total + 2)];
    for (let t = 1; t <= total + 1; t++) {
      sizes[t] = 0.01 / (1 - 0.9 ** t);
      roots[t] = 1 / Math.sqrt(1 - 0.999 ** t);
    }
    const losses = new Float64Array(memory.buffer, place(perEpoch * 8), perEpoch);
    const size = 2 * batchSize * stride + 2 * batchSize + 64;
    const scratch = floats(size + 16).fill(123);
    const twice = (...range: [number, number, number]) => {
      const left = [c.w, c.m, c.v, c.steps, p.w, p.m, p.v, p.steps, stride, c.slots, p.slots] as const;
      const data = [cl, pl, quantities, order, lines, batchSize, sizes, roots] as const;
      assert.is(kernels.adamBatches?.(...left, ...data, range[0], losses, scratch, range[1], range[2]), 0);
    };
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (let i = 0; i < lines; i++) order[i] = (i * 7 + epoch) % lines;
      const firstStep = 1 + epoch * perEpoch;
      twice(firstStep, 0, 5);
      twice(firstStep, 5, perEpoch);
      for (let batch = 0; batch < perEpoch; batch++)
        assert.ok(
          Math.abs(denseStep(batch, firstStep + batch) - (losses[batch] as number)) < 1e-3,
          `${name}, batch ${batch}`,
        );
    }
    for (const { w, m, v, steps, slots, dense } of sides) {
      kernels.adamCatchUp?.(w, m, v, steps, stride, sizes, roots, total, 0, steps.length);
      for (let k = 0; k < w.length; k++)
        assert.ok(Math.abs((w[k] as number) - (dense.w[k] as number)) < 1e-3, `${name} ${k}`);
      assert.ok(slots.every((slot) => slot === 0) && steps.every((step) => step === total));
    }
    assert.ok(
      scratch.subarray(size).every((x) => x === 123),
      'scratch overrun',
    );
    return [name, [c.w.slice(), c.v.slice(), p.w.slice(), losses.slice()]] as const;

    function denseStep(batch: number, t: number): number {
      const gradients = sides.map(({ w }) => new Float64Array(w.length));
      const chosen = order.subarray(batch * batchSize, Math.min(lines, (batch + 1) * batchSize));
      let loss = 0;
      for (const line of chosen) {
        const at = [(cl[line] as number) * stride, (pl[line] as number) * stride];
        let error = -(quantities[line] as number);
        for (let k = 0; k < factors; k++)
          error += (c.dense.w[(at[0] as number) + k] as number) * (p.dense.w[(at[1] as number) + k] as number);
        loss += error * error;
        for (let k = 0; k < factors; k++)
          for (const side of [0, 1]) {
            const other = (at[1 - side] as number) + k;
            const from = (sides[1 - side] as (typeof sides)[0]).dense.w[other] as number;
            (gradients[side] as Float64Array)[(at[side] as number) + k] += ((2 * error) / chosen.length) * from;
          }
      }
      sides.forEach(({ dense: { w, m, v } }, side) => {
        (gradients[side] as Float64Array).forEach((g, k) => {
          m[k] = 0.9 * (m[k] as number) + 0.1 * g;
          v[k] = 0.999 * (v[k] as number) + 0.001 * g * g;
          const root = Math.sqrt(v[k] as number) * (roots[t] as number) + 1e-8;
          w[k] = (w[k] as number) - ((sizes[t] as number) * (m[k] as number)) / root;
        });
      });
      return loss / chosen.length;
    }
  });
  sameBits(Object.fromEntries(results), ['wasm simd', 'wasm scalar']);
});

test('adamCatchUp of many steps leaves the bytes that single steps leave', () => {
  for (const [name, kernels] of Object.entries(all)) {
    free = 64;
    state = 17;
    const [rows, stride, last] = [8, 32, 3000];
    const [sizes, roots] = [floats(last + 1), floats(last + 1)];
    for (let t = 1; t <= last; t++) {
      sizes[t] = 0.01 / (1 - 0.9 ** t);
      roots[t] = 1 / Math.sqrt(1 - 0.999 ** t);
    }
    const start = () => {
      state = 19;
      const m = factorsOf(rows, stride);
      const v = filled(
        floats(rows * stride),
        m.map((x) => x * x * 0.01),
      );
      return [factorsOf(rows, stride), m, v, integers(rows).fill(10)] as const;
    };
    const [once, often] = [start(), start()];
    kernels.adamCatchUp?.(...once, stride, sizes, roots, last, 0, rows);
    for (let t = 11; t <= last; t++) kernels.adamCatchUp?.(...often, stride, sizes, roots, t, 0, rows);
    for (const part of [0, 1, 2] as const) assert.equal(once[part].slice(), often[part].slice(), `${name} ${part}`);
  }
});

test('peak counts its own operations', () => {
  for (const [name, kernels] of Object.entries(wasm)) {
    free = 64;
    assert.is(kernels.peak?.(10, floats(16)), name === 'scalar' ? 24 : 96);
  }
});

test.run();
