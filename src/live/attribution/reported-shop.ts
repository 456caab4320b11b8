import { placeOf } from '../../recommending/filters.ts';
import type { ServedModel } from '../served-model.ts';
import type { ReportedShop } from './report.ts';

/** What reports ask of the model that answers, and of what the shop says of its products. */
export function reportedShop({
  model,
  catalogue,
  learned,
  customerRow,
  productRow,
}: Pick<ServedModel, 'model' | 'catalogue' | 'learned' | 'customerRow' | 'productRow'>): ReportedShop {
  const { offsets, products, orders } = model.purchases;

  function ordersInModel(customer: string, product: string): number {
    const [customerNumber, productNumber] = [customerRow(customer), productRow(product)];
    if (customerNumber === undefined || productNumber === undefined) return 0;
    const from = offsets[customerNumber];
    const place = placeOf(productNumber, products.subarray(from, offsets[customerNumber + 1]));
    return place < 0 ? 0 : (orders?.[from + place] ?? 1);
  }

  return {
    priceOf(product) {
      const row = productRow(product);
      return catalogue.fieldsOf(product)?.price ?? (row === undefined ? undefined : model.productInfo[row]?.price);
    },
    hadBefore({ customer, lines, purchases }, { product, time }) {
      if (lines.some((line) => line.product === product && line.time < time)) return true;
      const learnt = purchases.filter((each) => each.product === product && each.quantity > 0 && learned.has(each));
      // What the model has beyond what it learned of the store are older orders.
      return ordersInModel(customer, product) > new Set(learnt.map(({ order }) => order)).size;
    },
  };
}
