import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import type { Gate } from '../../../src/model/model.ts';
import { retrainingAnswer, retrainingOnWire } from '../../../src/server/admin/retraining.ts';

const test = suite('what the status says of retraining');
const accuracy = { recall: 0.2, ndcg: 0.1 };
const result = {
  question: 'all',
  customers: 80,
  served: accuracy,
  candidate: accuracy,
  gain: -0.04,
  error: 0.01,
} as const;
const gate: Gate = {
  ...{ outcome: 'tie', passed: true, reason: 'it finds less', served: 'a', question: 'all', results: [result] },
  ...{ newOrders: { orders: 200, customers: 80 }, damages: [] },
};
const last = { outcome: 'swapped', reason: 'it finds less', startedAt: 0, seconds: 3, notes: [] } as const;
const onWire = (unshown: Gate['unshown']) => {
  const wire = retrainingOnWire({
    runs: { swapped: 1, refused: 0, failed: 0, unchanged: 0 },
    last: { ...last, gate: { ...gate, ...(unshown && { unshown }) } },
  });
  return v.parse(retrainingAnswer, JSON.parse(JSON.stringify(wire)))!.last!.gate;
};

test('the gate is told in numbers, with and without what lists had shown', () => {
  const first = { outcome: 'tie', reason: 'it finds less', customers: 80, gain: -0.04, error: 0.01 };
  assert.equal(onWire(undefined), first);
  assert.equal(onWire({ bought: 90, shown: 90 }), { ...first, unshown: { bought: 90, shown: 90 } });
  assert.equal(onWire({ bought: 90, shown: 40, result: { ...result, customers: 50, gain: 0.01 } }), {
    ...first,
    unshown: { bought: 90, shown: 40, customers: 50, gain: 0.01, error: 0.01 },
  });
});

test.run();
