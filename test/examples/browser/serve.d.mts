/** @param given `isolated` says whether pages may have memory that threads share; true by default. */
export function serve(given?: { port?: number; isolated?: boolean }): Promise<{ address: string; close(): void }>;
