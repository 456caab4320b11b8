/** What the tables of an export are of, as JSON. */
import type { Model } from '../../model/model.ts';

/** Of this shape; a later one with another meaning has a higher number. */
const formatVersion = 1;

/**
 * What is in `model.json`. It names no customer.
 *
 * @param rows of each table, by the name of its file.
 */
export function descriptionOf(model: Model, rows: Readonly<Record<string, number>>): object {
  const { algorithm, factors, metadata } = model;
  const { version, endcap, trainedAt, fingerprint, options, foldIn, ranking, shop, imported } = metadata;
  const { firstPurchase, lastPurchase } = metadata.account;
  return {
    format: 'endcap-export',
    formatVersion,
    /** Of the model, which all tables have among their metadata, too. */
    version,
    endcap,
    trainedAt,
    fingerprint,
    algorithm,
    factors,
    rows,
    ...(firstPurchase !== undefined && { firstPurchase: new Date(firstPurchase).toISOString() }),
    ...(lastPurchase !== undefined && { lastPurchase: new Date(lastPurchase).toISOString() }),
    options,
    foldIn,
    ...(ranking && { ranking }),
    ...(shop && { shop }),
    ...(imported && { imported }),
  };
}
