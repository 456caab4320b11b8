import type { Select, Selected } from '../../recommending/serving/merchandising.ts';
import type { Recommender } from '../../recommending/types.ts';
import { checked } from '../catalogue/fields.ts';
import type { Columns } from './columns.ts';
import { maxConditions, maxValues, readCondition } from './condition.ts';
import { groupsOf } from './groups.ts';
import { boosts, pins } from './schemas.ts';
import { selectionOf } from './selection.ts';

/** Finds the products that requests ask for, among those of these columns. */
export function createSelect(columns: Columns, { productRow }: Pick<Recommender, 'productRow'>): Select {
  return ({ filter: asked, boost, pin }) => {
    // What a request may ask of each product, all in all.
    const room = { conditions: maxConditions, values: maxValues };
    const filter = asked === undefined ? undefined : readCondition(asked, 'filter', columns, room);
    const given = checked(boosts, boost ?? [], 'boost');
    // As they were given: checking them made copies, and of those that were read before, only the original says so.
    const conditions = given.map((_, i) => readCondition(boost![i].filter, `boost[${i}].filter`, columns, room));
    const rows = checked(pins, pin ?? [], 'pin').flatMap(({ product, position }) => {
      const row = productRow(product);
      return row === undefined ? [] : [{ row, position }];
    });
    return {
      ...(filter && { filter: selectionOf(filter, columns) }),
      ...(given.length > 0 && {
        groups: groupsOf(filter, conditions, columns).map(({ selection, met }) => ({
          selection,
          by: given.reduce((sum, { by }, i) => sum + (met[i] ? by : 0), 0),
        })),
      }),
      ...(rows.length > 0 && { pins: rows.sort((a, b) => a.position - b.position) }),
    } satisfies Selected;
  };
}
