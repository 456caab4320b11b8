/** Pictures as SVG text for a page that has the style sheet of `page.ts`: no script, no fonts, no sizes in pixels. */
import { scaleLinear, scalePoint } from 'd3-scale';
import { line as lineShape, symbol, symbolsFill } from 'd3-shape';
import { html } from 'hono/html';

export type Markup = ReturnType<typeof html>;

/** Where something stands, and how far its error bar reaches to either side. Points that are not finite are left out. */
export interface Point {
  x: number;
  y: number;
  reach?: number | null;
  /** What one reads when pointing at it. */
  text: string;
}

/** Who is shown keeps its style in every picture: a color and a shape, so that either is enough to tell it by. */
export interface Line {
  style: number;
  points: readonly Point[];
}

export interface Axis {
  label: string;
  /** Of the numbers along it; as short as can be by default. */
  format?: (value: number) => string;
  /** Texts for x = 0, 1, ...: the axis has these places and no others. Lines of a text stand below each other. */
  places?: readonly (readonly string[])[];
  /** Whether the axis begins at 0. */
  fromZero?: boolean;
}

const width = 360;
const styles = 7;

/** The class that gives `--s`, the color of a style. */
function styleClass(style: number): string {
  return `s${style % styles}`;
}

/** A mark of a style around the origin, over 49 styles no two alike. */
function mark(style: number, size = 44): Markup {
  const shape = symbolsFill[(style + Math.floor(style / styles)) % symbolsFill.length];
  return html`<path class="mark" d="${symbol(shape, size)()}"/>`;
}

/** Who is who in the pictures. */
export function legend(names: readonly string[]): Markup {
  const item = (name: string, style: number) =>
    html`<li class="${styleClass(style)}"><svg viewBox="-8 -8 16 16" aria-hidden="true">${mark(style, 80)}</svg>${name}</li>`;
  return html`<ul class="legend" aria-label="Marks in the pictures">${names.map(item)}</ul>`;
}

function figure(caption: string, text: string, height: number, content: unknown): Markup {
  return html`<figure><figcaption>${caption}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${text}">${content}</svg></figure>`;
}

/** One row each: name, mark with error bar, number. The value is `y` of its point; none is below 0. */
export function dotPicture(
  caption: string,
  measured: string,
  rows: readonly { name: string; style: number; point: Point }[],
  format: (value: number) => string,
): Markup {
  const known = rows.filter(({ point }) => Number.isFinite(point.y));
  const [left, right, rowHeight] = [108, 302, 26];
  const bottom = known.length * rowHeight + 4;
  const scale = scaleLinear(
    rangeOf(
      known.map(({ point }) => point),
      true,
    ),
    [left, right],
  ).nice(4);
  const grid = scale.ticks(4).map((tick) => {
    const x = round(scale(tick));
    return html`<line class="grid" x1="${x}" x2="${x}" y1="2" y2="${bottom}"/>
<text x="${x}" y="${bottom + 16}" text-anchor="middle">${short(tick)}</text>`;
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

/** Lines, or with `joined: false` marks alone, over two axes. */
export function linePicture(
  caption: string,
  lines: readonly Line[],
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

  const point = scalePoint(places ? [...places.keys()] : [], [left, right]).padding(0.5);
  const linear = scaleLinear(
    rangeOf(
      all.map(({ x }) => ({ y: x })),
      axes.x.fromZero,
    ),
    [left, right],
  ).nice(5);
  const x = (value: number) => (places ? (point(value) ?? left) : linear(value));
  const y = scaleLinear(rangeOf(all, axes.y.fromZero), [bottom, top]).nice(5);
  const { format: formatX = short } = axes.x;
  const { format: formatY = short } = axes.y;

  // Marks without lines that stand at the same place are moved aside, so that their error bars can be told apart.
  const aside = (i: number) => (places && !joined ? (i - (shown.length - 1) / 2) * Math.min(6, point.step() / 10) : 0);
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
    const at = (one: Point): [number, number] => [x(one.x) + aside(i), y(one.y)];
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
  // The first one lies on top.
  return figure(caption, `${caption}: ${axes.y.label} by ${axes.x.label}`, height, [grid, drawn.reverse()]);
}

/** From where to where the error bar goes; shares end at 0. */
function endsOf({ y, reach }: Pick<Point, 'y' | 'reach'>, fromZero = false): [number, number] {
  const low = y - (reach ?? 0);
  return [fromZero ? Math.max(0, low) : low, y + (reach ?? 0)];
}

/** What an axis has to hold; of some width also where all values are the same, or where there is none. */
function rangeOf(points: readonly Pick<Point, 'y' | 'reach'>[], fromZero = false): [number, number] {
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
function short(value: number): string {
  return String(Number(value.toPrecision(6))).replace(/^(-?)0\./, '$1.');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** At most so many characters; what is cut off leaves an ellipsis. */
export function cut(text: string, most: number): string {
  // A text in UTF-16 is never shorter than its characters.
  if (text.length <= most) return text;
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}
