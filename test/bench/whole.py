"""What a Python user writes for the whole path, as the libraries' documentation shows it: `whole.py <implicit|rusket>
<orders.csv> <lists.parquet>` reads and cleans orders, trains 128 factors in 10 iterations, and writes the 10 best products of
every customer, purchases excluded. The rules of cleaning are Endcap's: see `clean_duckdb` in peers.py."""

import os
import sys

threads = int(os.environ["PEER_THREADS"])
factors, iterations, n = 128, 10, 10


def by_implicit(orders, lists):
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix

    columns = ["order_id", "customer_id", "product_id", "quantity", "ordered_at"]
    lines = pd.read_csv(orders, usecols=columns, dtype=str, engine="pyarrow")
    lines["customer_id"] = lines["customer_id"].str.replace(r"\.0+$", "", regex=True)
    lines["quantity"] = np.trunc(pd.to_numeric(lines["quantity"], errors="coerce"))
    times = pd.to_datetime(lines["ordered_at"], errors="coerce", utc=True, format="ISO8601")
    lines = lines[lines["customer_id"].notna() & (lines["customer_id"] != "") & lines["quantity"].notna() & times.notna()]
    is_return = lines["order_id"].str.fullmatch(r"C[0-9]+")
    quantity = lines["quantity"].where(~is_return.fillna(False).astype(bool), -lines["quantity"].abs())
    customers = lines["customer_id"].astype("category")
    products = lines["product_id"].astype("category")
    shape = (len(customers.cat.categories), len(products.cat.categories))
    bought = csr_matrix((quantity.to_numpy(), (customers.cat.codes, products.cat.codes)), shape=shape)
    bought.data = (bought.data > 0).astype(np.float32)
    bought.eliminate_zeros()

    model = AlternatingLeastSquares(factors=factors, iterations=iterations, num_threads=threads)
    model.fit(bought, show_progress=False)
    buyers = np.flatnonzero(np.diff(bought.indptr))
    rows, scores = model.recommend(buyers, bought[buyers], N=n, filter_already_liked_items=True)
    table = pa.table(
        {
            "customer": pa.array(np.repeat(customers.cat.categories.to_numpy()[buyers], n)),
            "rank": pa.array(np.tile(np.arange(1, n + 1, dtype=np.int32), len(buyers))),
            "product": pa.array(products.cat.categories.to_numpy()[rows.ravel()]),
            "score": pa.array(scores.ravel()),
        }
    )
    pq.write_table(table, lists)


def by_rusket(orders, lists):
    import duckdb
    import rusket

    with duckdb.connect() as connection:
        connection.execute(f"set threads = {threads}")
        pairs = connection.sql(
            rf"""
            with lines as (
                select regexp_replace(customer_id, '\.0+$', '') as customer, product_id as product, order_id,
                    trunc(try_cast(quantity as double)) as quantity, try_cast(ordered_at as timestamp) as time
                from read_csv('{orders}', all_varchar = true)
            )
            select customer, product from lines where customer <> '' and quantity is not null and time is not null
            group by customer, product
            having sum(case when regexp_full_match(order_id, 'C[0-9]+') then -abs(quantity) else quantity end) > 0
            """
        ).pl()
    model = rusket.ALS.from_transactions(
        pairs,
        user_col="customer",
        item_col="product",
        factors=factors,
        iterations=iterations,
        use_cuda=False,
    )
    model.fit()
    found = model.batch_recommend(n=n, exclude_seen=True, format="polars")
    found.rename({"user_id": "customer", "item_id": "product"}).write_parquet(lists)


{"implicit": by_implicit, "rusket": by_rusket}[sys.argv[1]](*sys.argv[2:])
