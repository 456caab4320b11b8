/** Charts as SVG for a page with the style sheet of `style.ts`: no scripts, no fonts, no sizes in pixels. */
import { area as areaShape, line as lineShape, symbol, symbolsFill } from 'd3-shape';
import { html } from 'hono/html';
import { linearScale, partScale } from './scales.ts';

export type Markup = ReturnType<typeof html>;

/** A value to draw. Points that are not finite are left out. */
export interface PlotPoint {
  x: number;
  y: number;
  /** How far the error bar extends to either side. */
  reach?: number;
  /** Where it ends, if that is not as far on either side. */
  ends?: readonly [number, number];
  /** The tooltip. */
  text: string;
}

type Bar = Pick<PlotPoint, 'y' | 'reach' | 'ends'>;

export interface PlotLine {
  /** Number of a color and a shape, either of which identifies a contestant in every chart. */
  style: number;
  points: readonly PlotPoint[];
}

export interface Axis {
  label: string;
  /** How to write the numbers along it; as short as possible by default. */
  format?: (value: number) => string;
  /** Labels for x = 0, 1, ..., the only places on the axis; each label is one or more lines of text. */
  places?: readonly (readonly string[])[];
  /** Whether the axis begins at 0; otherwise at the lowest value. */
  fromZero?: boolean;
  /** Its ends, whatever there is to draw. */
  ends?: readonly [number, number];
}

export const width = 360;
const styles = 7;

/** The class that sets `--s`, the color of a style. */
export function styleClass(style: number): string {
  return `s${style % styles}`;
}

/** The mark of a style, around the origin; no two of 49 styles are alike. */
function mark(style: number, size = 44): Markup {
  const shape = symbolsFill[(style + Math.floor(style / styles)) % symbolsFill.length];
  return html`<path class="mark" d="${symbol(shape, size)()}"/>`;
}

/** Which mark stands for which contestant. */
export function legend(names: readonly string[]): Markup {
  const item = (name: string, style: number) =>
    html`<li class="${styleClass(style)}"><svg viewBox="-8 -8 16 16" aria-hidden="true">${mark(style, 80)}</svg>${name}</li>`;
  return html`<ul class="legend" aria-label="Marks in the charts">${names.map(item)}</ul>`;
}

export function figure(caption: string, text: string, height: number, content: unknown): Markup {
  return html`<figure><figcaption>${caption}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${text}">${content}</svg></figure>`;
}

/**
 * A row for each value: name, mark with error bar, and number. The value is the point's `y`, which is not below 0.
 *
 * @param formatTick how the numbers along the axis are written; as short as possible by default.
 */
export function dotChart(
  caption: string,
  measured: string,
  rows: readonly { name: string; style: number; point: PlotPoint }[],
  format: (value: number) => string,
  formatTick = shortNumber,
): Markup {
  const known = rows.filter(({ point }) => Number.isFinite(point.y));
  const [left, right, rowHeight] = [108, 302, 26];
  const bottom = known.length * rowHeight + 4;
  const scale = linearScale(
    rangeOf(
      known.map(({ point }) => point),
      true,
    ),
    [left, right],
    4,
  );
  const grid = scale.ticks(4).map((tick) => {
    const x = round(scale(tick));
    return html`<line class="grid" x1="${x}" x2="${x}" y1="2" y2="${bottom}"/>
<text x="${x}" y="${bottom + 16}" text-anchor="middle">${formatTick(tick)}</text>`;
  });
  const drawn = known.map(({ name, style, point }, i) => {
    const y = (i + 0.5) * rowHeight + 2;
    const [from, to] = endsOf(point, true).map((end) => round(scale(end)));
    return html`<g class="${styleClass(style)}"><title>${point.text}</title>
<text x="${left - 10}" y="${y + 4}" text-anchor="end"${i === 0 && html` class="first"`}>${cut(name, 15)}</text>
<line class="reach" x1="${from}" x2="${to}" y1="${y}" y2="${y}"/>
<g transform="translate(${round(scale(point.y))},${y})">${mark(style)}</g>
<text x="${width - 6}" y="${y + 4}" text-anchor="end">${format(point.y)}</text></g>`;
  });
  const text = `${caption}, ${measured}: ${known.map(({ point }) => point.text).join('; ')}`;
  return figure(caption, text, bottom + 22, [grid, drawn]);
}

/** Lines over two axes, or only marks with `joined: false`. */
export function lineChart(
  caption: string,
  lines: readonly PlotLine[],
  axes: { x: Axis; y: Axis },
  { joined = true }: { joined?: boolean } = {},
): Markup {
  const shown = lines.map(({ style, points }) => ({
    style,
    points: points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y)),
  }));
  const all = shown.flatMap(({ points }) => points);
  const { places } = axes.x;
  const [left, right, top] = [52, width - 14, 8];
  const below = places ? Math.max(...places.map((place) => place.length)) : 1;
  const bottom = 196;
  const height = bottom + 14 * below + 28;

  const point = partScale(places?.length ?? 0, [left, right]);
  const linear = linearScale(
    axes.x.ends ??
      rangeOf(
        all.map(({ x }) => ({ y: x })),
        axes.x.fromZero,
      ),
    [left, right],
    5,
  );
  const x = (value: number) => (places ? point.at(value) : linear(value));
  const y = linearScale(rangeOf(all, axes.y.fromZero), [bottom, top], 5);
  const { format: formatX = shortNumber } = axes.x;
  const { format: formatY = shortNumber } = axes.y;

  // Marks at the same place without lines are shifted so that their error bars do not overlap.
  const shift = (i: number) => (places && !joined ? (i - (shown.length - 1) / 2) * Math.min(6, point.step / 10) : 0);
  const every = places ? Math.ceil(places.length / 8) : 1;
  const ticks = places
    ? places.map((place, i) => ({ at: x(i), texts: i % every === 0 ? place : [] }))
    : linear.ticks(5).map((tick) => ({ at: x(tick), texts: [formatX(tick)] }));
  const grid = [
    y.ticks(5).map(
      (tick) => html`<line class="grid" x1="${left}" x2="${right}" y1="${round(y(tick))}" y2="${round(y(tick))}"/>
<text x="${left - 8}" y="${round(y(tick) + 4)}" text-anchor="end">${formatY(tick)}</text>`,
    ),
    ticks.map(({ at, texts }) =>
      texts.map((text, i) => {
        return html`<text x="${round(at)}" y="${bottom + 16 + 14 * i}" text-anchor="middle">${text}</text>`;
      }),
    ),
    html`<text class="axis" x="${(left + right) / 2}" y="${height - 6}" text-anchor="middle">${axes.x.label}</text>`,
  ];
  const drawn = shown.map(({ style, points }, i) => {
    const at = (one: PlotPoint): [number, number] => [x(one.x) + shift(i), y(one.y)];
    const path = joined && points.length > 1 ? lineShape().digits(1)(points.map(at)) : null;
    const marks = points.length > 40 && joined ? [] : points;
    return html`<g class="${styleClass(style)}">${path && html`<path class="line" d="${path}"/>`}
${marks.map((one) => {
  const [cx, cy] = at(one).map(round);
  const [low, high] = endsOf(one, axes.y.fromZero).map((end) => round(y(end)));
  return html`<g><title>${one.text}</title><line class="reach" x1="${cx}" x2="${cx}" y1="${low}" y2="${high}"/>
<g transform="translate(${cx},${cy})">${mark(style)}</g></g>`;
})}</g>`;
  });
  // The first line is drawn last, on top of the others.
  return figure(caption, `${caption}: ${axes.y.label} by ${axes.x.label}`, height, [grid, drawn.reverse()]);
}

/** What the first so and so many of all have of an amount, as areas over the line of an even spread. */
export function shareChart(
  caption: string,
  lines: readonly { name: string; style: number /** Evenly spaced, from 0 to 1. */; shares: ArrayLike<number> }[],
  labels: { x: string; y: string },
): Markup {
  const [left, right, top, bottom] = [52, width - 20, 8, 236];
  const height = bottom + 42;
  const x = linearScale([0, 1], [left, right]);
  const y = linearScale([0, 1], [bottom, top]);
  const whole = (share: number) => `${Math.round(100 * share)}%`;
  const grid = [
    x.ticks(5).map(
      (tick) => html`<line class="grid" x1="${left}" x2="${right}" y1="${round(y(tick))}" y2="${round(y(tick))}"/>
<text x="${left - 8}" y="${round(y(tick) + 4)}" text-anchor="end">${whole(tick)}</text>
<text x="${round(x(tick))}" y="${bottom + 16}" text-anchor="middle">${whole(tick)}</text>`,
    ),
    html`<line class="even" x1="${left}" x2="${right}" y1="${bottom}" y2="${top}"/>
<text class="axis" x="${(left + right) / 2}" y="${height - 6}" text-anchor="middle">${labels.x}</text>`,
  ];
  const at = ({ shares }: (typeof lines)[number], part: number) => shares[Math.round(part * (shares.length - 1))];
  const textOf = (line: (typeof lines)[number], part: number) =>
    `${line.name}: the first ${whole(part)} have ${whole(at(line, part))}`;
  const drawn = lines.map((line) => {
    const points = Array.from(line.shares, (share, i): [number, number] => [i / (line.shares.length - 1), share]);
    const curve = lineShape<[number, number]>().digits(1);
    const under = areaShape<[number, number]>().digits(1);
    const scaled = points.map(([part, share]): [number, number] => [x(part), y(share)]);
    const marks = [0.2, 0.4, 0.6, 0.8].map(
      (
        part,
      ) => html`<g transform="translate(${round(x(part))},${round(y(at(line, part)))})"><title>${textOf(line, part)}</title>
${mark(line.style)}</g>`,
    );
    return html`<g class="${styleClass(line.style)}"><path class="area" d="${under.y0(bottom)(scaled)}"/>
<path class="line" d="${curve(scaled)}"/>${marks}</g>`;
  });
  const text = `${caption}: ${labels.y} by ${labels.x}. ${lines.map((line) => textOf(line, 0.2)).join('; ')}`;
  return figure(caption, text, height, [grid, drawn.reverse()]);
}

/** The ends of the error bar; shares end at 0. */
function endsOf({ y, reach = 0, ends = [y - reach, y + reach] }: Bar, fromZero = false): [number, number] {
  const [low, high] = ends;
  return [fromZero ? Math.max(0, low) : low, high];
}

/** The range of an axis, never empty even if all values are equal or there are none. */
function rangeOf(points: readonly Bar[], fromZero = false): [number, number] {
  let [low, high] = fromZero ? [0, 0] : [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const point of points) {
    const [from, to] = endsOf(point, fromZero);
    low = Math.min(low, from);
    high = Math.max(high, to);
  }
  if (low > high) return [0, 1];
  return low === high ? [low, high + (Math.abs(high) || 1)] : [low, high];
}

/** `.05` */
export function shortNumber(value: number): string {
  return String(Number(value.toPrecision(6))).replace(/^(-?)0\./, '$1.');
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Shortens a text to at most `max` characters, the last of which is then an ellipsis. */
export function cut(text: string, max: number): string {
  // Every character takes one or two UTF-16 units.
  if (text.length <= max) return text;
  const characters = [...text.slice(0, 2 * max + 2)];
  return characters.length <= max ? text : `${characters.slice(0, max - 1).join('')}…`;
}
