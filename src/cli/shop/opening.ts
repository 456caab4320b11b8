/** The shop that `serve --data` and `start` serve, and the options that both have for it. */
import type { Command } from 'commander';
import type { ShopStore } from '../../live/store/store.ts';
import type { Shop } from '../../live/types.ts';
import { kernelOptions, type Values } from '../options/options.ts';
import { count } from '../terminal.ts';

/** Options of a running shop. */
export function addShopOptions(command: Command): Command {
  return command.optionsGroup('Running shop:');
}

/**
 * @param model the path of its file.
 * @param store where purchases are kept, or a store that is open, which the caller closes.
 */
export async function openShop(model: string, store: string | ShopStore, values: Values): Promise<Shop> {
  const { createShop } = await import('../../live/shop.ts');
  return createShop({ model, store, ...kernelOptions(values) });
}

/** One line of what the store has. */
export function aboutStore({ status }: Shop): string {
  const { store, catalogue, erasedCustomers } = status();
  return (
    `Store: ${store}, ${count(catalogue.products, 'product')} in the catalogue, ${catalogue.unavailable} of them not ` +
    `available, ${count(erasedCustomers, 'erased customer')}`
  );
}
