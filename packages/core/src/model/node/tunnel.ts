import type { Socket } from 'node:net';
import { type Connecting, connect, destroy, type Endpoint, secure } from './connect.ts';
import { HeadReader, MalformedReply } from './reply-head.ts';

/** Where a proxy is. */
export interface ProxyServer extends Endpoint {
  /** `host:port`, for errors. */
  readonly address: string;
  /** What lets us in, as a header has it. */
  readonly authorization: string | undefined;
}

export interface Tunnelling extends Connecting {
  readonly proxy: ProxyServer;
}

/** A connection to an https server through a proxy (CONNECT, RFC 9110, section 9.3.6). What it gives gives it up. */
export function tunnel({ host, port }: Endpoint, { proxy, ...connecting }: Tunnelling): () => void {
  let giveUp = connect(proxy, {
    failed: connecting.failed,
    made(raw) {
      giveUp = ask(raw, {
        target: `${host.includes(':') ? `[${host}]` : host}:${port}`,
        proxy,
        failed: connecting.failed,
        opened,
      });
    },
  });
  const opened = (raw: Socket): void => {
    giveUp = secure({ socket: raw, host }, connecting);
  };
  return () => giveUp();
}

interface Asking {
  /** `host:port`. */
  readonly target: string;
  readonly proxy: ProxyServer;
  readonly failed: (error: Error) => void;
  readonly opened: (raw: Socket) => void;
}

/** Asks the proxy for the way through. */
function ask(raw: Socket, { target, proxy: { authorization }, failed, opened }: Asking): () => void {
  const reader = new HeadReader();
  const stop = (): void => {
    raw.off('data', onData).off('error', fail).off('close', onClose);
  };
  const giveUp = (): void => {
    stop();
    destroy(raw);
  };
  const fail = (error: Error): void => {
    giveUp();
    failed(error);
  };
  const onClose = (): void => fail(unmade('The proxy closed the connection.'));
  const onData = (bytes: Buffer): void => {
    const answer = answerIn(reader, bytes);
    if (answer === 'opened') {
      stop();
      opened(raw.pause());
    } else if (answer !== undefined) fail(unmade(answer));
  };
  raw.on('data', onData).on('error', fail).on('close', onClose);
  const letIn = authorization === undefined ? '' : `proxy-authorization: ${authorization}\r\n`;
  raw.write(`CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n${letIn}\r\n`, 'latin1');
  return giveUp;
}

/** Without the proxy's words: some of them repeat the credentials. */
function answerIn(reader: HeadReader, bytes: Buffer): string | undefined {
  try {
    const read = reader.read(bytes);
    if (read === undefined) return undefined;
    const { status } = read.head;
    if (status >= 300) return `The proxy answered ${status}.`;
    // What comes before TLS has begun is not the server's.
    return read.rest.length === 0 ? 'opened' : 'The proxy said more than that the way is open.';
  } catch (error) {
    if (error instanceof MalformedReply) return error.message;
    throw error;
  }
}

function unmade(message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_PROXY_TUNNEL' });
}
