import type { Shown } from '../attribution/with-ids.ts';
import type { ServedModel } from '../served-model.ts';
import type { Shop, ShopList, ShopQuestions } from '../types.ts';

type Asked = ShopQuestions<ShopList> &
  Pick<Shown<ShopList>, 'newProducts'> &
  Pick<Shop, 'customerRow' | 'productRow' | 'similarCustomers' | 'similarCustomersSync'>;

/** The model that answers, and those that are still to answer what they were asked before it. */
export interface Answering {
  current(): ServedModel;
  /** Each is answered by the model that answers when it is asked, whatever takes its place meanwhile. */
  readonly questions: Asked;
  /** Runs work on the model that answers now, which is not closed before the work is done. */
  holding<T>(work: (served: ServedModel) => Promise<T>): Promise<T>;
  /** Lets another model answer from this turn on. The one before is closed after its last answer. */
  replace(next: ServedModel): void;
}

/** A model that was asked something. */
interface Holder {
  readonly served: ServedModel;
  /** How many answers it is still to give. */
  owed: number;
  /** To be called after each of them. */
  done(): void;
}

/** Lets go of a model if whoever was answered bit by bit never came to the end. */
const abandoned = new FinalizationRegistry<() => void>((done) => done());

export function createAnswering(first: ServedModel): Answering {
  let current = holderOf(first);

  function holderOf(served: ServedModel): Holder {
    const holder: Holder = {
      served,
      owed: 0,
      done() {
        holder.owed--;
        if (holder !== current) closeIfDone(holder);
      },
    };
    return holder;
  }

  /** Nobody waits for its end. */
  function closeIfDone({ owed, served }: Holder): void {
    if (owed === 0) served.close().catch(() => {});
  }

  /** Also for questions that were just asked: each function more would take a tenth of the time of a short list. */
  function later<T>(answer: Promise<T>): Promise<T> {
    const { done } = current;
    current.owed++;
    answer.then(done, done);
    return answer;
  }

  function bitByBit<T>(answers: AsyncGenerator<T>): AsyncGenerator<T> {
    const holder = current;
    holder.owed++;
    let isOwed = true;
    const done = () => {
      if (isOwed) holder.done();
      isOwed = false;
    };
    const held = untilTheEnd(answers, done);
    abandoned.register(held, done);
    return held;
  }

  return {
    current: () => current.served,
    questions: {
      customerRow: (id) => current.served.customerRow(id),
      productRow: (id) => current.served.productRow(id),
      recommend: (id, options) => later(current.served.recommend(id, options)),
      recommendSync: (id, options) => current.served.recommendSync(id, options),
      recommendForBasket: (lines, options) => later(current.served.recommendForBasket(lines, options)),
      recommendForBasketSync: (lines, options) => current.served.recommendForBasketSync(lines, options),
      similarProducts: (id, options) => later(current.served.similarProducts(id, options)),
      similarProductsSync: (id, options) => current.served.similarProductsSync(id, options),
      boughtTogether: (id, options) => later(current.served.boughtTogether(id, options)),
      boughtTogetherSync: (id, options) => current.served.boughtTogetherSync(id, options),
      similarCustomers: (id, options) => later(current.served.similarCustomers(id, options)),
      similarCustomersSync: (id, options) => current.served.similarCustomersSync(id, options),
      newProducts: (options) => later(current.served.newProducts(options)),
      recommendBlocks: (options) => bitByBit(current.served.recommendBlocks(options)),
      recommendAll: (options) => bitByBit(current.served.recommendAll(options)),
    },
    holding: (work) => later(work(current.served)),
    replace(next) {
      const before = current;
      current = holderOf(next);
      closeIfDone(before);
    },
  };
}

async function* untilTheEnd<T>(answers: AsyncGenerator<T>, done: () => void): AsyncGenerator<T> {
  try {
    yield* answers;
  } finally {
    done();
  }
}

const servedByShops = new WeakMap<object, () => ServedModel>();

/** Remembers which model answers for a shop, for as long as somebody has the shop. */
export function setServed(shop: object, current: () => ServedModel): void {
  servedByShops.set(shop, current);
}

/** The model that answers for a shop right now; undefined for what is no shop of these. */
export function servedBy(shop: object): ServedModel | undefined {
  return servedByShops.get(shop)?.();
}
