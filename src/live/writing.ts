import { EndcapError } from '../errors.ts';

/** What is written to a store, and whether the last of it failed, as on a full disk. */
export interface Writing {
  /** Runs work that writes. */
  <T>(work: () => Promise<T>): Promise<T>;
  hasFailed(): boolean;
}

export function createWriting(): Writing {
  let hasFailed = false;

  async function writing<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      hasFailed = false;
      return result;
    } catch (error) {
      if (error instanceof EndcapError && error.code === 'store_failed') hasFailed = true;
      throw error;
    }
  }

  return Object.assign(writing, { hasFailed: () => hasFailed });
}
