/**
 * Connections that the main thread accepts and a worker serves, where the system does not share a port among threads: a
 * socket of Node's cannot go to another thread, so that its bytes do.
 */
import type { Socket } from 'node:net';
import { createFrameSender, type Frames, kinds, readFrames, toldBytes, windowBytes } from './frames.ts';

/** Who is at the other end of a connection. */
export interface Peer {
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  readonly remoteFamily?: string;
}

/** The connections of one worker. */
export interface Relay {
  readonly size: number;
  add(socket: Socket): void;
  receive(frames: Frames): void;
  /** Cuts all off: the worker is gone. */
  reset(): void;
  /** Resolves once there are none. */
  ended(): Promise<void>;
}

interface Relayed {
  socket: Socket;
  /** Bytes that the worker has not taken. */
  underWay: number;
  /** Bytes that the client has taken and the worker has not been told of. */
  taken: number;
  /** What the client had taken of an answer when it was looked at, and when that changed last. */
  written: number;
  since: number;
}

/** How often the relay looks for answers that nobody takes. */
const sweepMs = 1000;

/** @param answerTimeoutMs a client that takes nothing of its answers for so long loses its connection. */
export function createRelay(post: (frames: Frames) => void, answerTimeoutMs: number): Relay {
  const connections = new Map<number, Relayed>();
  const { send, sendBytes } = createFrameSender(post);
  let last = 0;
  let allEnded: (() => void) | undefined;
  let sweep: NodeJS.Timeout | undefined;

  function endStalled(): void {
    const now = performance.now();
    for (const each of connections.values()) {
      const { socket } = each;
      if (socket.writableLength === 0 || socket.bytesWritten - socket.writableLength !== each.written) {
        each.written = socket.bytesWritten - socket.writableLength;
        each.since = now;
      } else if (now - each.since > answerTimeoutMs) socket.destroy();
    }
    if (connections.size > 0) return;
    clearInterval(sweep);
    sweep = undefined;
  }

  return {
    get size() {
      return connections.size;
    },
    add(socket) {
      const number = ++last;
      const relayed: Relayed = { socket, underWay: 0, taken: 0, written: 0, since: performance.now() };
      connections.set(number, relayed);
      sweep ??= setInterval(endStalled, sweepMs).unref();
      const { remoteAddress, remotePort, remoteFamily } = socket;
      const peer: Peer = { remoteAddress, remotePort, remoteFamily };
      sendBytes(number, kinds.open, Buffer.from(JSON.stringify(peer)));
      socket.on('data', (bytes) => {
        sendBytes(number, kinds.bytes, bytes);
        relayed.underWay += bytes.length;
        if (relayed.underWay >= windowBytes) socket.pause();
      });
      socket.resume();
      socket.on('end', () => send(number, kinds.end));
      // 'close' follows.
      socket.on('error', () => {});
      socket.on('close', () => {
        if (connections.delete(number)) send(number, kinds.gone);
        if (connections.size === 0) allEnded?.();
      });
    },
    receive(frames) {
      readFrames(frames, (number, kind, size, bytes) => {
        const relayed = connections.get(number);
        if (!relayed) return;
        const { socket } = relayed;
        if (kind === kinds.bytes)
          socket.write(bytes, () => {
            relayed.taken += size;
            if (relayed.taken < toldBytes || !connections.has(number)) return;
            send(number, kinds.taken, relayed.taken);
            relayed.taken = 0;
          });
        else if (kind === kinds.end) socket.end();
        else if (kind === kinds.taken) {
          relayed.underWay -= size;
          if (relayed.underWay < windowBytes) socket.resume();
        } else socket.destroySoon();
      });
    },
    reset() {
      for (const { socket } of connections.values()) socket.resetAndDestroy();
      connections.clear();
      allEnded?.();
    },
    async ended() {
      if (connections.size > 0) await new Promise<void>((resolve) => (allEnded = resolve));
    },
  };
}
