import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Vendor, VendorBody, VendorRequest, VendorTurn } from './vendor.ts';

/** Responds to one request instead of the vendor; `false` to let the vendor respond. */
export type VendorResponder = (response: ServerResponse, request: VendorRequest, index: number) => boolean;

export interface VendorServerOptions {
  readonly turns: readonly VendorTurn[];
  readonly respond?: VendorResponder;
  /** How the next turn is chosen: by the conversation, or by the count of requests if a client shortens it. @defaultValue 'conversation' */
  readonly order?: 'conversation' | 'requests';
  /** Bytes of a stream after which the connection is closed. */
  readonly cutAfter?: number;
}

export interface VendorServer {
  readonly baseURL: string;
  readonly requests: readonly VendorRequest[];
  /** Why the vendor refused requests. */
  readonly faults: readonly string[];
  /** The connections that are open now. */
  readonly sockets: ReadonlySet<Socket>;
  close(): Promise<void>;
}

/** Starts a vendor's server on 127.0.0.1. It keeps nothing between requests: the conversation says which turn is next. */
export async function startVendorServer(
  vendor: Vendor,
  { turns, respond, cutAfter, order }: VendorServerOptions,
): Promise<VendorServer> {
  const requests: VendorRequest[] = [];
  const faults: string[] = [];
  const sockets = new Set<Socket>();
  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body: VendorBody = JSON.parse(await text(message));
    const request = { path: message.url ?? '', headers: message.headers, body };
    const index = requests.push(request) - 1;
    if (respond?.(response, request, index) === true) return;
    const fault = vendor.findFault(body);
    const at = order === 'requests' ? index : vendor.countTurns(body);
    const turn = turns[at];
    if (fault !== undefined || turn === undefined) {
      const problem = fault ?? `There is no turn ${at}.`;
      faults.push(problem);
      response.writeHead(400, JSON_TYPE).end(JSON.stringify(vendor.createError(problem)));
      return;
    }
    if (!vendor.isStreamed(request)) {
      response.writeHead(200, JSON_TYPE).end(JSON.stringify(vendor.createResponse(turn, at)));
      return;
    }
    response.writeHead(200, { 'content-type': vendor.streamType });
    const pieces = vendor.createStream(turn, at);
    if (cutAfter === undefined) {
      for (const piece of pieces) response.write(piece);
      response.end();
      return;
    }
    response.write(Buffer.concat(pieces).subarray(0, cutAfter), () => response.destroy());
  };
  // By hand: it speaks the wires of other vendors.
  const server = createServer((message, response) => {
    answer(message, response).catch((error: unknown) => response.destroy(error as Error)); // An error ends the request, and the test sees it.
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // It listens on a port.
  return {
    baseURL: `http://127.0.0.1:${port}`,
    requests,
    faults,
    sockets,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const JSON_TYPE = { 'content-type': 'application/json' };
