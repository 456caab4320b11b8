import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { armCode, createIds, parseRecommendationId } from '../../../src/live/attribution/ids.ts';
import type { ListKind } from '../../../src/live/store/store.ts';

const test = suite('ids of lists');
const kinds: ListKind[] = ['recommend', 'similar', 'bought-together'];
const arm = armCode('taste', 'popular');

test('an id says when, which kind, and which arm, in at most 24 characters that URLs take', () => {
  const newId = createIds();
  for (const time of [Date.UTC(2026, 0, 1), Date.UTC(2109, 0, 1), Date.now()])
    for (const kind of kinds) {
      const [plain, ofArm] = [newId(kind, time), newId(kind, time, arm)];
      for (const id of [plain, ofArm]) assert.match(id, /^[A-Za-z0-9_][\w-]{19,23}$/);
      assert.equal(parseRecommendationId(plain), { time, kind });
      assert.equal(parseRecommendationId(ofArm), { time, kind, arm });
    }
});

test('ids differ, also those of two servers in one millisecond, and none follows from the one before', () => {
  const [one, other] = [createIds(), createIds()];
  const ids = Array.from({ length: 5000 }, (_, i) => (i % 2 === 0 ? one : other)('recommend', 1.8e12));
  assert.is(new Set(ids).size, ids.length);
  // Every character of the random part takes every value.
  for (let place = 8; place < 20; place++) assert.is(new Set(ids.map((id) => id[place])).size, 64);
});

test('ids are sorted by time', () => {
  const newId = createIds();
  const times = [1e12, 1.7e12, 1.7e12 + 1, 1.7e12 + 64, 1.8e12, 4e12];
  const ids = times.map((time) => newId('recommend', time));
  assert.equal([...ids].sort(), ids);
});

test('arms have codes of their own', () => {
  const codes = ['taste/control', 'taste/popular', 'other/control'].map((name) => {
    const [experiment, own] = name.split('/');
    return armCode(experiment, own);
  });
  assert.is(new Set(codes).size, 3);
  for (const code of codes) assert.match(code, /^[\w-]{4}$/);
});

test('what is no id says nothing', () => {
  const id = createIds()('recommend', Date.now());
  for (const wrong of [
    '',
    'r1',
    id.slice(1),
    `${id}x`,
    `${id.slice(0, 7)}x${id.slice(8)}`,
    `${id.slice(0, 19)}.`,
    '🧀'.repeat(10),
  ])
    assert.is(parseRecommendationId(wrong), undefined, wrong);
  for (const wrong of [undefined, null, 7, {}]) assert.is(parseRecommendationId(wrong as never), undefined);
});

test.run();
