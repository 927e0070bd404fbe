import type { Cancel } from '../../base/cancel.ts';
import { type HttpReply, type Sink, TransportError } from '../transport.ts';
import { type BodyFrames, framesOf, Input } from './body-frames.ts';
import { type Connection, closed, type User } from './connection.ts';
import { decodersOf, readDecoded } from './decode-body.ts';
import { MalformedReply, type ReplyHead } from './reply-head.ts';

export interface ReplyOptions {
  /** What came behind the head. */
  readonly rest: Buffer;
  readonly connection: Connection;
  readonly cancel: Cancel;
}

interface Reading {
  readonly sink: Sink;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** A reply whose head is there. It has its connection until its end. */
export class Reply implements HttpReply, User {
  readonly status: number;
  readonly #head: ReplyHead;
  readonly #frames: BodyFrames;
  readonly #connection: Connection;
  readonly #cancel: Cancel;
  /** What has come, and nobody has read. */
  readonly #input: Input;
  #reading: Reading | undefined;
  #isBehind = false;
  /** Since everybody else had a turn. */
  #bytesAtOnce = 0;
  /** What ended the connection. */
  #breach: Error | undefined;
  /** Whether that was the end of the body too. */
  #hasEnded = false;
  #isOver = false;
  #failure: { readonly reason: unknown } | undefined;

  /** @throws MalformedReply where its head does not say how long it is. */
  constructor(head: ReplyHead, { rest, connection, cancel }: ReplyOptions) {
    this.status = head.status;
    this.#head = head;
    this.#frames = framesOf(head);
    this.#connection = connection;
    this.#cancel = cancel;
    this.#input = new Input(rest);
    connection.handTo(this);
    cancel.onCancel(() => this.#fail(cancel.reason));
  }

  header(name: string): string | undefined {
    return this.#head.headers.get(name);
  }

  read(sink: Sink): Promise<void> {
    const decoders = decodersOf(this);
    const cancel = this.#cancel;
    return decoders.length === 0 ? this.#read(sink) : readDecoded((raw) => this.#read(raw), { decoders, sink, cancel });
  }

  onData(bytes: Buffer): void {
    this.#input.add(bytes);
    this.#handOver();
  }

  onEnd(): void {
    this.#hasEnded = this.#frames.endsWithConnection;
    this.onClose(closed());
  }

  /** What has come is read all the same: it may be all there is. */
  onClose(error: Error): void {
    this.#breach ??= error;
    this.#handOver();
  }

  #read(sink: Sink): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure.reason);
      this.#reading = { sink, resolve, reject };
      this.#handOver();
    });
  }

  #handOver(): void {
    if (this.#reading === undefined || this.#isBehind || this.#isOver) return;
    try {
      const behind = this.#handPieces(this.#reading.sink);
      if (behind !== undefined) this.#waitFor(behind);
      else if (this.#frames.isOver || this.#hasEnded) this.#finish(this.#reading);
      else if (this.#breach !== undefined) this.#fail(broken(this.#breach));
    } catch (error) {
      this.#fail(error instanceof MalformedReply ? broken(error) : error);
    }
  }

  /** What is there, until the reader is behind. A server that is fast does not keep the process to itself. */
  #handPieces(sink: Sink): Promise<void> | undefined {
    while (!this.#isOver) {
      const piece = this.#frames.next(this.#input);
      if (piece === undefined) return undefined;
      const behind = sink(piece);
      this.#bytesAtOnce += piece.length;
      if (behind !== undefined) return behind;
      if (this.#bytesAtOnce >= MOST_AT_ONCE) return aTurn();
    }
    return undefined;
  }

  /** Meanwhile the server is slowed down. */
  #waitFor(behind: Promise<void>): void {
    this.#isBehind = true;
    this.#bytesAtOnce = 0;
    this.#connection.pause();
    const goOn = (): void => {
      this.#isBehind = false;
      this.#connection.resume();
      this.#handOver();
    };
    behind.then(goOn, (reason: unknown) => this.#fail(reason));
  }

  #finish({ resolve }: Reading): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancel.onCancel(undefined);
    const { keepsAlive, headers } = this.#head;
    // What comes behind the end of a reply is nobody's.
    if (keepsAlive && this.#breach === undefined && this.#input.length === 0) this.#connection.release(idleMs(headers));
    else this.#connection.destroy();
    resolve();
  }

  #fail(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure = { reason };
    this.#cancel.onCancel(undefined);
    if (this.#cancel.isOver) this.#connection.reset();
    else this.#connection.destroy();
    this.#reading?.reject(reason);
  }
}

const MOST_AT_ONCE = 32 * 1024;

function aTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function broken(cause: Error): TransportError {
  return new TransportError({ phase: 'reply', staleSocket: false, cause });
}

/** How long the server keeps a connection that nobody uses, where it says so. */
function idleMs(headers: ReplyHead['headers']): number | undefined {
  const [, seconds] = /\btimeout=(\d+)/.exec(headers.get('keep-alive') ?? '') ?? [];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
