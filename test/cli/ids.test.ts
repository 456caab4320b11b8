import { InvalidArgumentError } from 'commander';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ids } from '../../src/cli/ids.ts';
import { basket } from '../../src/cli/options/list-options.ts';
import { filesOf } from '../dataset/files.ts';

const test = suite('ids on the command line');
const { file } = filesOf(test);

const refusal = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    assert.instance(error, InvalidArgumentError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
};

test('ids are separated by commas, and an option that is repeated adds to them', () => {
  assert.equal(ids('P1, P2 ,,P3', ['P0']), ['P0', 'P1', 'P2', 'P3']);
  assert.equal(ids(''), []);
});

test('an id in quotes may contain commas, quotes, and a leading @', () => {
  assert.equal(ids('"Tee, rot ""L""",P2, "@home" ,5" pipe'), ['Tee, rot "L"', 'P2', '@home', '5" pipe']);
  assert.match(
    refusal(() => ids('P1,"Tee, rot')),
    'not closed',
  );
  assert.match(
    refusal(() => ids('"Tee"rot,P2')),
    'Expected a comma after "Tee"',
  );
});

test('a file has one id per line, with whatever is in it', async () => {
  const path = await file('ids.txt', '\ufeffP1\r\n\r\nTea, red\r\n"P3"\nb=2\n');
  assert.equal(ids(`@${path}`, ['P0']), ['P0', 'P1', 'Tea, red', '"P3"', 'b=2']);
  assert.match(
    refusal(() => ids('@/no/such/ids.txt')),
    'Cannot read ids from /no/such/ids.txt: it does not exist',
  );
});

test('a line of a basket may have a quantity, and an id in quotes ends where its quotes do', () => {
  assert.equal(basket('P1,P2=3,"a=3","a=3"=2,x=y,1=2=1.5'), [
    'P1',
    { product: 'P2', quantity: 3 },
    'a=3',
    { product: 'a=3', quantity: 2 },
    'x=y',
    { product: '1=2', quantity: 1.5 },
  ]);
  assert.match(
    refusal(() => basket('"P1"x3')),
    'Expected a comma or =quantity',
  );
});

test.run();
