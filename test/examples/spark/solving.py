"""
What tasks of train_factors.py have in common: blocks of customers, and `endcap solve`, one process for each executor.
src/training/solve/protocol.ts in Endcap's sources describes its frames.
"""

import itertools
import json
import pickle
import struct
import tempfile
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pyspark import SparkFiles
from resident import resident

PRODUCTS, GRAM, SEED, DRAW, SOLVE, CUSTOMERS_GRAM, ADD_RESIDUALS, ADD_PRODUCTS, ADD_SQUARES, SUMS, HELD = range(1, 12)
ERROR = 103
DRAWN = 2**26  # numbers that may be drawn at once
NONE = np.zeros(0, "f4")


class Block(NamedTuple):
    """Some customers: their ids as JSON, their pairs as sparse rows, the penalty and the factors of each."""

    ids: bytes
    offsets: np.ndarray
    products: np.ndarray
    weights: np.ndarray
    last_weights: np.ndarray
    penalties: np.ndarray = NONE
    factors: np.ndarray = NONE
    objective: float = 0.0


class Side(NamedTuple):
    """Factors of products, or a direction to move them in, as executors get them."""

    number: float
    values: object
    gram_scale: float = None


def asking(blocks, work):
    """
    Calls work with a function that asks this executor's `endcap solve`, which no other task does meanwhile, and with blocks.

    What an executor has lost is done again by a chain of tasks, each of which asks, and takes its blocks from the one before. If
    the later one had `endcap solve`, both would wait for ever. So it takes a block before it asks, and puts blocks aside until
    the one before has no more.
    """
    package = SparkFiles.get("endcap")
    command = [f"{package}/node", f"{package}/node_modules/endcap/dist/cli/main.js", "solve"]
    blocks = iter(blocks)
    aside = tempfile.SpooledTemporaryFile(2**26)
    putting_aside = (pickle.dump(block, aside) for block in blocks)
    with aside, resident("solve", command, putting_aside) as (to, back):

        def read(count):
            data = back.read(count)
            if len(data) < count:
                raise RuntimeError("endcap solve ended; the executor's log says why")
            return data

        def ask(kind, *arrays, types="f4"):
            parts = [np.ascontiguousarray(array, "f8" if isinstance(array, list) else None) for array in arrays]
            lengths = [part.nbytes for part in parts]
            to.write(struct.pack(f"<4sHHI{len(parts)}Q", b"ECSV", 1, kind, len(parts), *lengths))
            for part in parts:
                to.write(part.data.cast("B") if part.nbytes else b"")
            to.flush()
            _, _, answer, count = struct.unpack("<4sHHI", read(12))
            found = [read(length) for length in struct.unpack(f"<{count}Q", read(8 * count))]
            if answer == ERROR:
                raise RuntimeError(": ".join(text.decode() for text in found))
            return [np.frombuffer(data, type) for data, type in zip(found, types.split(","))]

        yield from work(ask, itertools.chain(put_aside(aside), blocks))


def put_aside(file):
    end = file.tell()
    file.seek(0)
    while file.tell() < end:
        yield pickle.load(file)


def use(ask, side, factors):
    """Sends products to `endcap solve` unless it holds them, and lets it make their Gram matrix if customers are solved by them."""
    if list(ask(HELD, types="f8")[0]) != [side.number]:
        ask(PRODUCTS, [factors, side.number], side.values.value)
        if side.gram_scale is not None:
            ask(GRAM, [side.gram_scale], NONE)


def draw(ask, rows, factors, keep):
    """The next rows of random numbers."""
    size = DRAWN // factors
    drawn = [ask(DRAW, [min(size, rows - at), factors, keep])[0] for at in range(0, rows, size)]
    return np.concatenate([NONE, *drawn])


def pack(batches):
    """Rows of a customer and a list of (product, weight, last weight) become blocks, for `mapInArrow`."""
    for batch in batches:
        lists = batch.column("pairs")
        products, weights, last_weights = lists.flatten().flatten()
        offsets = lists.offsets.to_numpy() - lists.offsets[0].as_py()
        ids = json.dumps([key.decode("utf-16-be") for key in batch.column("key").to_pylist()]).encode()
        arrays = [offsets.astype("u4"), products.to_numpy().astype("u4"), weights.to_numpy(), last_weights.to_numpy()]
        columns = [ids, *(array.tobytes() for array in arrays)]
        yield pa.RecordBatch.from_arrays([pa.array([column], pa.binary()) for column in columns], PACKED)


PACKED = ["ids", "offsets", "products", "weights", "last_weights"]
UNPACKED_SCHEMA = "id string, features array<float>"
PACKED_SCHEMA = ", ".join(f"{name} binary" for name in PACKED)


def block_of(row):
    types = ["u4", "u4", "f4", "f4"]
    block = Block(bytes(row[0]), *(np.frombuffer(column, type) for column, type in zip(row[1:], types)))
    for weights in (block.weights, block.last_weights):
        if not (np.isfinite(weights).all() and (weights >= 0).all()):
            raise ValueError("a pair has a weight that is missing, not finite, or below 0")
    return block


def unpack(batches):
    """Blocks of ids and factors become rows of an id and its factors, for `mapInArrow`."""
    for batch in batches:
        for ids, values in zip(*(column.to_pylist() for column in batch.columns)):
            ids, values = json.loads(ids), np.frombuffer(values, "f4")
            offsets = np.arange(len(ids) + 1, dtype="i4") * (len(values) // len(ids))
            yield pa.RecordBatch.from_arrays([pa.array(ids), pa.ListArray.from_arrays(offsets, values)], ["id", "features"])


def relative_penalties(pairs, others, asked):
    return ((pairs + asked.unobserved_weight * others) ** asked.frequency_exponent).astype("f4")


def dots(a, b):
    return np.einsum("ij,ij->i", a, b)[:, None]


def first(pair):
    return pair[0]


def add_in_order(parts):
    pieces = [piece for _, piece in sorted(parts, key=first)]
    return np.sum(pieces, axis=0, dtype="f8").astype(pieces[0].dtype)
