/** Models of Spark and of implicit answer here as they do there. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  createRecommender,
  type Dataset,
  importModel,
  type Model,
  readOrders,
  sampleOrders,
} from '../../../src/index.ts';
import { testUnless } from '../../support/skip.ts';
import { onSpark, sparkTool } from './spark.ts';

const test = suite('import');
const spark = await sparkTool();
const cwd = await mkdtemp(join(tmpdir(), 'endcap-import-'));
test.after(() => rm(cwd, { recursive: true, force: true }));

/** Ids as text and their lists of ten, with the scores of the other system. */
type Lists = Record<string, [product: string, score: number][]>;

const kinds = {
  units: { alpha: 10, confidence: 'quantity' },
  orders: { alpha: 4, confidence: 'orders' },
  explicit: { explicit: true, confidence: 'orders' },
} as const;

/** ALS of each kind over the pairs, as those who use it write it, and everybody's ten best. */
const onSparkScript = `
import json
from pyspark.ml.feature import StringIndexer
from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.getOrCreate()
pairs = spark.read.csv("pairs.csv", header=True, schema="customer string, product string, units float, orders float")
for name in ["customer", "product"]:
    pairs = StringIndexer(inputCol=name, outputCol="indexed").fit(pairs).transform(pairs)
    pairs = pairs.withColumn(name + "_id", F.col("indexed").cast("int")).drop("indexed")
    pairs.select(F.col(name + "_id").alias("id"), name).distinct().write.parquet(f"ids/{name}s")
pairs.cache()
customers = {row["id"]: row["customer"] for row in spark.read.parquet("ids/customers").collect()}
products = {row["id"]: row["product"] for row in spark.read.parquet("ids/products").collect()}
lists = {}
for kind, implicit, rating, alpha in [("units", True, "units", 10.0), ("orders", True, "orders", 4.0), ("explicit", False, "orders", 1.0)]:
    als = ALS(rank=16, maxIter=8, regParam=0.05, alpha=alpha, implicitPrefs=implicit, seed=7,
              userCol="customer_id", itemCol="product_id", ratingCol=rating)
    model = als.fit(pairs)
    model.userFactors.write.parquet(f"{kind}/userFactors")
    model.userFactors.where("id % 3 != 0").write.parquet(f"{kind}/most")
    model.itemFactors.write.parquet(f"{kind}/itemFactors")
    lists[kind] = {
        customers[row["customer_id"]]: [[products[each["product_id"]], each["rating"]] for each in row["recommendations"]]
        for row in model.recommendForAllUsers(10).collect()
    }
print(json.dumps(lists))
`;

/** The same pairs for implicit, whose last half-step is that of the items: the users are solved once more. */
const onImplicitScript = `
import csv, json
import numpy as np, scipy.sparse as sp
from implicit.cpu.als import AlternatingLeastSquares

rows = list(csv.reader(open("pairs.csv")))[1:]
users = sorted({row[0] for row in rows})
items = sorted({row[1] for row in rows})
of_user = {name: i for i, name in enumerate(users)}
of_item = {name: i for i, name in enumerate(items)}
units = sp.csr_matrix(([float(row[2]) for row in rows], ([of_user[row[0]] for row in rows], [of_item[row[1]] for row in rows])),
                      dtype=np.float32)
for name, ids in [("customers", users), ("products", items)]:
    with open(f"implicit-{name}.csv", "w", newline="") as file:
        csv.writer(file).writerows([["id", "name"], *enumerate(ids)])
model = AlternatingLeastSquares(factors=16, regularization=0.05, alpha=10.0, iterations=8, random_state=7, num_threads=1)
model.fit(units, show_progress=False)
model.user_factors = model.recalculate_user(np.arange(len(users)), units)
model.save("implicit.npz")
ids, scores = model.recommend(np.arange(len(users)), units, N=10, filter_already_liked_items=False)
print(json.dumps({users[u]: [[items[i], float(s)] for i, s in zip(ids[u], scores[u])] for u in range(len(users))}))
`;

let orders: Dataset | undefined;
let ofSpark: Record<keyof typeof kinds, Lists> | undefined;

test.before(async () => {
  if (spark.absent !== undefined) return;
  orders = await readOrders(sampleOrders({ lines: 12_000 }));
  const { customers, products, purchases } = orders;
  const lines = customers.flatMap((customer, c) =>
    Array.from(purchases.products.subarray(purchases.offsets[c], purchases.offsets[c + 1]), (product, i) => {
      const pair = purchases.offsets[c] + i;
      return [customer, products[product], purchases.quantities?.[pair] ?? 1, purchases.orders?.[pair] ?? 1].join();
    }),
  );
  await writeFile(join(cwd, 'pairs.csv'), `${['customer,product,units,orders', ...lines].join('\n')}\n`);
  ofSpark = await onSpark(spark, onSparkScript, [], { cwd });
});

/** Compares lists by taste alone: products whose scores differ in the last bits may change places. */
async function sameLists(model: Model, expected: Lists): Promise<void> {
  assert.is(model.metadata.ranking, undefined);
  const recommender = createRecommender(model);
  let different = 0;
  try {
    for (const [customer, theirs] of Object.entries(expected)) {
      const { items } = await recommender.recommend(customer, { n: 10, purchased: 'allow' });
      assert.is(items.length, theirs.length);
      for (const [place, { product, score }] of items.entries()) {
        const [other, otherScore] = theirs[place];
        assert.ok(Math.abs(score - otherScore) <= 2e-6 * Math.max(1, Math.abs(otherScore)), `${customer}, ${place}`);
        different += Number(product !== other);
      }
    }
  } finally {
    await recommender.close();
  }
  assert.ok(different <= 0.001 * 10 * Object.keys(expected).length, `${different} in other places`);
}

/** The largest difference of a customer's factors, relative to their largest one, over all customers. */
function farthest(one: Model, other: Model): number {
  assert.equal(one.customers, other.customers);
  const { factors } = one;
  return Math.max(
    ...one.customers.map((_, c) => {
      const [a, b] = [one, other].map(({ customerFactors }) =>
        customerFactors.subarray(c * factors, (c + 1) * factors),
      );
      const largest = Math.max(...a.map(Math.abs));
      return Math.max(...a.map((value, k) => Math.abs(value - b[k]))) / largest;
    }),
  );
}

for (const [kind, trained] of Object.entries(kinds)) {
  const options = () => ({
    from: 'spark' as const,
    products: join(cwd, kind, 'itemFactors'),
    ids: join(cwd, 'ids'),
    regularization: 0.05,
    ...trained,
  });

  testUnless(test, spark.absent, `lists by taste are those of recommendForAllUsers: ${kind}`, async () => {
    const { model, notes } = await importModel({ ...options(), customers: join(cwd, kind, 'userFactors') });
    assert.equal(
      notes.map(({ code }) => code),
      ['no-orders'],
    );
    await sameLists(model, ofSpark![kind as keyof typeof kinds]);
  });

  testUnless(test, spark.absent, `customers are folded in to what Spark made of them: ${kind}`, async () => {
    const all = await importModel({ ...options(), customers: join(cwd, kind, 'userFactors'), orders, fast: true });
    const most = await importModel({ ...options(), customers: join(cwd, kind, 'most'), orders, fast: true });
    const { cold, foldIn } = most.model.metadata.imported!;
    assert.ok(cold!.foldedIn > 50 && cold!.foldedIn === cold!.customers);
    const found = farthest(all.model, most.model);
    assert.ok(found < 1e-5, String(found));
    assert.ok(foldIn!.difference < 1e-6, String(foldIn!.difference));
  });
}

testUnless(test, spark.absent, 'what the ratings were is found out, and weights are learned', async () => {
  const options = { from: 'spark', ids: join(cwd, 'ids'), orders, regularization: 0.05 } as const;
  for (const [kind, { alpha, confidence }] of [
    ['units', kinds.units],
    ['orders', kinds.orders],
  ] as const) {
    const [customers, products] = ['userFactors', 'itemFactors'].map((name) => join(cwd, kind, name));
    const { model, notes } = await importModel({ ...options, customers, products, alpha });
    assert.is(model.metadata.options.confidence, confidence);
    assert.is(model.metadata.imported!.weights, 'learned');
    assert.equal(notes, []);
    const wrong = await importModel({ ...options, customers, products, alpha: 3 * alpha, fast: true });
    assert.equal(
      wrong.notes.map(({ code }) => code),
      ['fold-in-differs'],
    );
  }
});

testUnless(test, spark.absent, 'implicit: lists by taste, and customers who are folded in', async () => {
  const lists = await onSpark<Lists>(spark, onImplicitScript, [], { cwd });
  const ids = { customerIds: join(cwd, 'implicit-customers.csv'), productIds: join(cwd, 'implicit-products.csv') };
  const options = { from: 'implicit', customers: join(cwd, 'implicit.npz'), ...ids } as const;
  const { model } = await importModel(options);
  assert.equal([model.metadata.options.alpha, model.metadata.options.regularization], [10, 0.05]);
  await sameLists(model, lists);
  const { metadata } = (await importModel({ ...options, orders, fast: true })).model;
  assert.is(metadata.options.confidence, 'quantity');
  assert.ok(metadata.imported!.foldIn!.difference < 1e-5);
});

test.run();
