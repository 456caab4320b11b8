import { execFileSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exampleCommand, exampleRequest, shellWord } from '../../src/cli/hints.ts';
import { withoutCustomers } from '../../src/model/without.ts';
import { smallModel } from '../model/models.ts';

const test = suite('hints');

test('a word comes out of a shell as it was', () => {
  const words = ['10276', 'a b', "it's", '$(echo x)', '"', '', '*', 'a;b', '~', '#1', 'ä', 'a\nb', '=1+1'];
  for (const word of words) {
    assert.is(execFileSync('sh', ['-c', `printf %s ${shellWord(word)}`]).toString(), word);
  }
});

test('on Windows, whose shell knows no single quotes, paths are as they are, and other words in double quotes', () => {
  for (const [word, written] of [
    ['models\\m.safetensors', 'models\\m.safetensors'],
    ['C:\\my models\\m.safetensors', '"C:\\my models\\m.safetensors"'],
    ["it's", '"it\'s"'],
    ['a&b', '"a&b"'],
    ['', '""'],
  ])
    assert.is(shellWord(word, 'win32'), written);
  const [request, ...more] = exampleRequest('http://localhost', smallModel(), 'win32');
  assert.equal(more, []);
  assert.match(
    request,
    /-H "content-type: application\/json" -d "\{\\"user_id\\":\\"\w+\\",\\"num_recommendations\\":5\}"$/,
  );
});

test('the busiest customer is the example, even with an id that looks like an option', () => {
  const model = smallModel();
  assert.match(exampleCommand('m.safetensors', model), /recommend m\.safetensors \w+$/);
  const customers = model.customers.map((id) => `-${id} x`);
  assert.match(exampleCommand('my model', { ...model, customers }), /recommend 'my model' -- '-\w+ x'$/);
});

test('a model whose customers are all erased has a basket for an example', () => {
  const [, body] = exampleRequest(
    'http://localhost',
    withoutCustomers(smallModel(), () => true),
  );
  assert.match(body, '{"basket":["mug"],"num_recommendations":5}');
});

test.run();
