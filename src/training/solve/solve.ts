import { EndcapError } from '../../errors.ts';
import { type KernelOptions, openKernel } from '../../kernel/open.ts';
import { createScope } from '../../kernel/scope.ts';
import { byteOrderProblem } from '../../model/file/checksum.ts';
import { invalidOption, objectOfOptions, onlyKnown } from '../../options.ts';
import { answers, fillFrom, frameOf, readFrame } from './protocol.ts';
import { createSession } from './session.ts';

/**
 * Does the arithmetic of a training whose customers are on several machines: reads requests as frames (`protocol.ts` has their
 * layout) and answers each with one. The products' factors come once, then blocks of customers, which are solved or added
 * up. A request that cannot be understood is answered with a frame of kind `error`, and then thrown. Memory follows what
 * came, not what a frame claims.
 *
 * @param source the bytes of the requests, cut anywhere.
 * @returns the bytes of the answers.
 * @throws `frame_unreadable`, `diverged`, `invalid_options`, `kernel_unavailable`, `out_of_memory`.
 * @example
 * for await (const bytes of solveBlocks(process.stdin)) process.stdout.write(bytes);
 */
export async function* solveBlocks(
  source: AsyncIterable<Uint8Array>,
  options: KernelOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  if (typeof source?.[Symbol.asyncIterator] !== 'function')
    throw invalidOption('source', source, 'an async iterable of bytes, such as a stream');
  objectOfOptions(options);
  onlyKnown(options, ['backend', 'isa', 'threads']);
  const kernel = openKernel(options);
  const fill = fillFrom(source);
  const answer = createSession(kernel);
  try {
    if (byteOrderProblem())
      throw new EndcapError('frame_unreadable', 'this computer is big-endian, but frames are little-endian');
    for (;;) {
      const scope = createScope(kernel);
      try {
        const frame = await readFrame(fill, scope.memory);
        if (!frame) return;
        yield* await answer(scope, frame);
      } finally {
        scope.end();
      }
    }
  } catch (error) {
    if (error instanceof EndcapError) {
      const texts = [error.code, error.message].map((text) => new TextEncoder().encode(text));
      yield* frameOf(answers.error, texts);
    }
    throw error;
  } finally {
    await kernel.close();
  }
}
