/**
 * What fuzzers and people found, made again: a sound input and the one thing that was wrong with it. An input that is small
 * and hard to describe is a folder in `regressions/` instead, as the fuzzer left it.
 */
import { baseFile } from './models/bases.ts';
import { type Draft, draftOf, fileOf, sealed } from './models/draft.ts';
import type { Input } from './target.ts';

interface Regression {
  target: string;
  /** What was wrong, as the name of a test. */
  name: string;
  input(): Input | Promise<Input>;
}

/** A model of `als` with a ranking and products bought together, and more customers than a tile has columns. */
async function rankedModel(): Promise<Draft> {
  for (let number = 0; ; number++) {
    const draft = draftOf(await baseFile(number));
    const [customers, factors] = tensorOf(draft, 'customer_factors').shape as number[];
    const [products] = tensorOf(draft, 'product_factors').shape as number[];
    const isWhole = draft.metadata.ranking && draft.tensors.some(({ name }) => name === 'together_products');
    if (draft.metadata.algorithm === 'als' && isWhole && customers > 12 && products > 30 && factors > 1) return draft;
  }
}

function tensorOf({ tensors }: Draft, name: string) {
  return tensors.find((tensor) => tensor.name === name)!;
}

/** A forged model: the change is under a right checksum. */
function model(name: string, change: (draft: Draft) => void): Regression {
  return {
    target: 'models',
    name,
    async input() {
      const draft = await rankedModel();
      change(draft);
      return { 'model.safetensors': sealed(fileOf(draft)) };
    },
  };
}

function withFactors(factors: number): Regression {
  return model(`a model with ${factors} factors`, (draft) => {
    for (const name of ['customer_factors', 'product_factors']) {
      const tensor = tensorOf(draft, name);
      const [rows] = tensor.shape as number[];
      tensor.bytes = Buffer.alloc(4 * rows * factors);
      for (let i = 0; i < rows * factors; i++) tensor.bytes.writeFloatLE(Math.sin(i), 4 * i);
      tensor.shape = [rows, factors];
    }
  });
}

function withFactorOf(value: number): Regression {
  return model(`a ranked model with a product factor of ${value}, batched`, (draft) => {
    tensorOf(draft, 'product_factors').bytes.writeFloatLE(value, 4);
  });
}

function withOption(option: string, value: unknown): Regression {
  return model(`a model trained with ${option} ${JSON.stringify(value)}`, ({ metadata }) => {
    metadata.options = JSON.stringify({ ...JSON.parse(String(metadata.options)), [option]: value });
  });
}

function lines(name: string, ...records: unknown[]): Regression {
  const sound = { customer: 'ann', product: 'tea', quantity: 1, date: '2024-01-31' };
  const text = [sound, ...records].map((record) => JSON.stringify(record)).join('\n');
  return { target: 'orders', name, input: () => ({ 'orders.jsonl': text }) };
}

const jsonRecord = { customer: 'bob', product: 'cup', quantity: 2, date: '2024-02-01' };

export const regressions: readonly Regression[] = [
  withFactors(2049),
  withFactors(4096),
  ...[3e37, 1e38, 3.4e38].map(withFactorOf),
  ...['x', true, '', -1, 1e308].map((value) => withOption('unobservedWeight', value)),
  model('a model without products', (draft) => {
    const [, factors] = tensorOf(draft, 'product_factors').shape as number[];
    for (const tensor of draft.tensors) {
      const { name, shape } = tensor;
      if (/^product_factors$/.test(name)) tensor.shape = [0, factors];
      else if (/^(product|together)_\w*offsets$/.test(name)) tensor.shape = [1];
      else if (/^purchase_offsets$/.test(name)) tensor.bytes.fill(0);
      else if (/^(product|purchase|together)_|^signal_(?!orders)/.test(name)) tensor.shape = [0];
      if (shape !== tensor.shape) tensor.bytes = Buffer.alloc(/offsets$/.test(name) ? 8 : 0);
    }
  }),
  model('a model with a product that is bought together with another twice', (draft) => {
    const [offsets, products] = ['together_offsets', 'together_products'].map((name) => tensorOf(draft, name).bytes);
    const pairs = products.length / 4;
    for (let at = 0; at < offsets.length; at += 8)
      offsets.writeUInt32LE(Math.floor((at * pairs) / (offsets.length - 8)), at);
    products.fill(0);
  }),
  model('a model whose first purchase is after the last day that dates have', ({ metadata }) => {
    metadata.account = JSON.stringify({ ...JSON.parse(String(metadata.account)), firstPurchase: 1e300 });
  }),
  lines('a date that is an object without a value', { ...jsonRecord, date: { toString: 1 } }),
  lines('a date that is a list of such an object', { ...jsonRecord, date: [[{ toString: 1 }]] }),
  lines('ids that are objects and lists', { ...jsonRecord, customer: {} }, { ...jsonRecord, product: [[]] }),
];
