import net, { type Socket } from 'node:net';
import tls, { type ConnectionOptions } from 'node:tls';

/** Where a connection leads. */
export interface Endpoint {
  readonly isSecure: boolean;
  /** Without the brackets of IPv6, which stand in a URL only. */
  readonly host: string;
  readonly port: number;
}

export interface Connecting {
  /** Called once, unless it is given up. */
  readonly made: (socket: Socket) => void;
  readonly failed: (error: Error) => void;
  /** From an earlier connection to the same server: TLS has less to do. */
  readonly session?: Buffer | undefined;
}

/** Makes a connection. What it gives gives it up. */
export function connect({ isSecure, host, port }: Endpoint, connecting: Connecting): () => void {
  const target = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
  if (!isSecure) return whenMade(net.connect(target), { ...connecting, event: 'connect' });
  return secure(target, connecting);
}

/** The system asks whether the other side is still there once a connection was silent for so long. */
const KEEP_ALIVE_MS = 1000;

/** TLS to a host, over a connection of its own or one that is there. */
export function secure(options: ConnectionOptions & { readonly host: string }, connecting: Connecting): () => void {
  const { host } = options;
  const { session } = connecting;
  const socket = tls.connect({
    ...options,
    ALPNProtocols: ['http/1.1'],
    // An address is no name that a server could choose its certificate by.
    ...(net.isIP(host) === 0 && { servername: host }),
    ...(session !== undefined && { session }),
  });
  return whenMade(socket, { ...connecting, event: 'secureConnect' });
}

interface Making extends Connecting {
  readonly event: 'connect' | 'secureConnect';
}

function whenMade(socket: Socket, { event, made, failed }: Making): () => void {
  const stop = (): void => {
    socket.off(event, onMade).off('error', onError).off('close', onClose);
  };
  const onMade = (): void => {
    stop();
    made(socket);
  };
  const giveUp = (): void => {
    stop();
    destroy(socket);
  };
  const onError = (error: Error): void => {
    giveUp();
    failed(error);
  };
  const onClose = (): void => onError(new Error('The connection was closed while it was being made.'));
  socket.once(event, onMade).once('error', onError).once('close', onClose);
  return giveUp;
}

/** A socket can fail once more after it was destroyed, and would bring down the process where nobody listens. */
export function destroy(socket: Socket): void {
  socket.on('error', ignore).destroy();
}

function ignore(): void {}
