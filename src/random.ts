import { invalidOption } from './options.ts';

/** A stream of random numbers. The same seed gives the same stream on every platform. */
export interface Random {
  /** Uniform in [0, 1), a multiple of 2^-53. */
  uniform(): number;
  /** A uniform whole number in [0, n), for n from 1 to 2^53. */
  below(n: number): number;
  /** Normal with mean 0 and variance 1, exactly representable as a 32-bit float. */
  normal(): number;
  /** Fills in `scale` times a normal from index `from` up to `to`, the same as that many calls of `normal`. */
  fillNormal(into: Float32Array, from: number, to: number, scale: number): void;
}

/**
 * Checks a seed, and returns it.
 *
 * @throws `invalid_options` unless it is a whole number from 0 to 2^53 - 1.
 */
export function checkSeed(seed: number): number {
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw invalidOption('seed', seed, 'a whole number from 0 to 2^53 - 1');
}

/**
 * sfc32 (Doty-Humphrey, PractRand), seeded by splitmix32, so that neighboring seeds give unrelated streams.
 *
 * @throws `invalid_options` unless the seed is a whole number from 0 to 2^53 - 1.
 */
export function createRandom(seed: number): Random {
  checkSeed(seed);
  const state = new Int32Array(4);
  const low = splitmix32(seed | 0);
  const high = splitmix32(Math.floor(seed / 2 ** 32) ^ 0x5bd1e995);
  for (let i = 0; i < 3; i++) state[i] = low() ^ high();
  state[3] = 1;
  for (let i = 0; i < 12; i++) bits();

  function bits(): number {
    const sum = (state[0] + state[1] + state[3]) | 0;
    const b = state[1];
    const c = state[2];
    state[3] = (state[3] + 1) | 0;
    state[0] = b ^ (b >>> 9);
    state[1] = (c + (c << 3)) | 0;
    state[2] = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum;
  }

  function uniform(): number {
    const high = bits() >>> 5;
    return (high * 0x4000000 + (bits() >>> 6)) * 2 ** -53;
  }

  // The ziggurat method (Marsaglia and Tsang 2000). Of one draw of 32 bits, 7 pick the layer, 1 the sign, and 24 the place
  // in the layer; they share no bit (Doornik 2005).
  function normal(): number {
    const draw = bits();
    const x = (draw >>> 8) * layers.step[draw & 255];
    return draw >>> 8 < layers.inside[draw & 127] ? Math.fround(x) : normalAtEdge(draw);
  }

  /** The normal that begins with a draw whose place is not all under the curve: one of eighty. */
  function normalAtEdge(draw: number): number {
    const layer = draw & 127;
    if (layer === 0) {
      const beyond = tail();
      return Math.fround(draw & 128 ? -beyond : beyond);
    }
    const x = (draw >>> 8) * layers.step[draw & 255];
    const outer = density(layers.edge[layer]);
    const inner = density(layers.edge[layer + 1]);
    if (outer + uniform() * (inner - outer) < density(x)) return Math.fround(x);
    return normal();
  }

  /** Calls of `normal` would each return a number on the heap: 100 MB of garbage for the factors of 50,000 customers. */
  function fillNormal(into: Float32Array, from: number, to: number, scale: number): void {
    const { step, inside } = layers;
    for (let i = from; i < to; i++) {
      const draw = bits();
      if (draw >>> 8 < inside[draw & 127]) into[i] = scale * Math.fround((draw >>> 8) * step[draw & 255]);
      else into[i] = scale * normalAtEdge(draw);
    }
  }

  function tail(): number {
    for (;;) {
      const x = -Math.log(1 - uniform()) / tailStart;
      const y = -Math.log(1 - uniform());
      if (y + y > x * x) return tailStart + x;
    }
  }

  return { uniform, below: (n) => Math.floor(uniform() * n), normal, fillNormal };
}

/** Shuffles values in place (Fisher and Yates). */
export function shuffle(values: Uint32Array | unknown[], random: Random): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const other = values[i];
    values[i] = values[j];
    values[j] = other;
  }
}

/** Draws an index with a probability proportional to its weight, in constant time (alias method, Walker and Vose). */
export function createSampler(weights: ArrayLike<number>, random: Random): () => number {
  const n = weights.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += weights[i];
  const keep = Float64Array.from(weights, (weight) => (weight * n) / sum);
  const alias = Uint32Array.from(weights, (_, i) => i);
  const small: number[] = [];
  const large: number[] = [];
  for (let i = 0; i < n; i++) (keep[i] < 1 ? small : large).push(i);
  while (small.length > 0 && large.length > 0) {
    const short = small.pop()!;
    const long = large[large.length - 1];
    alias[short] = long;
    keep[long] -= 1 - keep[short];
    if (keep[long] < 1) small.push(large.pop()!);
  }
  for (const rest of [small, large]) for (const i of rest) keep[i] = 1;
  return () => {
    const draw = random.uniform() * n;
    const i = Math.floor(draw);
    return draw - i < keep[i] ? i : alias[i];
  };
}

function splitmix32(state: number): () => number {
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return z ^ (z >>> 15);
  };
}

const density = (x: number): number => Math.exp(-0.5 * x * x);

/** The start of the tail, and the area of each of the 128 layers. */
const tailStart = 3.442619855899;
const layerArea = 9.91256303526217e-3;
// Bundlers leave it out where nothing is drawn.
const layers = /* @__PURE__ */ ziggurat();

/**
 * The right edge of each layer, the width of one of its 2^24 places, to the right and then to the left (a branch on the sign
 * would be mispredicted half of the time), and the number of places entirely under the curve.
 * Edges are rounded to 32 bits, so that engines whose exp and log differ in the last bit have the same tables.
 */
function ziggurat(): { edge: Float64Array; step: Float64Array; inside: Int32Array } {
  const edge = new Float64Array(129);
  edge[0] = Math.fround(layerArea / density(tailStart));
  let x = tailStart;
  for (let i = 1; i < 128; i++) {
    edge[i] = Math.fround(x);
    x = Math.sqrt(-2 * Math.log(layerArea / x + density(x)));
  }
  return {
    edge,
    step: Float64Array.from({ length: 256 }, (_, i) => (i < 128 ? edge[i] : -edge[i - 128]) * 2 ** -24),
    inside: Int32Array.from({ length: 128 }, (_, i) => Math.floor((edge[i + 1] / edge[i]) * 2 ** 24)),
  };
}
