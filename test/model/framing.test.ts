import { openai } from '@pawl/core';
import { manualClock } from '@pawl/testing';
import { expect, test } from 'vitest';
import { hello } from './hello.ts';
import { runTurns, startRawServer, wire } from './raw-server.ts';

const { body, chunked, whole } = wire;
const { length } = body;

/** The bytes of the server, and whether the connection is reused after them. */
const READ: readonly (readonly [name: string, bytes: string, isUsedAgain: boolean])[] = [
  ['with a length', whole, true],
  ['with a length in another spelling', `HTTP/1.1 200 OK\r\nCONTENT-Length:${length}\r\n\r\n${body}`, true],
  ['with blanks before the length', `HTTP/1.1 200 OK\r\ncontent-length:\t ${length}\r\n\r\n${body}`, true],
  ['in chunks', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunked}`, true],
  ['in Chunks', `HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n${chunked}`, true],
  [
    'in chunks with extensions, and lengths with zeros before them',
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0000${length.toString(16).toUpperCase()};a=b;c="d"\r\n${body}\r\n0;e\r\n\r\n`,
    true,
  ],
  [
    'in chunks, with trailers',
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunked.slice(0, -2)}x-checksum: 1\r\n\r\n`,
    true,
  ],
  ['until the connection is closed', `HTTP/1.1 200 OK\r\n\r\n${body}`, false],
  [
    'in no encoding, until the connection is closed',
    `HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\n\r\n${body}`,
    false,
  ],
  ['in HTTP/1.0', `HTTP/1.0 200 OK\r\ncontent-length: ${length}\r\n\r\n${body}`, false],
  [
    'in HTTP/1.0 that keeps its connection',
    `HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\ncontent-length: ${length}\r\n\r\n${body}`,
    true,
  ],
  [
    'in HTTP/1.0 that keeps its connection, in chunks',
    `HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n${chunked}`,
    true,
  ],
  ['with connection: close', `HTTP/1.1 200 OK\r\nConnection: Close\r\ncontent-length: ${length}\r\n\r\n${body}`, false],
  [
    'with connection: close after keep-alive',
    `HTTP/1.0 200 OK\r\nconnection: keep-alive\r\nconnection: close\r\ncontent-length: ${length}\r\n\r\n${body}`,
    true,
  ],
  ['without a reason phrase', whole.replace('200 OK', '200 '), true],
  ['without a blank after its status', whole.replace('200 OK', '200'), true],
  ['with a reason phrase beyond ASCII', whole.replace('OK', 'gr\xfcn'), true],
  ['after an empty line', `\r\n${whole}`, true],
  [
    'after several interim responses',
    `HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${whole}`,
    true,
  ],
  ['with a repeated header', whole.replace('\r\n', '\r\nset-cookie: a\r\nset-cookie: b\r\nempty:\r\n'), true],
  ['with bytes after its end', `${whole}HTTP/1.1 500 Oops\r\n\r\n`, false],
  [
    'in chunks, with a line break after their end',
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunked}\n`,
    true,
  ],
  [
    'whose server closes the connection in a second',
    whole.replace('\r\n', '\r\nkeep-alive: timeout=1, max=5\r\n'),
    false,
  ],
  ['whose server closes the connection later', whole.replace('\r\n', '\r\nKeep-Alive: timeout=60\r\n'), true],
];

test.each(READ)('reads a response %s', async (_, bytes, isUsedAgain) => {
  const server = await startRawServer((socket, { request }) => {
    if (request > 0) return void socket.write(whole, 'latin1');
    socket.write(bytes, 'latin1');
    if (!/content-length|chunked/i.test(bytes)) socket.end();
  });
  const model = openai('m', { baseURL: server.baseURL });
  expect(await model.send({ messages: [] })).toEqual(hello);
  if (!isUsedAgain) await server.waitForClose(0);
  expect(await model.send({ messages: [] })).toEqual(hello);
  expect(server.sockets.length).toEqual(isUsedAgain ? 1 : 2);
});

const NO_HTTP = 'Expected HTTP/, RTSP/ or ICE/';
const NO_CR = 'Missing expected CR after';
const CODING = "The transfer-encoding of the server's response was not requested. Only chunked is supported.";
const TWO_WAYS = "The headers of the server's response contradict each other about its length.";
const BAD_LENGTH = 'Invalid character in Content-Length';
const TOO_LONG = 'UND_ERR_HEADERS_OVERFLOW';
const SWITCHED = 'The server switched to another protocol, which was not requested.';
const CONTINUED = 'The server sent 100 Continue, which was not requested.';
const BAD_SIZE = 'Invalid character in chunk size';

function headed(...headers: readonly string[]): string {
  return `HTTP/1.1 200 OK\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n${body}`;
}

function chunkedAs(text: string): string {
  return `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${text}`;
}

/** Bytes that are not a response. The server keeps the connection open. */
const REFUSED: readonly (readonly [name: string, bytes: string, problem: string])[] = [
  ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n', NO_HTTP],
  ['the first bytes of another protocol', 'SSH', NO_HTTP],
  ['HTTP/2', 'HTTP/2 200\r\n\r\n', 'Expected dot'],
  ['HTTP/1.2', whole.replace('1.1', '1.2'), 'Invalid HTTP version'],
  ['no status', whole.replace('200', '20'), 'Invalid status code'],
  ['a status of four digits', whole.replace('200', '2000'), 'Invalid response status'],
  ['a switch to another protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\n\r\n', SWITCHED],
  [
    'a switch to another protocol with connection: upgrade',
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n',
    SWITCHED,
  ],
  ['a 100 Continue', `HTTP/1.1 100 Continue\r\n\r\n${whole}`, CONTINUED],
  ['thousands of 100 Continue', 'HTTP/1.1 100\r\n\r\n'.repeat(20_000), CONTINUED],
  [
    'more than a thousand interim responses',
    'HTTP/1.1 102 Processing\r\n\r\n'.repeat(1001) + whole,
    'The server sent more than 1000 responses with a status below 200',
  ],
  [
    'a value that continues in the next line',
    headed('a: b', ' c: d', `content-length: ${length}`),
    'Unexpected whitespace after header value',
  ],
  ['blanks before a colon', headed(`content-length : ${length}`), 'Invalid header field char'],
  ['a header without a name', headed(': b', `content-length: ${length}`), 'Invalid header token'],
  ['a header without a colon', headed('content-length', `content-length: ${length}`), 'Invalid header token'],
  ['lines that end in LF alone', whole.replaceAll('\r\n', '\n'), NO_CR],
  ['one line that ends in LF alone', `HTTP/1.1 200 OK\nx: y\r\ncontent-length: ${length}\r\n\r\n${body}`, NO_CR],
  ['a head that ends in LF alone', `HTTP/1.1 200 OK\r\ncontent-length: ${length}\n\r\n`, TWO_WAYS],
  [
    'a line that ends in CR alone',
    headed('a: b\rc: d', `content-length: ${length}`),
    'Missing expected LF after header value',
  ],
  ['a NUL in a header', headed('a: b\0', `content-length: ${length}`), 'Invalid header value char'],
  ['other whitespace before a length', headed(`content-length: \v${length}`), BAD_LENGTH],
  ['a non-breaking space before a length', headed(`content-length: \xa0${length}`), BAD_LENGTH],
  ['a non-breaking space before chunked', headed('transfer-encoding: \xa0chunked'), CODING],
  ['both framings', headed(`content-length: ${length}`, 'transfer-encoding: chunked'), TWO_WAYS],
  ['two lengths', headed(`content-length: ${length}`, 'content-length: 5'), TWO_WAYS],
  ['two lengths in one header', headed(`content-length: 5, ${length}`), TWO_WAYS],
  ['a negative length', headed('content-length: -1'), BAD_LENGTH],
  ['a length with a sign', headed(`content-length: +${length}`), BAD_LENGTH],
  ['a length in another notation', headed('content-length: 0x10'), BAD_LENGTH],
  ['an empty length', headed('content-length:'), 'Empty Content-Length'],
  [
    'a length above the largest number',
    headed(`content-length: ${'9'.repeat(16)}`),
    "The content-length of the server's response is not a number of bytes.",
  ],
  ['an encoding that was not requested', headed('transfer-encoding: gzip, chunked'), CODING],
  ['chunks within chunks', headed('transfer-encoding: chunked', 'transfer-encoding: chunked'), CODING],
  ['a head without an end', `HTTP/1.1 200 OK\r\na: ${'b'.repeat(17_000)}`, TOO_LONG],
  ['a head that is too long', `HTTP/1.1 200 OK\r\na: ${'b'.repeat(17_000)}\r\n\r\n`, TOO_LONG],
  ['a chunk without a length', chunkedAs(`\r\n${body}`), BAD_SIZE],
  ['a chunk with a negative length', chunkedAs(`-1\r\n${body}`), BAD_SIZE],
  ['a chunk whose length is not a number', chunkedAs(`5g\r\n${body}`), BAD_SIZE],
  ['a chunk that is longer than its length', chunkedAs(`5\r\n${body}`), 'Expected LF after chunk data'],
  ['a length of a chunk that ends in LF alone', chunkedAs(`5\n${body.slice(0, 5)}`), NO_CR],
  ['an extension of a chunk that ends in LF alone', chunkedAs(`5;a\n${body.slice(0, 5)}\r\n`), NO_CR],
  ['an endless trailer', chunkedAs(`0\r\na: ${'b'.repeat(17_000)}`), TOO_LONG],
  ['blanks after a length', headed(`content-length: ${length} \t`), TWO_WAYS],
  ['a blank after the extensions of a chunk', chunkedAs(`5;a="b" \r\n${body.slice(0, 5)}\r\n`), 'chunk extensions'],
  [
    'a length among the trailers',
    chunkedAs(`${chunked.slice(0, -2)}content-length: 5\r\n\r\n`),
    "Content-Length can't be present with Transfer-Encoding",
  ],
];

test.each(REFUSED)('refuses %s and closes the connection', async (_, bytes, problem) => {
  const server = await startRawServer((socket) => void socket.write(bytes, 'latin1'));
  await expect(openai('m', { baseURL: server.baseURL }).send({ messages: [] })).rejects.toMatchObject({
    name: 'NetworkError',
    code: 'network.failed',
    staleSocket: false,
    message: expect.stringContaining(problem),
  });
  await server.waitForClose(0);
});

test.each([
  ['a chunk whose length is above the largest number', chunkedAs(`${'f'.repeat(13)}\r\n${body}`)],
  ['an endless length of a chunk', chunkedAs('0'.repeat(17_000))],
  ['an endless extension of a chunk', chunkedAs(`5;${'a'.repeat(17_000)}`)],
  ['endless trailers', chunkedAs(`0\r\n${'a: b\r\n'.repeat(5_000)}`)],
] as const)('%s is given up at the deadline, and the connection is closed', async (_, bytes) => {
  const server = await startRawServer((socket) => void socket.write(bytes, 'latin1'));
  const clock = manualClock();
  const sent = openai('m', { baseURL: server.baseURL }).send({ messages: [] }, { clock });
  const given = expect(sent).rejects.toMatchObject({ name: 'TimeoutError' });
  while (server.heads.length === 0) await runTurns(1);
  await runTurns();
  await clock.advance(300_000);
  await given;
  await server.waitForClose(0);
});

test.each([
  ['in the middle of the head', 'HTTP/1.1 200 OK\r\ncontent-le', 'request'],
  ['in the middle of the body', `HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n${body.slice(0, 9)}`, 'response'],
  [
    'in the middle of the last body of a connection',
    `HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ${length}\r\n\r\n${body.slice(0, 9)}`,
    'response',
  ],
  [
    'in the middle of a chunk of the last body of a connection',
    `HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n${chunked.slice(0, 12)}`,
    'response',
  ],
  ['in the middle of a chunk', chunkedAs(chunked.slice(0, 12)), 'response'],
  ['before the last chunk', chunkedAs(chunked.slice(0, -5)), 'response'],
  ['in the trailers', chunkedAs(`${chunked.slice(0, -2)}a: b\r\n`), 'response'],
] as const)(
  'reports a response that ends %s as a broken connection, after a reset and after a close',
  async (_, bytes, phase) => {
    const server = await startRawServer((socket, { request }) => {
      // The second server never closes its side completely, but sends nothing more.
      socket.write(bytes, () => (request === 0 ? socket.resetAndDestroy() : socket.end()));
    });
    const model = openai('m', { baseURL: server.baseURL });
    for (let request = 0; request < 2; request++) {
      await expect(model.send({ messages: [] })).rejects.toMatchObject({ code: 'network.reset', phase });
      await server.waitForClose(request);
    }
  },
);

test('reads a response after a thousand interim responses', async () => {
  const server = await startRawServer((socket) => void socket.write('HTTP/1.1 102 P\r\n\r\n'.repeat(1000) + whole));
  expect(await openai('m', { baseURL: server.baseURL }).send({ messages: [] })).toEqual(hello);
});

test.each([204, 304])('ignores headers that announce a body of a %d', async (status) => {
  const server = await startRawServer((socket, { request }) => {
    socket.write(request === 0 ? `HTTP/1.1 ${status} Nothing\r\ncontent-length: 5\r\n\r\n` : whole);
  });
  const model = openai('m', { baseURL: server.baseURL });
  await expect(model.send({ messages: [] })).rejects.toMatchObject(
    status === 204 ? { code: 'response.garbage' } : { status: 304 },
  );
  expect(await model.send({ messages: [] })).toEqual(hello);
});

test.each([
  ['with a length', whole],
  ['in chunks', chunkedAs(`${chunked.slice(0, -2)}a: b\r\n\r\n`)],
  ['after an interim response', `HTTP/1.1 102 Processing\r\n\r\n${whole}`],
])('reads a response %s the same wherever it is split, and the next one on its connection', async (_, bytes) => {
  const server = await startRawServer(async (socket, { request }) => {
    socket.write(bytes.slice(0, request + 1));
    await runTurns(2);
    socket.write(bytes.slice(request + 1));
  });
  const model = openai('m', { baseURL: server.baseURL });
  for (let cut = 1; cut < bytes.length; cut++) expect(await model.send({ messages: [] })).toEqual(hello);
  expect(server.sockets.length).toEqual(1);
});

test('reads a response that arrives byte by byte', async () => {
  const server = await startRawServer(async (socket) => {
    for (const byte of chunkedAs(chunked)) {
      socket.write(byte);
      await runTurns(1);
    }
  });
  expect(await openai('m', { baseURL: server.baseURL }).send({ messages: [] })).toEqual(hello);
});
