/** What happened when, as marks over days; see `svg.ts`. */
import { html } from 'hono/html';
import { linearScale, timeScale } from './scales.ts';
import { type Markup, round } from './svg.ts';

export interface TimelineMark {
  /** In milliseconds since 1970 UTC. */
  readonly time: number;
  /** How high the mark is; at least 0. */
  readonly size: number;
  /** Number of a color; see `style.ts`. */
  readonly style: number;
  /** The tooltip. */
  readonly text: string;
}

const [width, height] = [720, 138];
const [left, right, top, bottom] = [34, width - 34, 14, 96];

/**
 * @param measured what `size` is, such as `products`.
 * @param text what a screen reader says in place of the chart.
 */
export function timelineChart(
  caption: string,
  marks: readonly TimelineMark[],
  { measured, text }: { measured: string; text: string },
): Markup {
  const times = marks.map(({ time }) => time);
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const scale = timeScale([first, Math.max(last, first + 1)], [left, right]);
  const size = linearScale([0, Math.max(1, ...marks.map(({ size }) => size))], [bottom, top], 2);
  const dayOf = (tick: number) => new Date(tick).toISOString().slice(0, 10);
  const ticks = scale.ticks(6);
  const days = ticks.map((tick, i) => {
    const x = round(scale(tick));
    // Several ticks of a day have its date once.
    const label = i > 0 && dayOf(tick) === dayOf(ticks[i - 1]) ? '' : dayOf(tick);
    return html`<line class="grid" x1="${x}" x2="${x}" y1="${top}" y2="${bottom + 4}"/>
<text x="${x}" y="${bottom + 20}" text-anchor="middle">${label}</text>`;
  });
  const sizes = size
    .ticks(2)
    .map((tick) => html`<text x="${left - 8}" y="${round(size(tick) + 4)}" text-anchor="end">${tick}</text>`);
  const drawn = marks.map((mark) => {
    const [x, y] = [round(scale(mark.time)), round(size(mark.size))];
    return html`<g class="s${mark.style}"><title>${mark.text}</title><line class="stem" x1="${x}" x2="${x}" y1="${bottom}" y2="${y}"/>
<circle class="mark" cx="${x}" cy="${y}" r="4.5"/></g>`;
  });
  return html`<figure class="timeline"><figcaption>${caption}</figcaption>
<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${text}">${days}${sizes}
<text x="${right}" y="${height - 1}" text-anchor="end">${measured}</text>
<line class="grid" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>${drawn}</svg></div></figure>`;
}
