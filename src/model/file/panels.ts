/**
 * Products as scoring skims through them: once more, in panels of sixteen, as bytes. A model of many products has them in its file,
 * as kernels of every instruction set read them, so that nobody packs them while others wait. Plain JavaScript makes them:
 * whatever kernel has trained the model, the bytes are the same. A kernel with another layout needs another name for the tensor, since
 * older files have this one.
 */
import { bytesOf } from '../../bytes.ts';
import {
  byteOffset,
  candidateBytes,
  maxMagnitude,
  noGroup,
  packedLength,
  panelError,
  panelGroup,
  panelHead,
  panelLength,
  panelNorm,
  panelScale,
  panelWidth,
  rootMargin,
  smallestScale,
} from '../../kernel/operations/operations.ts';
import { trendsOf } from '../../ranking/formula.ts';
import { finish } from '../../turns.ts';
import type { Model } from '../model.ts';
import { highestPriorFirst, longestFirst, placesOfPiece, rootsOf, squaresIn } from '../panel-order.ts';

export interface Panels {
  /** The products' rows in the order of the panels. */
  readonly order: Uint32Array;
  /** A panel after the other, as `native/packing.hpp` has them. */
  readonly packed: Float32Array;
  /** The length of the factors of each product row, and the longest. */
  readonly lengths: Float32Array;
  readonly longest: number;
}

/** Products of fewer factors are packed in some milliseconds, and their panels would only make the file longer. */
export const leastForPanels = 2 ** 20;

/** The products of a sound model in panels, for its file. */
export function panelsOf({
  products,
  factors,
  productFactors,
  signals,
  metadata,
}: Model): Pick<Panels, 'order' | 'packed'> {
  const squares = finish(squaresIn(productFactors, factors, new Float32Array(products.length)));
  const order = finish(longestFirst(squares, new Uint32Array(products.length)));
  // As the formula of lists has them.
  if (signals && metadata.ranking) finish(highestPriorFirst(order, trendsOf(signals, metadata.ranking).fresh));
  const packed = new Float32Array(packedLength(order.length, factors));
  const size = packedLength(1, factors);
  for (let first = 0, at = 0; first < order.length; first += panelWidth, at += size)
    packPanel(productFactors, factors, order.subarray(first, first + panelWidth), packed.subarray(at, at + size));
  return { order, packed };
}

/** At 1.5 x 2^52, numbers have no bits for a fraction: adding it rounds. */
const magic = 1.5 * 2 ** 52;

function packPanel(factors: Float32Array, width: number, rows: Uint32Array, panel: Float32Array): void {
  const bytes = bytesOf(panel).fill(byteOffset);
  let most = 0;
  for (let i = 0; i < rows.length; i++)
    for (let k = rows[i] * width, end = k + width; k < end; k++) {
      const size = Math.abs(factors[k]);
      if (size > most) most = size;
    }
  const scale = Math.fround(Math.max(most / candidateBytes, smallestScale));
  const inverse = Math.fround(1 / scale);
  let mostLost = 0;
  let mostSquares = 0;
  for (let i = 0; i < rows.length; i++) {
    const from = rows[i] * width;
    const own = 4 * (panelHead + i);
    let lost = 0;
    let squares = 0;
    for (let k = 0; k < width; k++) {
      const value = factors[from + k] * inverse;
      const whole = value + magic - magic;
      lost += (value - whole) * (value - whole);
      squares += whole * whole;
      bytes[own + 4 * panelWidth * (k >> 2) + (k & 3)] = whole + byteOffset;
    }
    if (lost > mostLost) mostLost = lost;
    if (squares > mostSquares) mostSquares = squares;
  }
  panel.fill(0, 0, panelHead);
  panel[panelScale] = inverse;
  panel[panelError] = rootMargin * Math.sqrt(mostLost);
  panel[panelLength] = rootMargin * Math.sqrt(mostSquares);
  panel[panelNorm] = scale * (panel[panelError] + panel[panelLength]);
  new Uint32Array(panel.buffer, panel.byteOffset, panelHead)[panelGroup] = noGroup;
}

/**
 * The panels of a file, for kernels: whoever made it, every product is in them once, and in lists that are not full, and none is
 * longer than its panel says. What depends on the formula of lists is left to whoever has one. A message if that is not so.
 *
 * @param squares the squared length of each product row, as it was read; becomes its length.
 */
export function* checkedPanels(
  order: Uint32Array,
  packed: Float32Array,
  factors: number,
  squares: Float32Array,
): Generator<undefined, Panels | string> {
  const { longest } = yield* rootsOf(squares);
  const words = new Uint32Array(packed.buffer, packed.byteOffset, packed.length);
  const size = packedLength(1, factors);
  const isPacked = new Uint8Array(order.length);
  for (let place = 0, at = 0; place < order.length; place++) {
    if (place % placesOfPiece === 0) yield;
    const row = order[place];
    if (!(row < order.length) || isPacked[row])
      return `product_order of place ${place} is ${row}; expected another row`;
    isPacked[row] = 1;
    if (place > 0 && place % panelWidth === 0) at += size;
    if (place % panelWidth === 0) {
      if (!hasSoundHead(packed, at)) return `product_panels of place ${place} has bounds that none can have`;
      words.fill(0, at + panelNorm + 1, at + panelHead);
      words[at + panelGroup] = noGroup;
    }
    if (!(squares[row] <= packed[at + panelNorm]))
      return `product_panels of product row ${row} ends at a length of ${packed[at + panelNorm]}; expected ${squares[row]}`;
  }
  return { order, packed, lengths: squares, longest };
}

/** Within these scales, whatever else a panel says, its products are in every list that is not full. */
const [leastScale, mostScale] = [(0.99 * candidateBytes) / maxMagnitude, 1.01 / smallestScale];

function hasSoundHead(packed: Float32Array, at: number): boolean {
  for (const place of [panelError, panelLength, panelNorm])
    if (!(packed[at + place] >= 0 && packed[at + place] < Infinity)) return false;
  return packed[at + panelScale] >= leastScale && packed[at + panelScale] <= mostScale;
}

const panelsOfModels = new WeakMap<Model, Panels>();

/** Keeps the panels of a model that was just loaded for whoever serves it. */
export function keepPanels(model: Model, panels: Panels): void {
  panelsOfModels.set(model, panels);
}

/** Gives them to the first who asks: scoring writes bounds of its own into them. Undefined if there are none. */
export function takePanels(model: Model): Panels | undefined {
  const panels = panelsOfModels.get(model);
  panelsOfModels.delete(model);
  return panels;
}
