/** Bars of numbers that add up, for each of several things on one scale; see `svg.ts`. */
import { html } from 'hono/html';
import { linearScale } from './scales.ts';
import { type Markup, round } from './svg.ts';

export interface Bar {
  readonly name: string;
  readonly value: number;
  /** Number of a color; see `style.ts`. */
  readonly style: number;
}

/** The lowest and the highest value of all charts that are to be compared; 0 is among them. */
export type BarRange = readonly [number, number];

const width = 360;
const [left, right] = [92, 296];
const rowHeight = 20;

export function barRange(values: readonly number[]): BarRange {
  const finite = values.filter(Number.isFinite);
  const range: BarRange = [Math.min(0, ...finite), Math.max(0, ...finite)];
  return range[0] === range[1] ? [0, 1] : range;
}

/** @param text what a screen reader says in place of the chart. */
export function barChart(
  text: string,
  rows: readonly Bar[],
  range: BarRange,
  format: (value: number) => string,
): Markup {
  const scale = linearScale(range, [left, right]);
  const zero = round(scale(0));
  const drawn = rows.map(({ name, value, style }, i) => {
    const y = i * rowHeight;
    const end = Number.isFinite(value) ? round(scale(value)) : zero;
    return html`<g class="s${style}"><text x="0" y="${y + 14}">${name}</text>
<rect class="bar" x="${Math.min(zero, end)}" y="${y + 3}" width="${Math.abs(round(end - zero))}" height="${rowHeight - 6}"/>
<text x="${width - 2}" y="${y + 14}" text-anchor="end">${format(value)}</text></g>`;
  });
  const height = rows.length * rowHeight;
  return html`<svg class="bars" viewBox="0 0 ${width} ${height}" role="img" aria-label="${text}">
<line class="grid" x1="${zero}" x2="${zero}" y1="0" y2="${height}"/>${drawn}</svg>`;
}

/** Which color stands for what, where there are no marks. */
export function barLegend(items: readonly (readonly [style: number, name: Markup | string])[]): Markup {
  return html`<ul class="legend" aria-label="Colors in the chart">${items.map(
    ([style, name]) =>
      html`<li class="s${style}"><svg viewBox="0 0 16 16" aria-hidden="true"><rect class="bar" width="16" height="16"/></svg><span>${name}</span></li>`,
  )}</ul>`;
}

/** A bar for a cell of a table, from a share of its width to another one. What it shows must be in the table as well. */
export function shareBar(from: number, to: number, style: number): Markup {
  const wide = round(Math.max(0.8, 100 * (to - from)));
  return html`<svg class="share" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
<rect class="bar s${style}" x="${round(Math.min(100 * from, 100 - wide))}" width="${wide}" height="10"/></svg>`;
}
