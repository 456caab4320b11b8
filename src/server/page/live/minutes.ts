/** The last hour by minute, as charts and as a table. */
import { html } from 'hono/html';
import { barLegend } from '../../../page/bars.ts';
import { columnChart } from '../../../page/columns.ts';
import { table } from '../../../page/parts.ts';
import { legend, lineChart, type Markup } from '../../../page/svg.ts';
import { minutes } from './recent.ts';
import type { RecentSummary } from './summary.ts';
import { durationWords } from './words.ts';

/** Styles of what was answered, refused, and failed; of half of the answers, and of nearly all. */
const [answered, refusedStyle, failedStyle] = [0, 4, 1];

const axis = {
  label: 'minutes ago',
  ends: [1 - minutes, 0] as const,
  format: (value: number) => (value === 0 ? 'now' : String(-value)),
};

export function minuteCharts({ byMinute, requests, failed, refused }: RecentSummary): Markup {
  if (requests === 0) return html`<p>There is nothing to draw yet.</p>`;
  const first = 1 - byMinute.length;
  const empty = Array.from({ length: minutes - byMinute.length }, () => ({ parts: [0], text: '' }));
  const bars = byMinute.map((minute, i) => ({
    parts: [minute.requests - minute.refused - minute.failed, minute.refused, minute.failed],
    text: `${ago(first + i)}: ${minute.requests} requests, ${minute.refused} refused, ${minute.failed} failed`,
  }));
  const most = Math.max(...byMinute.map((minute) => minute.requests));
  const line = (style: number, of: 'half' | 'nearlyAll', words: string) => ({
    style,
    points: byMinute.map((minute, i) => ({
      x: first + i,
      y: minute[of] ?? Number.NaN,
      text: `${ago(first + i)}: ${words} took less than ${durationWords(minute[of])}`,
    })),
  });
  return html`<div>${columnChart(
    'Requests in each minute',
    `Requests in each minute of the last hour: at most ${most}, in all ${requests}, of which ${refused} were refused and ${failed} failed`,
    [...empty, ...bars],
    [answered, refusedStyle, failedStyle],
    { x: axis, y: { label: 'requests' } },
  )}${barLegend([
    [answered, 'answered'],
    [refusedStyle, 'refused'],
    [failedStyle, 'failed'],
  ])}</div>
<div>${lineChart(
    'How long answers took, in milliseconds',
    [line(0, 'half', 'half of the answers'), line(1, 'nearlyAll', '99 of 100')],
    { x: axis, y: { label: 'milliseconds', fromZero: true } },
  )}${legend(['half took less', '99 of 100 took less'])}</div>`;
}

/** Newest first. Minutes without a request are left out. */
export function minuteTable({ byMinute }: RecentSummary): Markup {
  const rows = byMinute
    .map((minute, i) => ({ ...minute, name: ago(1 - byMinute.length + i) }))
    .filter(({ requests }) => requests > 0)
    .reverse();
  if (rows.length === 0) return html`<p>Nothing was asked for.</p>`;
  return table(
    'Requests of the last hour by minute; minutes without one are left out',
    ['Minute', 'Requests', 'Lists', 'Refused', 'Failed', 'Half took less than', '99 of 100'],
    rows.map(({ name, requests, lists, refused, failed, half, nearlyAll }) => ({
      name,
      cells: [requests, lists, refused, failed, durationWords(half), durationWords(nearlyAll)],
    })),
  );
}

function ago(minute: number): string {
  return minute === 0 ? 'this minute' : minute === -1 ? '1 minute ago' : `${-minute} minutes ago`;
}
