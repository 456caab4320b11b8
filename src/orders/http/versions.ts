/** What an answer says about the file that it is of. */

/** A file as it was when it was first seen. */
export interface Version {
  /** Bytes; 0 if that is not known. */
  readonly size: number;
  /** Differs from that of another version; '' if the server tells versions by nothing but the size. */
  readonly tag: string;
}

export function versionOf({ headers }: Response): string {
  return headers.get('etag') ?? headers.get('last-modified') ?? '';
}

/** Whether the bytes are those of the file, and not packed for the way. */
export function isPlain({ headers }: Response): boolean {
  return /^(identity)?$/i.test(headers.get('content-encoding') ?? '');
}

/** Whether it says that there is no first byte. */
export function isEmptyFile({ status, headers }: Response): boolean {
  return status === 416 && headers.get('content-range') === 'bytes */0';
}

/** The size of the file by a part of it that begins at `from`; undefined if it is not such a part. */
export function sizeIn({ headers }: Response, from: number): number | undefined {
  const [, start, size] = /^bytes (\d+)-\d+\/(\d+)$/i.exec(headers.get('content-range') ?? '') ?? [];
  return Number(start) === from && Number.isSafeInteger(Number(size)) ? Number(size) : undefined;
}

/** The size of a whole file; 0 if the answer does not say it. */
export function lengthOf(response: Response): number {
  return isPlain(response) ? Number(response.headers.get('content-length') ?? 0) : 0;
}
