import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { ConfigError, ToolError } from '@pawl/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callTool, createSandbox, createToolContext } from '../files/sandbox.fixture.ts';
import { sqlSchema } from '../sql-schema/sql-schema.ts';
import { sqlQuery } from './sql-query.ts';

const box = createSandbox();
const file = box.resolve('shop.db');
afterAll(() => box.remove());

beforeAll(() => {
  const database = new DatabaseSync(file);
  database.exec(`
    CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, born TEXT);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users(id), total REAL, paper BLOB);
    CREATE VIEW named AS SELECT name FROM users;
    INSERT INTO users VALUES (1, 'Ada', '1815-12-10'), (2, 'Grace', NULL), (9007199254740993, 'Big', NULL);
    INSERT INTO orders VALUES (1, 1, 9.5, x'00ff'), (2, 2, NULL, NULL);
  `);
  database.close();
});

const ask = (sql: string, parameters: readonly unknown[] = [], options: object = {}) =>
  callTool(sqlQuery({ database: { file }, ...options }), { sql, parameters });

const ONE_ROW = '["count"]\n[3]\n[1 row]';

describe('a query', () => {
  test('returns columns and rows with exact values', async () => {
    expect(await ask('SELECT id, name, born FROM users ORDER BY id')).toBe(
      '["id","name","born"]\n[1,"Ada","1815-12-10"]\n[2,"Grace",null]\n["9007199254740993","Big",null]\n[3 rows]',
    );
    expect(await ask('SELECT total, paper FROM orders WHERE id = 1')).toBe(
      '["total","paper"]\n[9.5,"[2 bytes]"]\n[1 row]',
    );
  });

  test('binds its parameters', async () => {
    expect(await ask('SELECT name FROM users WHERE name = ? AND ?', ['Ada', true])).toBe('["name"]\n["Ada"]\n[1 row]');
    expect(await ask('SELECT name FROM users WHERE name = ?', ["x' OR '1'='1"])).toBe('["name"]\n[0 rows]');
  });

  test('is limited in rows, bytes and the length of a value', async () => {
    const numbers = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n';
    expect(await ask(numbers, [], { maxRows: 2 })).toBe(
      '["i"]\n[1]\n[2]\n[2 rows; there are more: the limit on rows is reached. Add a condition, or LIMIT and OFFSET.]',
    );
    expect(await ask(numbers, [], { maxRows: 100_000, maxBytes: 12 })).toContain(
      '[4 rows; there are more: the limit on bytes',
    );
    expect(await ask("SELECT printf('%.*c', 10000, 'x') AS long")).toContain('[… 5904 more characters]');
    expect(await ask('SELECT id FROM users ORDER BY id', [], { maxRows: 3 })).toContain('[3 rows]');
  });

  test('reads an open database of node:sqlite in a file, and one with the fields of better-sqlite3', async () => {
    const database = new DatabaseSync(file);
    expect(await callTool(sqlQuery({ database }), { sql: 'SELECT count(*) AS count FROM users' })).toBe(ONE_ROW);
    database.close();
    const other = { name: file, memory: false };
    expect(await callTool(sqlQuery({ database: other }), { sql: 'SELECT count(*) AS count FROM users' })).toBe(ONE_ROW);
  });

  test('can use a full-text index', async () => {
    const indexed = box.resolve('indexed.db');
    const database = new DatabaseSync(indexed);
    database.exec("CREATE VIRTUAL TABLE pages USING fts5(body); INSERT INTO pages VALUES ('a pawl stops a ratchet')");
    database.close();
    const tool = sqlQuery({ database: { file: indexed } });
    const sql = "SELECT highlight(pages, 0, '<', '>') AS found FROM pages WHERE pages MATCH ?";
    expect(await callTool(tool, { sql, parameters: ['ratchet'] })).toBe(
      '["found"]\n["a pawl stops a <ratchet>"]\n[1 row]',
    );
  });

  test('waits for a writer', async () => {
    const busy = box.resolve('busy.db');
    const database = new DatabaseSync(busy);
    database.exec('CREATE TABLE t (x); BEGIN EXCLUSIVE; INSERT INTO t VALUES (1)');
    const reading = callTool(sqlQuery({ database: { file: busy } }), { sql: 'SELECT x FROM t' });
    setTimeout(() => database.exec('COMMIT'), 500);
    expect(await reading).toBe('["x"]\n[1]\n[1 row]');
    database.close();
  });

  test('with a mistake returns the error of the database', async () => {
    expect(await ask('SELECT nme FROM users')).toBe('refused: SQLite says: no such column: nme. Nothing was changed.');
    expect(await ask('SELECT name FROM users WHERE id = ?')).toContain('[0 rows]');
    expect(await ask('SELECT 1', [1, 2, 3])).toMatch(/^refused: SQLite says/);
  });

  test('of sql_schema returns tables with columns, types and keys', async () => {
    const schema = sqlSchema({ database: { file } });
    expect(await callTool(schema, {})).toBe(
      'named\n  name TEXT\norders\n  id INTEGER PRIMARY KEY\n  user_id INTEGER REFERENCES users(id)\n  total REAL\n  paper BLOB\nusers\n  id INTEGER PRIMARY KEY\n  name TEXT NOT NULL\n  born TEXT',
    );
    expect(await callTool(schema, { table: 'users' })).toMatch(/^users\n/);
    expect(await callTool(sqlSchema({ database: { file }, tables: ['named'] }), {})).toBe('named\n  name TEXT');
    expect(await callTool(sqlSchema({ database: { file }, tables: ['named'] }), { table: 'users' })).toBe(
      'refused: There is no table "users". Existing tables: named.',
    );
  });
});

/** Node 24.10 and later. */
const HAS_AUTHORIZER = 'setAuthorizer' in DatabaseSync.prototype;

describe('a hostile query', () => {
  const other = () => box.resolve('other.db');
  const attacks: readonly (readonly [string, string])[] = [
    ['DROP', 'DROP TABLE users'],
    ['a second statement', 'SELECT 1; DROP TABLE users'],
    ['a second statement behind a comment', 'SELECT 1; -- fine\nDELETE FROM users'],
    ['a comment that ends', 'SELECT 1 /* ; */; UPDATE users SET name = 0'],
    ['INSERT', "INSERT INTO users VALUES (3, 'Eve', NULL)"],
    ['INSERT that gives rows', "INSERT INTO users VALUES (3, 'Eve', NULL) RETURNING id"],
    ['UPDATE that gives rows', "UPDATE users SET name = 'Eve' RETURNING id"],
    ['DELETE that gives rows', 'DELETE FROM users RETURNING id'],
    ['WITH before DELETE', 'WITH gone AS (SELECT 1) DELETE FROM users RETURNING id'],
    ['REPLACE', "REPLACE INTO users VALUES (1, 'Eve', NULL) RETURNING id"],
    ['CREATE TABLE', 'CREATE TABLE evil (x)'],
    ['CREATE TEMP TABLE', 'CREATE TEMP TABLE evil (x)'],
    ['CREATE TRIGGER', 'CREATE TRIGGER evil AFTER INSERT ON users BEGIN SELECT 1; END'],
    ['CREATE VIRTUAL TABLE', 'CREATE VIRTUAL TABLE evil USING fts5(x)'],
    ['ATTACH', "ATTACH 'other.db' AS other"],
    ['ATTACH of what is not there', "ATTACH 'made.db' AS made"],
    ['DETACH', 'DETACH main'],
    ['VACUUM INTO', "VACUUM INTO 'copy.db'"],
    ['VACUUM', 'VACUUM'],
    ['REINDEX', 'REINDEX'],
    ['PRAGMA that writes', 'PRAGMA user_version = 7'],
    ['PRAGMA writable_schema', 'PRAGMA writable_schema = ON'],
    ['PRAGMA query_only', 'PRAGMA query_only = OFF'],
    ['PRAGMA hard_heap_limit', 'PRAGMA hard_heap_limit = 0'],
    ['PRAGMA temp_store_directory', "PRAGMA temp_store_directory = '/tmp'"],
    ['PRAGMA as a table', 'SELECT * FROM pragma_database_list'],
    ['PRAGMA that an index may ask', 'PRAGMA page_size = 512'],
    ['BEGIN', 'BEGIN IMMEDIATE'],
    ['load_extension', "SELECT load_extension('evil.so')"],
    ['readfile', "SELECT readfile('/etc/passwd')"],
    ['writefile', "SELECT writefile('evil', 'x')"],
    ['fts3_tokenizer', "SELECT fts3_tokenizer('simple', x'00')"],
    ['the schema as a table to write', "INSERT INTO sqlite_schema VALUES ('table', 'x', 'x', 0, '') RETURNING 1"],
    ['an empty statement', ';'],
    ['a comment', '-- nothing'],
    ['a NUL', 'SELECT 1\0; DROP TABLE users'],
    ['EXPLAIN of what writes', 'EXPLAIN DELETE FROM users'],
  ];

  test.each(attacks)('such as %s changes nothing and creates no file', async (_, sql) => {
    writeFileSync(other(), '');
    const before = [readFileSync(file), readdirSync(box.root).sort()];
    const result = await ask(sql);
    // Only the first statement can run. Without an authorizer, statements that only read something are allowed.
    const isHarmless =
      /^SELECT 1\b/.test(sql) || (!HAS_AUTHORIZER && /^EXPLAIN|pragma_|heap_limit|page_size/.test(sql));
    if (!isHarmless) expect(result).toMatch(/^refused: /);
    // Compares every byte of the file.
    expect([readFileSync(file), readdirSync(box.root).sort()]).toEqual(before);
    for (const made of ['made.db', 'copy.db', 'evil']) expect(existsSync(made)).toBe(false);
  });

  test.each([
    ['a count without end', 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n'],
    [
      'a product of products',
      'SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000) SELECT * FROM n) a, (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000) SELECT * FROM n) b, (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000) SELECT * FROM n) c',
    ],
  ])('such as %s is stopped at its deadline without blocking this process', async (_, sql) => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const result = await ask(sql, [], { timeoutMs: 700 });
    clearInterval(timer);
    expect(result).toMatch(/^refused: (The query was stopped: it took longer than 0\.7 s|SQLite says)/);
    // In a blocked process, the timer would fire once, at the end.
    expect(ticks).toBeGreaterThan(1);
  });

  test.each([
    ['a value of a gibibyte', 'SELECT zeroblob(1000000000)'],
    ['a text of half a gibibyte', "SELECT printf('%.*c', 500000000, 'x')"],
    [
      'rows that are kept for sorting',
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000) SELECT group_concat(printf('%.*c', 100000, 'x')) FROM n",
    ],
  ])('such as %s needs no memory of this process', async (_, sql) => {
    const before = process.memoryUsage().rss;
    expect((await ask(sql, [], { timeoutMs: 20_000 })).length).toBeLessThan(10_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
  });

  test('is ended with its process when the signal is aborted', async () => {
    const controller = new AbortController();
    const sql = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n';
    const reading = sqlQuery({ database: { file } }).execute(
      { sql, parameters: [] },
      createToolContext(controller.signal),
    );
    setTimeout(() => controller.abort(new Error('enough')), 100);
    await expect(reading).rejects.toThrow('enough');
  });

  test('does not inherit this process’s environment', async () => {
    process.env['PAWL_TEST_SECRET'] = 'hidden';
    expect(await ask("SELECT coalesce(getenv('PAWL_TEST_SECRET'), 'none')")).not.toContain('hidden');
    delete process.env['PAWL_TEST_SECRET'];
  });
});

test.each([
  ['a database in memory', () => new DatabaseSync(':memory:')],
  ['a missing file', () => ({ file: box.resolve('none.db') })],
  ['a folder', () => ({ file: box.root })],
  ['an unsupported value', () => ({ path: file })],
])('refuses %s with a ConfigError', (_, database) => {
  expect(() => sqlQuery({ database: database() as never })).toThrow(ConfigError);
});

test('reports a file that is not a database at the first query', async () => {
  box.write('no.db', 'x'.repeat(4_096));
  expect(
    await callTool(sqlQuery({ database: { file: box.resolve('no.db') } }), { sql: 'SELECT 1 FROM sqlite_schema' }),
  ).toContain('not a database');
});

test.each([
  ['cannot be started', '/nothing/node', { code: 'ENOENT' }],
  ['ends without a response', '/bin/false', { message: 'The process ended with exit code 1: ' }],
])('reports a query process that %s as a problem of the operator', async (_, path, cause) => {
  const { execPath } = process;
  process.execPath = path;
  try {
    const asked = sqlQuery({ database: { file } }).execute(
      { sql: 'SELECT 1', parameters: [] },
      createToolContext(new AbortController().signal),
    );
    const error: unknown = await Promise.resolve(asked).catch((reason: unknown) => reason);
    if (!ToolError.isInstance(error)) throw error;
    expect(error.message).toBe('Nothing was queried: the process for the query could not be run. Tell the user.');
    expect(error.cause).toMatchObject(cause);
  } finally {
    process.execPath = execPath;
  }
});
