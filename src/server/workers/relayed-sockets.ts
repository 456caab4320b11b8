/** The worker's end of connections that the main thread accepts: streams that Node's HTTP server takes for sockets. */
import { Duplex } from 'node:stream';
import { createFrameSender, type Frames, kinds, readFrames, toldBytes, windowBytes } from './frames.ts';
import type { Peer } from './relay.ts';

interface RelayedSocket {
  readonly stream: Duplex;
  receive(bytes: Buffer): void;
  /** The client has taken bytes. */
  taken(size: number): void;
  /** The client sends no more. */
  ended(): void;
  /** The client is gone. */
  gone(): void;
}

/** What is sent of one connection. */
interface Sending {
  bytes(bytes: Uint8Array): void;
  taken(size: number): void;
  end(): void;
  gone(): void;
}

/**
 * Takes the connections of a relay.
 * @param accept is given each new one.
 */
export function createRelayedSockets(
  post: (frames: Frames) => void,
  accept: (socket: Duplex) => void,
): (frames: Frames) => void {
  const sockets = new Map<number, RelayedSocket>();
  const { send, sendBytes } = createFrameSender(post);

  function open(number: number, peer: Peer): void {
    const socket = createRelayedSocket(peer, {
      bytes: (bytes) => sendBytes(number, kinds.bytes, bytes),
      taken: (size) => send(number, kinds.taken, size),
      end: () => send(number, kinds.end),
      gone() {
        if (sockets.delete(number)) send(number, kinds.gone);
      },
    });
    sockets.set(number, socket);
    accept(socket.stream);
  }

  return (frames) =>
    readFrames(frames, (number, kind, size, bytes) => {
      if (kind === kinds.open) {
        open(number, JSON.parse(bytes.toString()));
        return;
      }
      const socket = sockets.get(number);
      if (kind === kinds.bytes) socket?.receive(bytes);
      else if (kind === kinds.taken) socket?.taken(size);
      else if (kind === kinds.end) socket?.ended();
      else {
        sockets.delete(number);
        socket?.gone();
      }
    });
}

function createRelayedSocket(peer: Peer, sending: Sending): RelayedSocket {
  let underWay = 0;
  let proceed: (() => void) | undefined;
  let read = 0;
  let isFull = false;
  let untold = 0;
  let timer: NodeJS.Timeout | undefined;

  function written(size: number, done: () => void): void {
    timer?.refresh();
    underWay += size;
    if (underWay < windowBytes) done();
    else proceed = done;
  }

  function tellTaken(): void {
    if (isFull || untold < toldBytes) return;
    sending.taken(untold);
    untold = 0;
  }

  const stream: Duplex = new Duplex({
    allowHalfOpen: true,
    read() {
      isFull = false;
      tellTaken();
    },
    write(bytes: Buffer, _encoding, done) {
      sending.bytes(bytes);
      written(bytes.length, done);
    },
    writev(chunks, done) {
      let size = 0;
      for (const { chunk } of chunks as { chunk: Buffer }[]) {
        sending.bytes(chunk);
        size += chunk.length;
      }
      written(size, done);
    },
    final(done) {
      sending.end();
      done();
    },
    destroy(error, done) {
      clearTimeout(timer);
      sending.gone();
      done(error);
    },
  });

  // What Node's HTTP server and the app use of a socket besides.
  const socket = Object.assign(stream, peer, {
    setTimeout(ms: number) {
      clearTimeout(timer);
      timer = ms > 0 ? setTimeout(() => stream.emit('timeout'), ms).unref() : undefined;
      return stream;
    },
    destroySoon() {
      if (stream.writable) stream.end();
      if (stream.writableFinished) stream.destroy();
      else stream.once('finish', () => stream.destroy());
    },
    setNoDelay: () => stream,
    setKeepAlive: () => stream,
  });
  Object.defineProperty(socket, 'bytesRead', { get: () => read });

  return {
    stream: socket,
    receive(bytes) {
      timer?.refresh();
      read += bytes.length;
      untold += bytes.length;
      isFull = !stream.push(bytes);
      tellTaken();
    },
    taken(size) {
      timer?.refresh();
      underWay -= size;
      if (underWay >= windowBytes || !proceed) return;
      const done = proceed;
      proceed = undefined;
      done();
    },
    ended: () => void stream.push(null),
    gone: () => void stream.destroy(),
  };
}
