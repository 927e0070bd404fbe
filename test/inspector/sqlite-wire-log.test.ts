import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Agent, openai } from '@pawl/core';
import { readBody, type WireRequest } from '@pawl/core/wire-log';
import { type SqliteWireLog, type SqliteWireLogOptions, sqliteWireLog } from '@pawl/inspector/sqlite';
import { offlineServer, respond } from '@pawl/testing';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';

function createPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pawl-wire-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'runs.db-wire');
}

function openLog(path: string, options: SqliteWireLogOptions = {}): SqliteWireLog {
  const log = sqliteWireLog(path, options);
  onTestFinished(() => log.close());
  return log;
}

const POSITION = { path: '', turn: 1, attempt: 1, at: 1 } as const;

function createRequest(body: string, runId = 'r', at = 1): WireRequest {
  return { ...POSITION, at, runId, method: 'POST', url: 'http://h/', headers: { a: 'b' }, body: Buffer.from(body) };
}

/** Writes the pieces of a response. */
function respondTo(log: SqliteWireLog, request: WireRequest, pieces: readonly string[]): void {
  const position = { ...POSITION, runId: request.runId, request };
  log.received({ ...position, at: 2, status: 200, headers: { 'content-type': 'text/plain' } });
  for (const bytes of pieces) log.received({ ...position, at: 3, bytes: Buffer.from(bytes) });
  log.received({ ...position, at: 4, end: true });
}

async function readBodies(log: SqliteWireLog, runId = 'r'): Promise<readonly (string | undefined)[]> {
  const exchanges = await log.read(runId);
  return exchanges.map((each) => {
    const body = readBody(each, exchanges);
    return body && Buffer.from(body).toString();
  });
}

const KEY = 'sk-of-this-test-0123456789';

const LONG = 'The settings and the tools, which every request begins with. '.repeat(40);

describe('sqliteWireLog', () => {
  test('keeps requests and responses byte for byte, in a file that only its user may read', async () => {
    const path = createPath();
    const log = openLog(path);
    const request = createRequest('{"a":1}');
    log.sent(request);
    respondTo(log, request, ['data: 1\n\n', 'data: é', '\n\n']);
    log.sent(createRequest('{"a":2}'));
    const [first, second] = await log.read('r');
    expect(first).toEqual({
      runId: 'r',
      ...POSITION,
      id: 1,
      method: 'POST',
      url: 'http://h/',
      headers: { a: 'b' },
      body: { prefixOf: undefined, length: 0, suffix: new Uint8Array(Buffer.from('{"a":1}')) },
      response: {
        at: 2,
        status: 200,
        headers: { 'content-type': 'text/plain' },
        endedAt: 4,
        omittedBytes: 0,
        pieces: ['data: 1\n\n', 'data: é', '\n\n'].map((text) => ({ at: 3, bytes: new Uint8Array(Buffer.from(text)) })),
      },
    });
    expect(second?.response).toEqual({ pieces: [], omittedBytes: 0 });
    for (const file of [path, `${path}-wal`]) expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await log.read('none')).toEqual([]);
  });

  test('rebuilds every body, whatever the bodies have in common, also after it was opened again and of two writers', async () => {
    const parts = fc.array(fc.constantFrom('a'.repeat(70), 'b'.repeat(90), 'c', 'é'), { maxLength: 8 });
    const path = createPath();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(parts, { maxLength: 20 }),
        fc.integer({ min: 3_000, max: 30_000 }),
        async (all, max) => {
          const runId = `run ${++run}`;
          const bodies = all.map((each) => each.join(''));
          const logs = [sqliteWireLog(path, { maxBytesPerRun: max }), sqliteWireLog(path, { maxBytesPerRun: max })];
          for (const [index, body] of bodies.entries()) {
            logs[index % 2]?.sent(createRequest(body, runId));
            await logs[index % 2]?.read(runId); // Both write in turns.
          }
          await Promise.all(logs.map((log) => log.close()));
          const again = sqliteWireLog(path, { readOnly: true });
          const kept = await readBodies(again, runId);
          await again.close();
          expect(kept).toEqual(kept.length === 0 ? [] : bodies.slice(-kept.length));
          expect(kept.length > 0).toBe(bodies.length > 0);
        },
      ),
      { numRuns: 5 },
    );
  });

  test('keeps 200 turns in about as many bytes as the last request has', async () => {
    const log = openLog(createPath());
    const turn = (index: number): string => `{"role":"user","content":"${randomBytes(500).toString('hex')} ${index}"},`;
    let body = LONG;
    for (let index = 0; index < 200; index++) {
      body += turn(index);
      log.sent(createRequest(body));
    }
    const exchanges = await log.read('r');
    const stored = exchanges.reduce((sum, each) => sum + (each.body?.suffix.length ?? 0), 0);
    expect(exchanges).toHaveLength(200);
    expect(stored).toBe(body.length);
    expect((await readBodies(log)).at(-1)).toBe(body);
  });

  test('deletes the oldest exchanges of a run above its limit, and keeps the bodies of the others whole', async () => {
    const log = openLog(createPath(), { maxBytesPerRun: 20_000 });
    const bodies = Array.from({ length: 30 }, (_, index) => `${LONG}${'x'.repeat(100 * index)}`);
    for (const body of bodies) log.sent(createRequest(body));
    const kept = await readBodies(log);
    expect(kept.length).toBeGreaterThan(5);
    expect(kept.length).toBeLessThan(30);
    expect(kept).toEqual(bodies.slice(-kept.length));
  });

  test('does not keep a body or a response that is larger than the limit alone, and says so', async () => {
    const log = openLog(createPath(), { maxBytesPerRun: 5_000 });
    const request = createRequest('x'.repeat(6_000));
    log.sent(request);
    respondTo(log, request, ['a'.repeat(1_000), 'b'.repeat(9_000), 'c']);
    const [exchange] = await log.read('r');
    expect(exchange?.body).toBeUndefined();
    expect(exchange?.response.omittedBytes).toBe(9_000);
    expect(exchange?.response.pieces.map(({ bytes }) => bytes.length)).toEqual([1_000, 1]);
    expect(exchange?.response.endedAt).toBe(4);
  });

  test('deletes the runs whose last request is the oldest when the file is too large', async () => {
    const path = createPath();
    const log = openLog(path, { maxBytes: 40_000 });
    for (let run = 1; run <= 10; run++) log.sent(createRequest(randomBytes(4_000).toString('hex'), `r${run}`, run));
    log.sent(createRequest('again', 'r7', 20));
    const kept = await Promise.all(Array.from({ length: 10 }, (_, index) => log.read(`r${index + 1}`)));
    expect(kept.map(({ length }) => length)).toEqual([0, 0, 0, 0, 0, 0, 2, 1, 1, 1]);
    await log.deleteRun('r7');
    expect(await log.read('r7')).toEqual([]);
  });

  test('has no key in its file, whatever the server repeats', async () => {
    const path = createPath();
    const log = openLog(path);
    const server = await offlineServer({ script: [respond.text(`Your key is ${KEY}.`)] });
    onTestFinished(() => server.close());
    const model = openai('m', { baseURL: server.baseURL, apiKey: KEY, headers: { 'x-team': 'secret-team' } });
    const run = new Agent({ model, wireLog: log }).run(`My key is ${KEY}.`);
    await run;
    const exchanges = await log.read(run.runId);
    expect(exchanges).toHaveLength(1);
    await log.close();
    const bytes = readFileSync(path);
    for (const secret of [KEY, 'secret-team']) expect(bytes.includes(secret)).toBe(false);
    expect(bytes.includes('My key is')).toBe(true);
  });

  test('delays no request while another process keeps the file locked, and writes afterwards', async () => {
    const path = createPath();
    const log = openLog(path);
    log.sent(createRequest('before'));
    await log.read('r');
    const other = new DatabaseSync(path);
    other.exec('BEGIN EXCLUSIVE');
    const server = await offlineServer({ script: [respond.text('Hello.')] });
    onTestFinished(() => server.close());
    const run = new Agent({ model: openai('m', { baseURL: server.baseURL }), wireLog: log }).run('Hi.');
    expect((await run).text).toBe('Hello.');
    other.exec('COMMIT');
    other.close();
    expect((await log.read(run.runId))[0]?.response.status).toBe(200);
  });

  test('loses the oldest bytes while the disk is behind, and counts those of responses', async () => {
    const path = createPath();
    const log = openLog(path, { maxBufferBytes: 20_000 });
    const [first, second] = [createRequest('1'), createRequest('x'.repeat(9_000))];
    log.sent(first);
    log.sent(second);
    await log.read('r');
    const other = new DatabaseSync(path);
    other.exec('BEGIN EXCLUSIVE');
    respondTo(log, first, ['a'.repeat(10_000), 'b'.repeat(10_000), 'c'.repeat(10_000)]);
    other.exec('COMMIT');
    other.close();
    const [exchange] = await log.read('r');
    expect(exchange?.response.omittedBytes).toBe(20_000);
    expect(exchange?.response.pieces.map(({ bytes }) => Buffer.from(bytes).toString().slice(0, 1))).toEqual(['c']);
    expect(exchange?.response).toMatchObject({ status: 200, endedAt: 4 });
  });

  test('has what was written before kill -9, and marks the request that was under way as not ended', async () => {
    const path = createPath();
    const child = spawn(process.execPath, [join(import.meta.dirname, 'killed-logger.ts'), path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const log = openLog(path);
    const exchanges = await log.read('r');
    expect(exchanges.map(({ response }) => [response.status, response.endedAt === undefined])).toEqual([
      [200, false],
      [undefined, true],
    ]);
    expect((await readBodies(log))[1]).toContain('Again.');
    // The next process continues the numbers.
    log.sent(createRequest('next'));
    expect((await log.read('r')).map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  test('reports a write that failed with the next call, as a wire log that throws', async () => {
    const path = createPath();
    const log = openLog(path);
    const other = new DatabaseSync(path);
    other.exec('DROP TABLE exchanges');
    other.close();
    log.sent(createRequest('1'));
    await log.deleteRun('none').catch(() => undefined);
    expect(() => log.sent(createRequest('2'))).toThrow(`The wire log "${path}" cannot be used`);
  });
});

describe('sqliteWireLog refuses', () => {
  test('a file that is not a wire log', () => {
    const path = createPath();
    writeFileSync(path, 'This is a text, not a database. '.repeat(100));
    expect(() => sqliteWireLog(path)).toThrow(expect.objectContaining({ code: 'wire_log.foreign' }));
    const database = createPath();
    const runs = new DatabaseSync(database);
    runs.exec('CREATE TABLE runs (a)');
    runs.close();
    expect(() => sqliteWireLog(database)).toThrow(/is not a wire log/);
  });

  test('a file of another version, and says that it can be deleted', async () => {
    const path = createPath();
    await sqliteWireLog(path).close();
    const file = new DatabaseSync(path);
    file.exec('PRAGMA user_version = 99');
    file.close();
    expect(() => sqliteWireLog(path)).toThrow(/has the format 99.*Delete the file/);
    expect(() => sqliteWireLog(path, { readOnly: true })).toThrow(expect.objectContaining({ code: 'wire_log.format' }));
  });

  test('a damaged file', async () => {
    const path = createPath();
    const log = sqliteWireLog(path);
    for (let index = 0; index < 50; index++) log.sent(createRequest(randomBytes(1_000).toString('hex')));
    await log.close();
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(7, 100, bytes.length));
    const read = async () => sqliteWireLog(path).read('r');
    await expect(read()).rejects.toMatchObject({ code: expect.stringMatching(/^wire_log\.(damaged|foreign)$/) });
  });

  test('a folder that does not exist, a path that is none and unknown options', () => {
    expect(() => sqliteWireLog(join(createPath(), 'none', 'x'))).toThrow();
    expect(() => sqliteWireLog(':memory:')).toThrow('memoryWireLog() keeps a log in memory');
    expect(() => sqliteWireLog('')).toThrow('Pass the path of a file');
    expect(() => sqliteWireLog('x', { maxRuns: 3 } as never)).toThrow('The option is "maxBytes".');
    expect(() => sqliteWireLog('x', { maxBytes: 0 })).toThrow('maxBytes');
  });

  test('to write with readOnly, and creates no file then', async () => {
    const path = createPath();
    const log = sqliteWireLog(path, { readOnly: true });
    expect(await log.read('r')).toEqual([]);
    expect(() => log.sent(createRequest('1'))).toThrow('read-only');
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });
});
