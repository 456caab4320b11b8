import { invalidOption, onlyKnown } from '../../options.ts';
import { checkKernel, type OpenKernel } from '../kernel.ts';
import { openKernel, type WebKernelOptions, webKernelOptions } from './open.ts';

/** The options of a kernel, or one that is open. */
export interface GivenKernelOptions extends WebKernelOptions {
  /** A kernel that `openKernel` opened, in place of the other options. */
  kernel?: OpenKernel;
}

export const givenKernelOptions = [...webKernelOptions, 'kernel'];

/**
 * The given kernel, or one that is opened as the options say.
 *
 * @param needed how many bytes are reserved where memory cannot grow and `memory` is absent.
 * @throws `invalid_options`, and what `openKernel` throws.
 */
export async function kernelFor(options: GivenKernelOptions, needed: number): Promise<OpenKernel> {
  onlyKnown(options, givenKernelOptions);
  const { kernel, ...opening } = options;
  if (kernel === undefined) return openKernel(opening, needed);
  checkKernel(kernel);
  for (const [name, value] of Object.entries(opening))
    if (value !== undefined) throw invalidOption(name, value, 'nothing, since a kernel is given');
  return kernel;
}
