/** Calls between the main thread and a worker, both ways over one port. */
import type { TransferListItem } from 'node:worker_threads';
import { EndcapError, type ErrorCode } from '../../errors.ts';

/** An error as it goes to another thread; without a code, it is a fault of the program. */
export interface ToldError {
  readonly code?: ErrorCode;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

type Message =
  | { call: string; id: number | undefined; args: unknown[] }
  | { answer: number; result?: unknown; error?: ToldError };

// biome-ignore lint/suspicious/noExplicitAny: each method has arguments of its own.
export type Methods = Readonly<Record<string, (...args: any[]) => unknown>>;

export interface Calls<Other extends Methods> {
  /** Calls a method of the other thread. Rejects with what it throws, or with what `end` was given. */
  call<Name extends keyof Other & string>(
    name: Name,
    ...args: Parameters<Other[Name]>
  ): Promise<Awaited<ReturnType<Other[Name]>>>;
  /** The same for who waits for no answer. */
  tell<Name extends keyof Other & string>(
    name: Name,
    args: Parameters<Other[Name]>,
    transfer?: TransferListItem[],
  ): void;
  /** Takes a message of the other thread. */
  receive(message: unknown): void;
  /** Rejects what is not answered, and what is called from now on: the other thread is gone. */
  end(error: Error): void;
}

export function createCalls<Other extends Methods>(
  post: (message: unknown, transfer?: TransferListItem[]) => void,
  methods: Methods,
): Calls<Other> {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let calls = 0;
  let ended: Error | undefined;

  async function answer({ call, id, args }: Extract<Message, { call: string }>): Promise<void> {
    if (id === undefined) {
      methods[call](...args);
      return;
    }
    try {
      const result = await methods[call](...args);
      post({ answer: id, result } satisfies Message);
    } catch (error) {
      post({ answer: id, error: told(error) } satisfies Message);
    }
  }

  return {
    call(call, ...args) {
      if (ended) return Promise.reject(ended);
      const id = ++calls;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
        post({ call, id, args } satisfies Message);
      });
    },
    tell(call, args, transfer) {
      if (!ended) post({ call, id: undefined, args } satisfies Message, transfer);
    },
    receive(given) {
      const message = given as Message;
      if ('call' in message) {
        void answer(message);
        return;
      }
      const asked = waiting.get(message.answer);
      waiting.delete(message.answer);
      if (message.error) asked?.reject(heard(message.error));
      else asked?.resolve(message.result);
    },
    end(error) {
      ended ??= error;
      for (const { reject } of waiting.values()) reject(ended);
      waiting.clear();
    },
  };
}

export function told(error: unknown): ToldError {
  if (error instanceof EndcapError) return { code: error.code, message: error.message, details: error.details };
  return { message: String((error as Error)?.stack ?? error) };
}

export function heard({ code, message, details }: ToldError): Error {
  return code === undefined ? new Error(message) : new EndcapError(code, message, details);
}
