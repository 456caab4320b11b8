/** Folders of orders that Spark writes are read as the file that it read. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders, sampleOrders } from '../../../src/index.ts';
import { testUnless } from '../../support/skip.ts';
import { onSpark, sparkTool } from './spark.ts';

const test = suite('orders of Spark');
const spark = await sparkTool();
const cwd = await mkdtemp(join(tmpdir(), 'endcap-spark-orders-'));
test.after(() => rm(cwd, { recursive: true, force: true }));

/** Writes the orders in the formats and the folders that Spark has. */
const script = `
import json
from pyspark.sql import SparkSession, functions as F

spark = SparkSession.builder.getOrCreate()
orders = spark.read.json("orders.jsonl").repartition(3, "order_id")
orders = orders.withColumn("ordered_at", F.to_timestamp("ordered_at"))
orders.write.parquet("parquet")
orders.withColumn("month", F.month("ordered_at")).write.partitionBy("month").parquet("by-month")
orders.write.json("json", compression="gzip")
orders.write.csv("csv", header=True, escape='"')
print(json.dumps(orders.count()))
`;

testUnless(test, spark.absent, 'a folder has the orders that Spark was given, in each format', async () => {
  const orders = [...sampleOrders({ lines: 3000 })].flatMap((order) => {
    const { quantity, ordered_at } = order;
    // Only what fits into columns with types.
    const fits = /^\d+$/.test(quantity) && /^\d{4}-\d\d-\d\dT/.test(ordered_at);
    return fits ? [{ ...order, quantity: Number(quantity) }] : [];
  });
  await writeFile(join(cwd, 'orders.jsonl'), orders.map((order) => JSON.stringify(order)).join('\n'));
  const lines = await onSpark<number>(spark, script, [], { cwd });
  assert.is(lines, orders.length);
  const given = await readOrders(join(cwd, 'orders.jsonl'));
  for (const folder of ['parquet', 'by-month', 'json', 'csv']) {
    const { fingerprint, account } = await readOrders(join(cwd, folder));
    assert.is(account.read, lines, folder);
    assert.is(fingerprint, given.fingerprint, folder);
  }
});

test.run();
