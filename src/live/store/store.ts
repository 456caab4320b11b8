/** What a running shop adds to its model, kept on disk. `sqlite.ts` and `postgres.ts` implement it. */
import type { Source } from '../../recommending/types.ts';

/** A line of an order that arrived at run time. Ids are cleaned as those of the model's orders were. */
export interface Purchase {
  readonly customer: string;
  readonly order: string;
  readonly product: string;
  /** Units, a whole number other than 0; a negative one is a return. */
  readonly quantity: number;
  /** When it was bought, in milliseconds since 1970 UTC. */
  readonly time: number;
  /** Present if the shop did not say when: `time` is that of the arrival, which differs when the request is sent again. */
  readonly isUntimed?: true;
  /** The id of the recommendations that it followed, if the shop says so. */
  readonly recommendation?: string;
}

export interface StoredPurchase extends Purchase {
  /** Its place among all that was ever written, above 0 and ascending. */
  readonly seq: number;
}

/** What one request adds: everything or nothing. */
export interface PurchaseRequest {
  /** At most `maxRequestLines`. */
  readonly purchases: readonly Purchase[];
  /**
   * Names the request, for clients that send it again if they got no answer. Without one, each line is named by its order,
   * product, and whether it is a return: the same line counts once, whichever request it is in.
   */
  readonly key?: string;
}

/** Once all of it is on disk. Lines that were there before are `duplicates` and count once. */
export interface Receipt {
  readonly accepted: number;
  readonly duplicates: number;
}

/** What the shop says about a product, by field. A field that is absent is unknown. */
export interface CatalogueEntry {
  readonly product: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface StoredEntry extends CatalogueEntry {
  readonly seq: number;
  /** When the product was first written, in milliseconds since 1970 UTC; later writes don't change it. */
  readonly addedAt: number;
}

/** A customer who was erased. The store keeps no id of them, only a hash of it; see `ShopStore.hashOf`. */
interface Erasure {
  readonly hash: string;
  readonly seq: number;
}

/** What an erased customer had in the store, or what was removed since it was old. */
interface Erased {
  readonly purchases: number;
  /** Lists that were shown. Absent if the store keeps none. */
  readonly lists?: number;
}

/** Which question a list answers. */
export const listKinds = ['recommend', 'similar', 'bought-together'] as const;
export type ListKind = (typeof listKinds)[number];

/** A list that was shown to a customer. */
export interface ShownList {
  /** Its `recommendation_id`. */
  readonly id: string;
  readonly customer: string;
  /** When it was made, in milliseconds since 1970 UTC, by the clock of the server. */
  readonly time: number;
  readonly kind: ListKind;
  /** The scenario that the request named. */
  readonly scenario?: string;
  /** What the list was made from; only of the kind `recommend`. */
  readonly source?: Source;
  /** The version of the model. */
  readonly model: string;
  /** The experiment that the list was part of, and the arm of this customer. Both or none. */
  readonly experiment?: string;
  readonly arm?: string;
  /** Ids of its products, best first; of longer lists the first `maxShownProducts`. */
  readonly products: readonly string[];
}

/** Where the reading of shown lists stands: after which list. */
export type ShownPlace = Pick<ShownList, 'customer' | 'time' | 'id'>;

export interface ShopStore {
  /** What it calls itself in `shop.status()`: `sqlite`, `postgres`, or whatever yours is. */
  readonly kind: string;

  /**
   * Writes purchases; resolves once they are on disk. Requests that come at the same time share a transaction. After a failure,
   * a request without purchases asks whether it can be written again.
   *
   * @throws `conflict` if the key, or the name of a line, was used for something else, or an order is another customer's;
   * `store_busy` if too many lines wait; `store_failed` if it cannot be written: nothing of the request is in the store then.
   */
  append(request: PurchaseRequest): Promise<Receipt>;

  /** The purchases after a place, ascending, at most `limit` of them. */
  purchasesAfter(seq: number, limit: number): Promise<StoredPurchase[]>;
  /**
   * The purchases of a customer, ascending.
   *
   * @param limit the newest ones, at most so many; all if absent.
   * @param before of those before this place; of all if absent.
   */
  purchasesOf(customer: string, limit?: number, before?: number): Promise<StoredPurchase[]>;

  /** Writes what is known of products, in place of what was known before. */
  putProducts(entries: readonly CatalogueEntry[]): Promise<void>;
  /** Changes single fields; null removes one. A product that was not in the catalogue is then. */
  patchProducts(entries: readonly CatalogueEntry[]): Promise<void>;
  /** The products that were written after a place, ascending, as they are now, at most `limit` of them. */
  productsAfter(seq: number, limit: number): Promise<StoredEntry[]>;

  /** Writes the settings of the shop, a text, in place of those before. */
  putSettings(text: string): Promise<void>;
  /** The settings; undefined if none were written. */
  settings(): Promise<string | undefined>;

  /**
   * Removes everything about a customer, so that the bytes of the id are in none of the store's files, and remembers a hash
   * of it, since a model or an export may still know them.
   */
  erase(customer: string): Promise<Erased>;
  /** Erasures after a place, ascending. */
  erasuresAfter(seq: number): Promise<Erasure[]>;
  /** The hash by which an erasure names this customer. It is salted: it says nothing to who does not have the store. */
  hashOf(customer: string): string;

  /**
   * Removes the purchases from before a time, the lists that were shown before another one (none by default), and the names of
   * requests that are older than a week. Returns how many.
   */
  compact(before: number, shownBefore?: number): Promise<Erased>;

  /**
   * Keeps lists that were shown, so that purchases can be attributed to them. Those of customers who were erased, now or ever,
   * are passed over. This and the next three methods are for attribution and experiments: a store that lacks one of them keeps
   * no lists, and everything else works.
   *
   * @throws `store_failed`: none of them is kept, or nobody can say.
   */
  recordShown?(lists: readonly ShownList[]): Promise<void>;
  /**
   * The newest lists that were shown to a customer, newest first and then by id, descending; at most `limit` of them.
   *
   * @param before of those that follow this one in that order; of all if absent.
   */
  shownTo?(customer: string, limit: number, before?: Pick<ShownList, 'time' | 'id'>): Promise<ShownList[]>;
  /**
   * The lists after a place, at most `limit` of them: all lists of one customer follow each other, ascending by time and then by
   * id. Customers are in an order of the store's own, which does not change. The same list may be there twice, one after the
   * other, if the store failed while it was written.
   *
   * @param place the last list that was read; undefined at the beginning.
   *
   * @example
   * let place: ShownPlace | undefined;
   * for (let lists = await store.shownAfter(place, 500); lists.length > 0; lists = await store.shownAfter(place, 500))
   *   place = lists.at(-1);
   */
  shownAfter?(place: ShownPlace | undefined, limit: number): Promise<ShownList[]>;
  /**
   * The purchases of some customers, ascending. Together with a page of lists: what these customers bought.
   *
   * @param limit of each customer the newest ones, at most so many.
   */
  purchasesOfAll?(customers: readonly string[], limit: number): Promise<StoredPurchase[]>;

  /**
   * Customers who bought something and whose ids begin with a text: ascending by code points, each once, at most `limit` of
   * them. Where a store lacks it, whoever the model does not know is found by their whole id only.
   *
   * @param prefix at least one character.
   */
  customersWithPrefix?(prefix: string, limit: number): Promise<string[]>;

  /** The place of the newest purchase, product, erasure, or settings; 0 if there is none. */
  lastSeq(): Promise<number>;

  /**
   * Calls `changed` when another process may have written something. It is a hint: what matters is read by place, as calls
   * may be lost. Returns a function that ends it.
   */
  watch(changed: () => void): () => void;

  /** Waits for what was begun, then lets go of the files or connections. */
  close(): Promise<void>;
  /**
   * Closes it, and removes the files that opening it made: for a shop that cannot be opened, so that nobody has written to it. A
   * store that lacks it is closed.
   */
  discard?(): Promise<void>;
}

/** Lines of one request. */
export const maxRequestLines = 1000;

/** Lines that may wait for the disk; further requests are refused with `store_busy`. */
export const maxWaitingLines = 10_000;

/** Products of a list that are kept. Nobody looks at more, and a list of a thousand would take what a hundred others do. */
export const maxShownProducts = 100;
