/** Columns side by side, each of them stacked of parts, as SVG for a page with the style sheet of `style.ts`. */
import { html } from 'hono/html';
import { linearScale } from './scales.ts';
import { type Axis, figure, type Markup, round, shortNumber, styleClass, width } from './svg.ts';

export interface Column {
  /** Heights of its parts, from below, none below 0: part `i` has the color of style `styles[i]`. */
  parts: readonly number[];
  /** The tooltip. */
  text: string;
}

/**
 * Columns at x = `axes.x.ends[0]`, and so on up to `axes.x.ends[1]`. What the heights are must also be in a table or a text.
 *
 * @param text what the chart shows, for whoever does not see it.
 */
export function columnChart(
  caption: string,
  text: string,
  columns: readonly Column[],
  styles: readonly number[],
  axes: { x: Axis & { ends: readonly [number, number] }; y: Axis },
): Markup {
  const [left, right, top, bottom] = [52, width - 14, 8, 150];
  const height = bottom + 42;
  const [from, to] = axes.x.ends;
  const x = linearScale([from - 0.5, to + 0.5], [left, right]);
  const highest = Math.max(0, ...columns.map(({ parts }) => parts.reduce((sum, part) => sum + part, 0)));
  const y = linearScale([0, highest || 1], [bottom, top], 4);
  const { format: formatX = shortNumber } = axes.x;
  const { format: formatY = shortNumber } = axes.y;
  const grid = [
    // Counts have no halves.
    y.ticks(4).map((tick) =>
      Number.isInteger(tick)
        ? html`<line class="grid" x1="${left}" x2="${right}" y1="${round(y(tick))}" y2="${round(y(tick))}"/>
<text x="${left - 8}" y="${round(y(tick) + 4)}" text-anchor="end">${formatY(tick)}</text>`
        : '',
    ),
    x
      .ticks(5)
      .map((tick) => html`<text x="${round(x(tick))}" y="${bottom + 16}" text-anchor="middle">${formatX(tick)}</text>`),
    html`<text x="${(left + right) / 2}" y="${height - 6}" text-anchor="middle">${axes.x.label}</text>`,
  ];
  const wide = round(Math.max(1, 0.8 * (x(1) - x(0))));
  const drawn = columns.map(({ parts, text }, i) => {
    let below = 0;
    const rects = parts.map((part, style) => {
      if (part === 0) return '';
      const [low, high] = [y(below), y(below + part)];
      below += part;
      return html`<rect class="bar ${styleClass(styles[style])}" x="${round(x(from + i) - wide / 2)}" y="${round(high)}" width="${wide}" height="${round(low - high)}"/>`;
    });
    return below === 0 ? '' : html`<g><title>${text}</title>${rects}</g>`;
  });
  return figure(caption, text, height, [grid, drawn]);
}
