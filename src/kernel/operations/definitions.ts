import { anyLength, call, define, entriesBefore, range } from './kinds.ts';
import { listDefinitions } from './list-definitions.ts';
import { pivotRows, scratchLength, seriesTerms } from './operations.ts';
import { numberingCount, recordFormat, recordInts, recordState, recordStates, textPadding } from './record-layout.ts';

/**
 * The kernel's operations. `native/kernels.hpp` says what each one computes; that file and `assembly/` implement them
 * with the same names and arguments. `arguments.ts` checks each call against this table; the kernels trust what they get.
 *
 * - Arrays lie in the kernel's own `Memory`. An optional array that is left out goes in as 0.
 * - Floats are f32 and row-major; a stride is a multiple of 16, and lanes past the last factor are zero.
 * - `begin` and `end` are the half-open range of rows that one call covers. Calls on ranges that do not overlap may run
 *   at the same time, each with its own scratch, and the result does not depend on how the range was cut.
 * - The result is a status: 0, or 1 if a number is not finite. Only `cleanRecords` and `peak` return something else.
 */
export const definitions = {
  ...listDefinitions,
  gram: define({
    args: { x: 'f32', count: 'count', stride: 'stride', scale: 'number', gram: 'f32', begin: 'begin', end: 'end' },
    lengths: ({ count, stride }) => ({ x: count * stride, gram: stride * stride }),
    rows: ({ stride }) => stride,
    rowUnit: 8,
  }),
  tridiagonalize: define({
    args: {
      matrix: 'f32',
      stride: 'stride',
      size: 'factors',
      reflections: 'f64',
      tridiagonal: 'f64',
      ...range,
    },
    lengths: ({ stride }) => ({ matrix: stride * stride, reflections: stride * stride, tridiagonal: 5 * stride }),
    rows: ({ size }) => size,
    inOrder: true,
  }),
  eigenvectors: define({
    args: {
      reflections: 'f64',
      tridiagonal: 'f64',
      stride: 'stride',
      size: 'factors',
      vectors: 'f32',
      values: 'f32',
      ...call,
    },
    lengths: ({ stride }, _, callRows) => ({
      reflections: stride * stride,
      tridiagonal: 5 * stride,
      vectors: stride * stride,
      values: stride,
      scratch: scratchLength.eigenvectors(callRows, stride),
    }),
    rows: ({ stride }) => stride,
    rowUnit: 16,
  }),
  rotate: define({
    args: { x: 'f32', vectors: 'f32', stride: 'stride', scratch: 'scratch', begin: 'begin', end: 'end' },
    lengths: ({ stride }, end) => ({
      x: end * stride,
      vectors: stride * stride,
      scratch: scratchLength.rotate(stride),
    }),
  }),
  alsSolve: define({
    args: {
      solved: 'f32',
      fixed: 'f32',
      gram: 'f32',
      stride: 'stride',
      factors: 'factors',
      order: 'u32',
      offsets: 'u32',
      indices: 'u32',
      weights: 'f32',
      rights: 'f32',
      regularization: 'f32',
      steps: 'count',
      solver: 'solver',
      objective: 'f32',
      ...call,
    },
    lengths: ({ stride, offsets }, end) => {
      const rows = Math.max(0, offsets.length - 1);
      const pairs = entriesBefore(offsets, rows);
      return {
        solved: rows * stride,
        fixed: anyLength,
        gram: stride * stride,
        order: end,
        offsets: 1,
        indices: pairs,
        weights: pairs,
        rights: pairs,
        regularization: rows,
        objective: rows,
        scratch: scratchLength.alsSolve(stride),
      };
    },
  }),
  alsProducts: define({
    args: {
      fixed: 'f32',
      gram: 'f32',
      stride: 'stride',
      factors: 'factors',
      pairs: 'count',
      indices: 'u32',
      weights: 'f32',
      regularization: 'number',
      solved: 'u32',
      met: 'u32',
      others: 'count',
      products: 'f32',
      ...call,
    },
    lengths: ({ stride, pairs, others }, end) => ({
      fixed: anyLength,
      gram: stride * stride,
      indices: pairs,
      weights: pairs,
      solved: end,
      met: others,
      products: end * others,
      scratch: scratchLength.alsSolve(stride),
    }),
  }),
  alsResiduals: define({
    args: {
      solved: 'f32',
      fixed: 'f32',
      stride: 'stride',
      offsets: 'u32',
      indices: 'u32',
      weights: 'f32',
      rights: 'f32?',
      residuals: 'f32?',
      squares: 'f32?',
      ...call,
    },
    lengths: ({ stride, offsets }, end) => {
      const pairs = entriesBefore(offsets, end);
      return {
        solved: end * stride,
        fixed: anyLength,
        offsets: end + 1,
        indices: pairs,
        weights: pairs,
        rights: pairs,
        residuals: end * stride,
        squares: end,
        scratch: scratchLength.alsResiduals(stride),
      };
    },
  }),
  sweep: define({
    args: { matrix: 'f32', width: 'width', pivots: 'f32', middle: 'f32', products: 'f32', ...range },
    lengths: ({ width }) => ({
      matrix: width * width,
      pivots: pivotRows * width,
      middle: pivotRows * pivotRows,
      products: pivotRows * width,
    }),
    rows: ({ width }) => width,
    rowUnit: 8,
  }),
  adamBatches: define({
    args: {
      customerFactors: 'f32',
      customerMeans: 'f32',
      customerVariances: 'f32',
      customerSteps: 'u32',
      productFactors: 'f32',
      productMeans: 'f32',
      productVariances: 'f32',
      productSteps: 'u32',
      stride: 'stride',
      customerSlots: 'u32',
      productSlots: 'u32',
      customers: 'u32',
      products: 'u32',
      quantities: 'f32',
      order: 'u32',
      lines: 'count',
      batchSize: 'positive',
      stepSizes: 'f32',
      inverseRoots: 'f32',
      series: 'f64',
      firstStep: 'positive',
      losses: 'f64',
      ...call,
    },
    lengths: ({ customerSteps, productSteps, stride, lines, batchSize, firstStep }, end) => ({
      customerFactors: customerSteps.length * stride,
      customerMeans: customerSteps.length * stride,
      customerVariances: customerSteps.length * stride,
      customerSteps: anyLength,
      productFactors: productSteps.length * stride,
      productMeans: productSteps.length * stride,
      productVariances: productSteps.length * stride,
      productSteps: anyLength,
      customerSlots: customerSteps.length,
      productSlots: productSteps.length,
      customers: lines,
      products: lines,
      quantities: lines,
      order: lines,
      stepSizes: firstStep + end,
      inverseRoots: firstStep + end,
      series: seriesTerms * (firstStep + end),
      losses: end,
      scratch: scratchLength.adamBatches(batchSize, stride),
    }),
    rows: ({ lines, batchSize }) => Math.ceil(lines / batchSize),
    inOrder: true,
  }),
  adamCatchUp: define({
    args: {
      factors: 'f32',
      means: 'f32',
      variances: 'f32',
      steps: 'u32',
      stride: 'stride',
      stepSizes: 'f32',
      inverseRoots: 'f32',
      series: 'f64',
      step: 'count',
      ...range,
    },
    lengths: ({ stride, step }, end) => ({
      factors: end * stride,
      means: end * stride,
      variances: end * stride,
      steps: end,
      stepSizes: step + 1,
      inverseRoots: step + 1,
      series: seriesTerms * (step + 2),
    }),
  }),
  cleanRecords: define({
    args: {
      text: 'u8',
      length: 'count',
      format: 'u32',
      header: 'u8',
      state: 'u32',
      spans: 'f64',
      cells: 'u32',
      customerSlots: 'u32',
      customerStore: 'u8',
      newCustomers: 'u32',
      productSlots: 'u32',
      productStore: 'u8',
      newProducts: 'u32',
      places: 'u32',
      prices: 'f64',
      seen: 'u32',
      purchases: 'u32',
      returns: 'f64',
      cancelled: 'u32',
      deferred: 'u32',
    },
    lengths: ({ length, format, state }) => {
      const { slot, place, purchase, price, return: returned, cancelled, deferred } = recordInts;
      const customers = (count: keyof typeof numberingCount) => state[recordState.customers + numberingCount[count]];
      const products = (count: keyof typeof numberingCount) => state[recordState.products + numberingCount[count]];
      const productRoom = state[recordState.productRoom];
      return {
        text: length + textPadding,
        format: Object.keys(recordFormat).length,
        header: anyLength,
        state: recordStates,
        spans: 4,
        cells: 2 * format[recordFormat.width],
        customerSlots: slot * customers('slots'),
        customerStore: customers('storeRoom'),
        newCustomers: 2 * customers('freshRoom'),
        productSlots: slot * products('slots'),
        productStore: products('storeRoom'),
        newProducts: 2 * products('freshRoom'),
        places: place * productRoom,
        prices: price * productRoom,
        seen: productRoom,
        purchases: purchase * state[recordState.purchaseRoom],
        returns: returned * state[recordState.returnRoom],
        cancelled: cancelled * state[recordState.cancelledRoom],
        deferred: deferred * state[recordState.deferredRoom],
      };
    },
  }),
  peak: define({ args: { rounds: 'count', sink: 'f32' }, lengths: () => ({ sink: 1 }) }),
  bandwidth: define({
    args: { values: 'f32', count: 'count', sink: 'f32' },
    lengths: ({ count }) => ({ values: count, sink: 1 }),
  }),
};
