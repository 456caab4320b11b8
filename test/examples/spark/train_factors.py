"""
Factors of customers and products from pairs that a cluster has summed, by implicit ALS, as Parquet that `endcap import` reads.

    spark-submit train_factors.py endcap.tar.gz pairs factors --factors 128 --partitions 20

Customers stay on their executors: a partition holds their pairs and factors. Products are broadcast, and solved by conjugate
gradients, for which the executors only send sums over their customers. `endcap solve` does the arithmetic.
"""

import argparse
import itertools
import json
import os
import random
import time

import numpy as np
import solving
from pyspark import StorageLevel
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from solving import NONE, Side, add_in_order, dots, first, relative_penalties


def main():
    asked = arguments()
    spark = SparkSession.builder.appName("endcap train").getOrCreate()
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", 100_000)  # customers of a block
    context = spark.sparkContext
    context.addArchive(f"{asked.package}#endcap")
    for file in ("resident.py", "solving.py"):
        context.addPyFile(os.path.join(os.path.dirname(os.path.abspath(__file__)), file))
    partitions = asked.partitions or context.defaultParallelism
    f, steps, unobserved = asked.factors, asked.cg_steps, asked.unobserved_weight

    # Rows are numbered as Endcap does: ids in the order of their UTF-16 code units.
    pairs = spark.read.parquet(asked.pairs)
    pairs = pairs.where("quantity > 0") if "quantity" in pairs.columns else pairs
    weight, last = (F.col(name).cast("float") for name in (asked.weight, asked.last_weight or asked.weight))
    key = F.encode(F.col("customer").cast("string"), "UTF-16BE")
    pairs = pairs.select(key.alias("key"), F.col("product").cast("string"), weight.alias("weight"), last.alias("last"))
    counts = sorted(pairs.groupBy("product").count().collect(), key=lambda row: row[0].encode("utf-16-be"))
    products, product_pairs = [row[0] for row in counts], np.array([row[1] for row in counts], "f8")
    numbers = spark.createDataFrame(list(zip(products, range(len(products)))), "product string, row int")
    lists = (
        pairs.join(F.broadcast(numbers), "product")
        .repartitionByRange(partitions, "key")
        .groupBy("key")
        .agg(F.sort_array(F.collect_list(F.struct("row", "weight", "last"))).alias("pairs"))
        .sortWithinPartitions("key")
    )
    packed = lists.mapInArrow(solving.pack, solving.PACKED_SCHEMA).rdd.map(solving.block_of).persist(StorageLevel.MEMORY_AND_DISK)

    def measure(part, blocks):
        rows, weights, penalties = 0, 0.0, 0.0
        for block in blocks:
            rows += len(block.offsets) - 1
            weights += block.weights.sum(dtype="f8")
            penalties += relative_penalties(np.diff(block.offsets), len(products), asked).sum(dtype="f8")
        yield part, rows, weights, penalties

    measured = sorted(packed.mapPartitionsWithIndex(measure).collect())
    rows = np.array([part[1] for part in measured])
    firsts, customers, total = np.cumsum(rows) - rows, int(rows.sum()), product_pairs.sum()
    scale = asked.alpha * total / sum(part[2] for part in measured)
    average = min(asked.regularization, asked.alpha * total / np.sqrt(customers * len(products)) / 2)
    penalty_scale = average * customers / sum(part[3] for part in measured)
    penalties = relative_penalties(product_pairs, customers, asked)
    penalties = (penalties * (average * len(products) / penalties.sum(dtype="f8"))).astype("f4").astype("f8")[:, None]

    def begin(part, blocks):
        def work(ask, blocks):
            ask(solving.SEED, [asked.seed])
            solving.draw(ask, len(products) + int(firsts[part]), f, 0)
            for block in blocks:
                own = relative_penalties(np.diff(block.offsets), len(products), asked) * penalty_scale
                weights = [(np.maximum(each, 1e-6) * scale).astype("f4") for each in (block.weights, block.last_weights)]
                factors = solving.draw(ask, len(own), f, 1)
                yield block._replace(weights=weights[0], last_weights=weights[1], penalties=own.astype("f4"), factors=factors)

        return solving.asking(blocks, work)

    def first_products(none):
        def work(ask, _):
            ask(solving.SEED, [asked.seed])
            yield solving.draw(ask, len(products), f, 1)

        return solving.asking(none, work)

    side_numbers = itertools.count(random.getrandbits(50))

    def side(values, gram_scale=None):
        return Side(float(next(side_numbers)), context.broadcast(values.astype("f4")), gram_scale)

    def solve_customers(blocks, fixed, steps, is_last):
        def task(blocks):
            def work(ask, blocks):
                solving.use(ask, fixed, f)
                for block in blocks:
                    weights = block.last_weights if is_last else block.weights
                    given = (block.offsets, block.products, weights, NONE, block.penalties, block.factors)
                    factors, objective = ask(solving.SOLVE, [steps], *given, types="f4,f8")
                    yield block._replace(factors=factors, objective=objective[0])

            return solving.asking(blocks, work)

        return blocks.mapPartitions(task).persist(StorageLevel.MEMORY_AND_DISK)

    def sums(blocks, kind, fixed, with_gram=False):
        def task(part, blocks):
            def work(ask, blocks):
                solving.use(ask, fixed, f)
                gram, added = np.zeros(f * f + 1), False
                for block in blocks:
                    ask(kind, *block[1:4], NONE, block.factors)
                    if with_gram:
                        gram += np.append(ask(solving.CUSTOMERS_GRAM, [f], block.factors)[0], block.objective)
                    added = True
                if added:
                    pieces = [*np.array_split(ask(solving.SUMS)[0], partitions), gram]
                    yield from ((key, (part, piece)) for key, piece in enumerate(pieces))

            return solving.asking(blocks, work)

        # In the order of the partitions: the same bytes, whatever is tried again.
        added = blocks.mapPartitionsWithIndex(task).groupByKey(partitions).mapValues(add_in_order).collect()
        added = [piece for _, piece in sorted(added, key=first)]
        return np.concatenate(added[:partitions]), added[-1]

    def residuals_and_gram(blocks, fixed):
        residuals, gram = sums(blocks, solving.ADD_RESIDUALS, fixed, True)
        return residuals.reshape(-1, f), unobserved * gram[:-1].reshape(f, f), gram[-1]

    def solve_products(blocks, residuals, gram, y):
        def prior(v):
            return v @ gram + penalties * v

        r = residuals - prior(y)
        p, squares = r, dots(r, r)
        for step in range(steps):
            is_last = step == steps - 1
            direction = side(p)
            found, _ = sums(blocks, solving.ADD_SQUARES if is_last else solving.ADD_PRODUCTS, direction)
            ap = prior(p) if is_last else prior(p) - found.reshape(y.shape)
            direction.values.destroy()
            curvatures = dots(p, ap) + (found[:, None] if is_last else 0)
            moves = (squares > 1e-20) & (curvatures > 0)
            alpha = np.divide(squares, curvatures, out=np.zeros_like(squares), where=moves)
            y, r = y + alpha * p, r - alpha * ap
            before, squares = squares, np.where(moves, dots(r, r), 0)
            p = r + np.divide(squares, before, out=np.zeros_like(squares), where=moves) * p
        return y

    y = context.range(1, numSlices=1).mapPartitions(first_products).collect()
    y = np.concatenate(y).reshape(-1, f).astype("f8")
    blocks = packed.mapPartitionsWithIndex(begin).persist(StorageLevel.MEMORY_AND_DISK)
    fixed = side(y, unobserved)
    residuals, gram, _ = residuals_and_gram(blocks, fixed)
    for iteration in range(asked.iterations):
        started = time.monotonic()
        y = solve_products(blocks, residuals, gram, y)
        of_products, started = time.monotonic() - started, time.monotonic()
        fixed, before = side(y, unobserved), blocks
        blocks = solve_customers(blocks, fixed, steps, False)
        residuals, gram, objective = residuals_and_gram(blocks, fixed)
        before.unpersist()
        loss = total * asked.alpha + objective + float((penalties * y * y).sum(dtype="f8"))
        seconds = f"products {of_products:.2f} s, customers {time.monotonic() - started:.2f} s"
        print(f"iteration {iteration + 1} of {asked.iterations}: loss {loss:.6g}, {seconds}", flush=True)
    if asked.last_weight:
        blocks = solve_customers(blocks, fixed, max(steps, 10), True)
    own = blocks.map(lambda block: (block.ids, block.factors.tobytes()))
    of_products = context.parallelize([(json.dumps(products).encode(), y.astype("f4").tobytes())], 1)
    for name, rdd in (("customers", own), ("products", of_products)):
        table = spark.createDataFrame(rdd, "ids binary, factors binary").mapInArrow(solving.unpack, solving.UNPACKED_SCHEMA)
        table.write.parquet(os.path.join(asked.output, name))
    training = [(float(scale), float(penalty_scale), unobserved, asked.frequency_exponent)]
    names = ["alpha", "regularization", "unobserved_weight", "frequency_exponent"]
    spark.createDataFrame(training, names).coalesce(1).write.parquet(os.path.join(asked.output, "training"))


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("package", help="archive of the package and node")
    parser.add_argument("pairs", help="Parquet with customer, product, and the column of --weight")
    parser.add_argument("output", help="folder for customers/ and products/")
    parser.add_argument("--weight", default="orders", help="how much a pair counts")
    parser.add_argument("--last-weight", help="the same, when customers are solved for the last time")
    parser.add_argument("--partitions", type=int, help="one for each executor is best")
    for name, default in (("factors", 128), ("iterations", 10), ("cg-steps", 3), ("seed", 42)):
        parser.add_argument(f"--{name}", type=int, default=default)
    for name, default in (("regularization", 8.0), ("unobserved-weight", 0.1), ("frequency-exponent", 1.0), ("alpha", 1.0)):
        parser.add_argument(f"--{name}", type=float, default=default)
    return parser.parse_args()


if __name__ == "__main__":
    main()
