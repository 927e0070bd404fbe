// A Chat Completions server that costs next to nothing: each reply is made once, then sent again. A process of its own.
// It keeps no conversations: which turn it is, is the number of tool messages in the request.
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { repliesTo } from './replies.ts';
import { type Incoming, RequestReader } from './request-reader.ts';
import { type Answers, answersAt } from './scenario.ts';

/** What it is asked by the process that started it. */
export type ServerOrder = { readonly type: 'held' } | { readonly type: 'release' } | { readonly type: 'cpu' };

interface Known extends Answers {
  readonly replies: Map<string, readonly Buffer[]>;
}

const COMPACT = fieldsWith(':');
/** Some clients send JSON with line breaks. */
const INDENTED = fieldsWith(': ');
const LINE_FEED = 10;

const known = new Map<string, Known>();
let held: (() => void)[] = [];

function answer(socket: Socket, { path, body }: Incoming): void {
  const answers = knownAt(path.slice(1, path.indexOf('/', 1)));
  const { toolMessage, stream, usage } = body[1] === LINE_FEED ? INDENTED : COMPACT;
  const number = Math.floor(countOf(toolMessage, body) / answers.calls) + 1;
  const isStreamed = body.includes(stream);
  const hasUsage = isStreamed && body.includes(usage);
  const key = `${number} ${isStreamed} ${hasUsage}`;
  const writes = answers.replies.get(key) ?? repliesTo(answers, { number, isStreamed, hasUsage });
  answers.replies.set(key, writes);
  const send = (): void => write(socket, writes, answers.pauseMs);
  if (answers.isHeld) held.push(send);
  else send();
}

function knownAt(path: string): Known {
  const there = known.get(path) ?? { ...answersAt(path), replies: new Map() };
  known.set(path, there);
  return there;
}

function fieldsWith(separator: string) {
  const field = (name: string, value: string): Buffer => Buffer.from(`"${name}"${separator}${value}`);
  return {
    toolMessage: field('role', '"tool"'),
    stream: field('stream', 'true'),
    usage: field('include_usage', 'true'),
  };
}

function countOf(needle: Buffer, body: Buffer): number {
  let count = 0;
  for (let at = body.indexOf(needle); at !== -1; at = body.indexOf(needle, at + 1)) count++;
  return count;
}

/** Each in a turn of the event loop of its own, or after a pause. */
function write(socket: Socket, writes: readonly Buffer[], pauseMs: number): void {
  let at = 0;
  const next = (): void => {
    const piece = writes[at++];
    if (piece === undefined || socket.destroyed) return;
    const hasRoom = socket.write(piece);
    if (at === writes.length) return;
    if (pauseMs > 0) setTimeout(next, pauseMs);
    else if (hasRoom) setImmediate(next);
    else socket.once('drain', next);
  };
  next();
}

function obey({ type }: ServerOrder): unknown {
  switch (type) {
    case 'held':
      return held.length;
    case 'cpu': {
      const { user, system } = process.cpuUsage();
      return user + system;
    }
    case 'release': {
      const waiting = held;
      held = [];
      for (const send of waiting) send();
      return waiting.length;
    }
  }
}

const server = createServer({ noDelay: true }, (socket) => {
  const reader = new RequestReader();
  // A client that goes away is no concern of ours.
  socket.on('error', () => undefined);
  socket.on('data', (piece) => {
    for (const request of reader.read(piece as Buffer)) answer(socket, request); // No encoding is set.
  });
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => {
  process.send?.({ value: (server.address() as AddressInfo).port }); // A server that listens on TCP has one.
});
process.on('message', (order: ServerOrder) => process.send?.({ value: obey(order) }));
process.on('disconnect', () => process.exit());
