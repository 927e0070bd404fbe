import fc from 'fast-check';
import { expect, test } from 'vitest';
import { framesOf, Input } from './body-frames.ts';
import { HeadReader, type ReplyHead } from './reply-head.ts';

/** A reply that comes in these pieces: what is read of it, and how much comes behind it. */
function readAll(pieces: readonly Buffer[]): {
  readonly head?: ReplyHead;
  readonly body: string;
  readonly behind: number;
} {
  const reader = new HeadReader();
  const input = new Input(Buffer.alloc(0));
  const body: Uint8Array[] = [];
  let head: ReplyHead | undefined;
  let frames: ReturnType<typeof framesOf> | undefined;
  for (const piece of pieces) {
    const read = head === undefined ? reader.read(piece) : { head, rest: piece };
    if (read === undefined) continue;
    head = read.head;
    frames ??= framesOf(head);
    input.add(read.rest);
    for (let next = frames.next(input); next !== undefined; next = frames.next(input)) body.push(next);
  }
  return {
    ...(frames?.isOver && head && { head }),
    body: Buffer.concat(body).toString('latin1'),
    behind: input.length,
  };
}

const bodies = fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const extensions = fc.constantFrom('', ';a', ';a="b;c"', ' \t');
const chunked = fc.array(fc.tuple(bodies, extensions), { maxLength: 6 }).map((chunks) => ({
  body: chunks.map(([chunk]) => chunk).join(''),
  framed: `${chunks.map(([chunk, extension]) => `${chunk.length.toString(16)}${extension}\r\n${chunk}\r\n`).join('')}0\r\na: b\r\n\r\n`,
  header: 'transfer-encoding: chunked',
}));
const counted = bodies.map((body) => ({ body, framed: body, header: `content-length: ${body.length}` }));

test('a reply is the same however it is cut, and what comes behind it is left', () => {
  const replies = fc.record({
    reply: fc.oneof(chunked, counted),
    interim: fc.constantFrom('', 'HTTP/1.1 100 Continue\r\n\r\n'),
    behind: fc.constantFrom('', '\r\n', 'HTTP/1.1 200 OK\r\n\r\n'),
    cuts: fc.array(fc.nat(400), { maxLength: 12 }),
  });
  fc.assert(
    fc.property(replies, ({ reply, interim, behind, cuts }) => {
      const said = Buffer.from(
        `${interim}HTTP/1.1 200 OK\r\n${reply.header}\r\n\r\n${reply.framed}${behind}`,
        'latin1',
      );
      const at = [0, ...cuts.toSorted((a, b) => a - b), said.length];
      const pieces = at.slice(1).map((end, nth) => said.subarray(at[nth], end));
      expect(readAll(pieces)).toMatchObject({ head: { status: 200 }, body: reply.body, behind: behind.length });
    }),
  );
});

test('any bytes at all are a reply, no reply, or one that has not come yet, and never anything else', () => {
  const parts = fc.constantFrom(
    'HTTP/1.1 ',
    '200 OK',
    '\r\n',
    '\n',
    ':',
    ' ',
    '0',
    '5',
    'f',
    'transfer-encoding: chunked',
    'content-length: 3',
    '\0',
  );
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 14 }), (said) => {
      try {
        readAll([Buffer.from(said.join(''), 'latin1')]);
      } catch (error) {
        expect(error).toMatchObject({ name: 'MalformedReply' });
      }
    }),
  );
});
