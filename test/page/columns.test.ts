import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { shareBar } from '../../src/page/bars.ts';
import { columnChart } from '../../src/page/columns.ts';

const test = suite('columns and bars');

const axes = { x: { label: 'minutes ago', ends: [-2, 0] as const }, y: { label: 'requests' } };
const columns = (...heights: number[][]) => heights.map((parts, i) => ({ parts, text: `column ${i}` }));

test('columns stand on each other and on the axis, each as high as its count', async () => {
  const text = String(await columnChart('Requests', 'at most 4', columns([2, 2], [0, 0], [1, 0]), [0, 1], axes));
  const rects = [
    ...text.matchAll(/<rect class="bar s(\d)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g),
  ];
  const [low, high, alone] = rects.map(([, style, x, y, width, height]) => ({
    style,
    ...{ x: Number(x), y: Number(y), width: Number(width), height: Number(height) },
  }));
  assert.is(rects.length, 3);
  assert.equal([low.style, high.style, alone.style], ['0', '1', '0']);
  assert.is(low.x, high.x);
  assert.ok(low.x + low.width < alone.x);
  assert.is(low.y + low.height, 150);
  assert.is(high.y + high.height, low.y);
  assert.is(alone.height * 2, low.height);
  assert.match(text, 'aria-label="at most 4"');
  assert.match(text, '<title>column 2</title>');
});

test('counts have whole numbers at their axis, and nothing at all is drawn as such', async () => {
  const one = String(await columnChart('x', 'x', columns([1], [0], [0]), [0], axes));
  const labels = [...one.matchAll(/text-anchor="end">([^<]+)</g)].map(([, label]) => label);
  assert.equal(labels, ['0', '1']);
  const none = String(await columnChart('x', 'x', columns([0], [0], [0]), [0], axes));
  assert.not.match(none, /<rect|NaN|Infinity/);
});

test('a share is drawn from where it begins to where it ends, and never too thin to see', async () => {
  const at = async (from: number, to: number) =>
    /x="([\d.]+)" width="([\d.]+)"/
      .exec(String(await shareBar(from, to, 0)))!
      .slice(1)
      .map(Number);
  assert.equal(await at(0.25, 0.75), [25, 50]);
  assert.equal(await at(0, 0.00001), [0, 0.8]);
  assert.equal(await at(0.99999, 1), [99.2, 0.8]);
});

test.run();
