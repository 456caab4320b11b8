import { type Ids, unknownCustomer } from '../model/ids.ts';
import type { Mask } from './mask.ts';

/** To lists, a customer who is barred is one whom the model does not know. */
export function withoutBarred(ids: Ids, mayBeNamed: Mask): Ids {
  const customerRow = (id: string | number) => {
    const row = ids.customerRow(id);
    return row === undefined || mayBeNamed.has(row) ? row : undefined;
  };
  const knownCustomer = (id: string | number) => {
    const row = ids.knownCustomer(id);
    if (mayBeNamed.has(row)) return row;
    throw unknownCustomer(String(id));
  };
  return { ...ids, customerRow, knownCustomer };
}
