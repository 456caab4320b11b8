"""The Python side of `npm run bench:peers`: reads one JSON request per line and answers each with a line. Times are the
seconds of the library's own call, without the exchange. Arrays are passed as files of raw numbers."""

import importlib
import json
import os
import sys
import time

threads = int(os.environ["PEER_THREADS"])
# What a library prints must not mix with the answers.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

kept = {}


def numpy():
    return importlib.import_module("numpy")


def matrix(folder, products, confidence):
    """A customers x products matrix with the same confidence for every pair."""
    key = ("matrix", folder, confidence)
    if key not in kept:
        np, sparse = numpy(), importlib.import_module("scipy.sparse")
        offsets = np.fromfile(f"{folder}/offsets.u32", np.uint32).astype(np.int32)
        rows = np.fromfile(f"{folder}/rows.u32", np.uint32).astype(np.int32)
        values = np.full(len(rows), confidence, np.float32)
        kept[key] = sparse.csr_matrix((values, rows, offsets), shape=(len(offsets) - 1, products))
    return kept[key]


def factors_of(path, factors):
    return numpy().fromfile(path, numpy().float32).reshape(-1, factors)


def save(prefix, **arrays):
    for name, array in arrays.items():
        numpy().ascontiguousarray(array).tofile(f"{prefix}.{name}")


def timed(work):
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def implicit_als(r, **settings):
    from implicit.cpu.als import AlternatingLeastSquares

    return AlternatingLeastSquares(factors=r["factors"], num_threads=threads, **settings)


def als_implicit(r):
    """Conjugate gradients with 3 steps, the default. The matrix holds the confidence of each pair. The initial factors
    are normal and of length about 1: with its own, uniform in [0, 0.01), the loss is still some percent higher after
    ten iterations."""
    pairs = matrix(r["folder"], r["products"], r["confidence"])
    model = implicit_als(r, regularization=r["regularization"], iterations=r["iterations"], use_cg=True)
    random = numpy().random.default_rng(1)
    spread = r["factors"] ** -0.5
    first = [spread * random.standard_normal((rows, r["factors"]), "float32") for rows in pairs.shape]
    model.user_factors, model.item_factors = first
    seconds, _ = timed(lambda: model.fit(pairs, show_progress=False))
    if "save" in r:
        save(r["save"], customers=model.user_factors, products=model.item_factors)
    return {"seconds": seconds}


def als_rusket(r):
    """The confidence of a pair is 1 + alpha times its value in the matrix."""
    import rusket

    pairs = matrix(r["folder"], r["products"], 1)
    model = rusket.ALS(
        factors=r["factors"],
        regularization=r["regularization"],
        alpha=r["confidence"] - 1,
        iterations=r["iterations"],
        cg_iters=3,
        use_cuda=False,
    )
    seconds, _ = timed(lambda: model.fit(pairs))
    if "save" in r:
        save(r["save"], customers=model._user_factors, products=model._item_factors)
    return {"seconds": seconds}


def solve_lapack(r):
    """One side of an exact iteration: for each row, a dense matrix of its equation and Cholesky's factorization of it. Rows
    are evenly sampled, and the time is that of all of them. Rows are independent, so it is divided by the threads."""
    np, lapack = numpy(), importlib.import_module("scipy.linalg.lapack")
    pairs = matrix(r["folder"], r["products"], 1)
    if r["side"] == "products":
        pairs = pairs.T.tocsr()
    fixed = factors_of(r["fixed"], r["factors"])
    rows = np.flatnonzero(np.diff(pairs.indptr))
    sample = rows[:: max(1, len(rows) // r["sample"])]
    prior_seconds, prior = timed(lambda: fixed.T @ fixed + np.float32(r["regularization"]) * np.eye(r["factors"], dtype="float32"))

    def solve(row):
        y = fixed[pairs.indices[pairs.indptr[row] : pairs.indptr[row + 1]]]
        return lapack.sposv((prior + y.T @ y).T, y.sum(axis=0), overwrite_a=True)[1]

    seconds, solved = timed(lambda: [solve(row) for row in sample])
    save(r["save"], rows=sample.astype("uint32"), solved=np.array(solved, "float32"))
    return {"seconds": (prior_seconds + seconds * len(rows) / len(sample)) / threads}


def recommend_implicit(r):
    """The n best products of each customer, purchases excluded, from our factors."""
    pairs = matrix(r["folder"], r["products"], 1)
    key = ("model", r["customerFactors"])
    if key not in kept:
        model = implicit_als(r)
        model.user_factors = factors_of(r["customerFactors"], r["factors"])
        model.item_factors = factors_of(r["productFactors"], r["factors"])
        kept[key] = model
    everyone = numpy().arange(pairs.shape[0])
    seconds, (rows, scores) = timed(
        lambda: kept[key].recommend(everyone, pairs, N=r["n"], filter_already_liked_items=True)
    )
    save(r["save"], rows=rows.astype("int32"), scores=scores.astype("float32"))
    return {"seconds": seconds}


def search_faiss(r):
    """The n products with the largest inner product for each customer; the index is built beforehand."""
    faiss = importlib.import_module("faiss")
    key = ("index", r["productFactors"])
    if key not in kept:
        faiss.omp_set_num_threads(threads)
        index = faiss.IndexFlatIP(r["factors"])
        index.add(factors_of(r["productFactors"], r["factors"]))
        kept[key] = index, factors_of(r["customerFactors"], r["factors"])
    index, queries = kept[key]
    seconds, (scores, rows) = timed(lambda: index.search(queries, r["n"]))
    save(r["save"], rows=rows.astype("int32"), scores=scores)
    return {"seconds": seconds}


def lines_in(path, options="types = {'order_id': 'varchar'}"):
    """A file in SQL. If the first lines of a CSV hold no return, duckdb takes order ids for numbers and fails at `C500123`."""
    return f"'{path}'" if path.endswith(".parquet") else f"read_csv('{path}', {options})"


def write_parquet(r):
    """The lines of a CSV as Parquet, as duckdb writes it by default, all columns as text."""
    duckdb = importlib.import_module("duckdb")
    with duckdb.connect() as connection:
        connection.execute(f"copy (from {lines_in(r['from'], 'all_varchar = true')}) to '{r['path']}' (format parquet)")
    return {}


def read_duckdb(r):
    """Quantities by customer and product, fetched as arrays; `full` adds what else our reader aggregates."""
    duckdb = importlib.import_module("duckdb")
    more = ", count(distinct order_id), max(try_cast(ordered_at as timestamp))" if r["full"] else ""
    query = f"select customer_id, product_id, sum(try_cast(quantity as integer)){more} from {lines_in(r['path'])} group by 1, 2"
    with duckdb.connect() as connection:
        connection.execute(f"set threads = {threads}")
        seconds, _ = timed(lambda: connection.execute(query).fetchnumpy())
        return {"seconds": seconds}


def clean_duckdb(r):
    """Our reader's rules in SQL: the pairs that still have a positive quantity after returns."""
    duckdb = importlib.import_module("duckdb")
    source = lines_in(r["path"], "all_varchar = true")
    with duckdb.connect() as connection:
        (lines,) = connection.execute(f"select count(*) from {source}").fetchone()
        pairs, quantity = connection.execute(
            rf"""
            with lines as (
                select regexp_replace(customer_id, '\.0+$', '') as customer, product_id as product, order_id,
                    trunc(try_cast(quantity as double)) as quantity, try_cast(ordered_at as timestamp) as time
                from {source}
            ), signed as (
                select customer, product,
                    case when order_id similar to 'C[0-9]+' then -abs(quantity) else quantity end as quantity
                from lines where customer <> '' and quantity is not null and time is not null
            ), pairs as (
                select sum(quantity) as quantity from signed group by customer, product having sum(quantity) > 0
            )
            select count(*), sum(quantity) from pairs
            """
        ).fetchone()
    return {"lines": lines, "pairs": pairs, "quantity": quantity}


commands = [als_implicit, als_rusket, solve_lapack, recommend_implicit, search_faiss, write_parquet, read_duckdb, clean_duckdb]
by_name = {command.__name__: command for command in commands}
for line in sys.stdin:
    request = json.loads(line)
    try:
        answer = by_name[request["command"]](request)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
    print(json.dumps(answer), file=answers, flush=True)
