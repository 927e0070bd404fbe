// A cheap Chat Completions server in a process of its own: each response is created once and then reused. It stores no conversations: the
// number of tool messages in the request tells the turn.
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type IncomingRequest, RequestReader } from './request-reader.ts';
import { createResponse } from './responses.ts';
import { decodePath, type ServerBehavior } from './scenario.ts';

/** Orders of the parent process. */
export type ServerOrder = { readonly type: 'held' } | { readonly type: 'release' } | { readonly type: 'cpu' };

interface KnownBehavior extends ServerBehavior {
  readonly responses: Map<string, readonly Buffer[]>;
}

const COMPACT = createFields(':');
/** Some clients send JSON with line breaks. */
const INDENTED = createFields(': ');
const LINE_FEED = 10;

const known = new Map<string, KnownBehavior>();
let heldResponses: (() => void)[] = [];

function answer(socket: Socket, { path, body }: IncomingRequest): void {
  const answers = findBehavior(path.slice(1, path.indexOf('/', 1)));
  const { toolMessage, stream, usage } = body[1] === LINE_FEED ? INDENTED : COMPACT;
  const number = Math.floor(countOf(toolMessage, body) / answers.calls) + 1;
  const isStreamed = body.includes(stream);
  const hasUsage = isStreamed && body.includes(usage);
  const key = `${number} ${isStreamed} ${hasUsage}`;
  const writes = answers.responses.get(key) ?? createResponse(answers, { number, isStreamed, hasUsage });
  answers.responses.set(key, writes);
  const send = (): void => write(socket, writes, answers.pauseMs);
  if (answers.isHeld) heldResponses.push(send);
  else send();
}

function findBehavior(path: string): KnownBehavior {
  const behavior = known.get(path) ?? { ...decodePath(path), responses: new Map() };
  known.set(path, behavior);
  return behavior;
}

function createFields(separator: string) {
  const createField = (name: string, value: string): Buffer => Buffer.from(`"${name}"${separator}${value}`);
  return {
    toolMessage: createField('role', '"tool"'),
    stream: createField('stream', 'true'),
    usage: createField('include_usage', 'true'),
  };
}

function countOf(needle: Buffer, body: Buffer): number {
  let count = 0;
  for (let at = body.indexOf(needle); at !== -1; at = body.indexOf(needle, at + 1)) count++;
  return count;
}

/** Writes each piece in another turn of the event loop, or after a pause. */
function write(socket: Socket, writes: readonly Buffer[], pauseMs: number): void {
  let at = 0;
  const writeNext = (): void => {
    const piece = writes[at++];
    if (piece === undefined || socket.destroyed) return;
    const hasRoom = socket.write(piece);
    if (at === writes.length) return;
    if (pauseMs > 0) setTimeout(writeNext, pauseMs);
    else if (hasRoom) setImmediate(writeNext);
    else socket.once('drain', writeNext);
  };
  writeNext();
}

function obey({ type }: ServerOrder): unknown {
  switch (type) {
    case 'held':
      return heldResponses.length;
    case 'cpu': {
      const { user, system } = process.cpuUsage();
      return user + system;
    }
    case 'release': {
      const waiting = heldResponses;
      heldResponses = [];
      for (const send of waiting) send();
      return waiting.length;
    }
  }
}

const server = createServer({ noDelay: true }, (socket) => {
  const reader = new RequestReader();
  // Ignores clients that disconnect.
  socket.on('error', () => undefined);
  socket.on('data', (piece) => {
    for (const request of reader.read(piece as Buffer)) answer(socket, request); // A Buffer, because no encoding is set.
  });
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => {
  process.send?.({ value: (server.address() as AddressInfo).port }); // A server on TCP has a port.
});
process.on('message', (order: ServerOrder) => process.send?.({ value: obey(order) }));
process.on('disconnect', () => process.exit());
