"""
Lists for every customer of a model, made by a cluster and written as Parquet: customer, rank, product, score.

    spark-submit batch_lists.py endcap.tar.gz model.safetensors lists --shards 64 -n 20 --purchased exclude
"""

import argparse
import json
import os
import tempfile

import pyarrow.parquet as pq
from pyspark import SparkFiles
from pyspark.sql import SparkSession

SCHEMA = "customer string, rank int, product string, score float"


def lists_of(model, shards, options):
    """Makes the lists of shards, for `mapInArrow`."""

    def make(batches):
        from resident import resident

        package = SparkFiles.get("endcap")
        command = [f"{package}/node", f"{package}/node_modules/endcap/dist/cli/main.js", "batch", SparkFiles.get(model)]
        for batch in batches:
            for shard in batch.column("shard").to_pylist():
                with tempfile.TemporaryDirectory(dir=os.path.abspath(SparkFiles.getRootDirectory())) as folder:
                    file = os.path.join(folder, "lists.parquet")
                    with resident("lists", [*command, "--shard", "-", "--quiet", *options]) as (requests, answers):
                        requests.write(f"{shard}/{shards} {file}\n".encode())
                        requests.flush()
                        answer = answers.readline()
                        if not answer:
                            raise RuntimeError("endcap ended; the executor's log says why")
                    if "error" in json.loads(answer):
                        raise RuntimeError(json.loads(answer)["error"]["message"])
                    with pq.ParquetFile(file) as lists:
                        yield from lists.iter_batches()

    return make


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False, epilog="Options that follow are those of endcap batch.")
    parser.add_argument("package", help="archive of the package and node")
    parser.add_argument("model")
    parser.add_argument("output")
    parser.add_argument("--shards", type=int, default=64)
    asked, options = parser.parse_known_args()

    spark = SparkSession.builder.appName("endcap batch").getOrCreate()
    context = spark.sparkContext
    context.addArchive(f"{asked.package}#endcap")
    context.addFile(asked.model)
    context.addPyFile(os.path.join(os.path.dirname(os.path.abspath(__file__)), "resident.py"))
    make = lists_of(os.path.basename(asked.model), asked.shards, options)
    shards = spark.range(1, asked.shards + 1, 1, asked.shards).toDF("shard")
    shards.mapInArrow(make, SCHEMA).write.parquet(asked.output)
    spark.stop()


if __name__ == "__main__":
    main()
