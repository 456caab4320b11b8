/** The shops of `npm run bench:quality`: what is held out of each, and the figures it aims at. */
import type { Dataset } from '../../src/dataset/dataset.ts';
import type { ProtocolOptions } from '../../src/measuring/protocols/protocols.ts';
import type { EvaluationQuestion } from '../../src/measuring/questions.ts';
import { beibei, gowalla, onlineRetail, taFeng, tmall } from '../support/shops.ts';

/** What is aimed at, if anything. */
export type Figures = readonly [recall: number | undefined, ndcg: number];

/** Of a model without options, and of a model with the options of the tuner. */
interface Target {
  plain: Figures;
  tuned?: Figures;
}

export interface Shop {
  name: string;
  /** The file in the data beside the checkout without which there is no such shop. */
  file: string;
  load: () => Promise<{ orders: Dataset; protocol: ProtocolOptions }>;
  /** Lengths of lists; the table shows the last, and losses at any. */
  ks: readonly number[];
  /** What is aimed at for each question in the table, if anything. */
  questions: Partial<Record<EvaluationQuestion, Target | undefined>>;
}

const given = async (split: Promise<{ train: Dataset; test: Dataset }>) => {
  const { train, test } = await split;
  return { orders: train, protocol: { test } };
};

export const shops: readonly Shop[] = [
  {
    name: 'Online Retail, next order',
    file: 'online-retail.parquet',
    load: async () => ({ orders: await onlineRetail(), protocol: {} }),
    ks: [10],
    questions: {
      all: { plain: [0.207, 0.301], tuned: [0.21, 0.306] },
      explore: { plain: [0.079, 0.1], tuned: [0.081, 0.102] },
      repeat: undefined,
    },
  },
  {
    name: 'Online Retail, last 60 days',
    file: 'online-retail.parquet',
    load: async () => ({ orders: await onlineRetail(), protocol: { lastDays: 60 } }),
    ks: [10],
    questions: {
      all: { plain: [0.159, 0.381], tuned: [0.16, 0.384] },
      explore: { plain: [undefined, 0.1193] },
      repeat: undefined,
    },
  },
  {
    name: 'Ta-Feng, next order',
    file: 'tafeng-baskets.json.gz',
    load: async () => ({ orders: taFeng(), protocol: {} }),
    ks: [10],
    questions: {
      all: { plain: [0.154, 0.14], tuned: [0.157, 0.142] },
      explore: { plain: [0.082, 0.074], tuned: [0.085, 0.077] },
      repeat: undefined,
    },
  },
  {
    name: 'Beibei, given split',
    file: 'beibei-train.csv.gz',
    load: () => given(beibei()),
    ks: [10, 20],
    questions: {
      all: { plain: [0.093, 0.037], tuned: [0.095, 0.038] },
      explore: { plain: [0.093, 0.037], tuned: [0.095, 0.038] },
    },
  },
  {
    name: 'Tmall, given split',
    file: 'tmall-train.csv.gz',
    load: () => given(tmall()),
    ks: [10, 20],
    questions: { all: undefined, explore: { plain: [0.066, 0.032], tuned: [0.068, 0.034] } },
  },
  {
    name: 'Gowalla, given split',
    file: 'gowalla-train.txt.gz',
    load: () => given(Promise.resolve(gowalla())),
    ks: [10, 20],
    questions: { all: undefined, explore: { plain: [0.187, 0.157], tuned: [0.192, 0.16] } },
  },
];
