import { sqlQuery, sqlSchema } from '@pawl/tools';
import { Client, Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Postgres, startPostgres } from '../../scripts/postgres.ts';

let postgres: Postgres;
let owner: Client;
let pool: Pool;
let url = '';

beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.newDatabase();
  owner = new Client({ connectionString: url });
  await owner.connect();
  await owner.query(`
    CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, born date, extra jsonb);
    CREATE TABLE orders (id int PRIMARY KEY, user_id bigint REFERENCES users(id), total numeric, paper bytea, placed timestamptz);
    CREATE TABLE secrets (word text);
    CREATE SEQUENCE counter;
    INSERT INTO users VALUES (1, 'Ada', '1815-12-10', '{"maths":true}'), (9007199254740993, 'Big', NULL, NULL);
    INSERT INTO orders VALUES (1, 1, 9.50, '\\x00ff', '2026-01-02T03:04:05Z');
    CREATE FUNCTION evil() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM orders; RETURN 1; END $$;
    DROP ROLE IF EXISTS reader;
    CREATE ROLE reader LOGIN;
    GRANT SELECT ON users, orders TO reader;
    GRANT USAGE ON SEQUENCE counter TO reader;
    GRANT INSERT, UPDATE, DELETE ON orders TO reader;
  `);
  const as = new URL(url);
  as.username = 'reader';
  pool = new Pool({ connectionString: as.href, max: 2 });
  // A connection that the server ends is told to the pool: it makes another.
  pool.on('error', () => undefined);
}, 60_000);

afterAll(async () => {
  await pool.end();
  await owner.end();
  await postgres.stop();
});

interface Asking {
  readonly parameters?: readonly unknown[];
  readonly options?: object;
  readonly signal?: AbortSignal;
}

async function ask(sql: string, { parameters = [], options = {}, signal }: Asking = {}): Promise<string> {
  const tool = sqlQuery({ database: pool, ...options });
  const context = { signal: signal ?? new AbortController().signal } as Parameters<typeof tool.execute>[1]; // All that it uses.
  try {
    return String(await tool.execute({ sql, parameters }, context));
  } catch (error) {
    if (error instanceof Error && error.name === 'ToolError') return `refused: ${error.message}`;
    throw error;
  }
}

describe('what is read', () => {
  test('is told as columns and rows, of values that are what they are', async () => {
    expect(await ask('SELECT id, name, extra FROM users ORDER BY id')).toBe(
      '["id","name","extra"]\n["1","Ada",{"maths":true}]\n["9007199254740993","Big",null]\n[2 rows]',
    );
    expect(await ask('SELECT total, paper, placed FROM orders')).toBe(
      '["total","paper","placed"]\n["9.50","[2 bytes]","2026-01-02T03:04:05.000Z"]\n[1 row]',
    );
  });

  test('is bound, never joined', async () => {
    expect(await ask('SELECT name FROM users WHERE name = $1', { parameters: ['Ada'] })).toBe(
      '["name"]\n["Ada"]\n[1 row]',
    );
    expect(await ask('SELECT name FROM users WHERE name = $1', { parameters: ["x' OR '1'='1"] })).toBe(
      '["name"]\n[0 rows]',
    );
  });

  test.each([1, 19, 20, 21, 40, 41])(
    'is capped by %i rows exactly, and says whether there are more',
    async (maxRows) => {
      const more = await ask('SELECT * FROM generate_series(1, 100)', { options: { maxRows } });
      expect(more.split('\n')).toHaveLength(maxRows + 2);
      expect(more).toContain('there are more: the cap on rows');
      const all = await ask(`SELECT * FROM generate_series(1, ${maxRows})`, { options: { maxRows } });
      expect(all).toMatch(new RegExp(`\\[${maxRows} rows?\\]$`));
    },
  );

  test('is capped by bytes and by the length of a value', async () => {
    expect(
      await ask('SELECT * FROM generate_series(1, 1000)', { options: { maxRows: 1_000, maxBytes: 30 } }),
    ).toContain('the cap on bytes');
    expect(await ask("SELECT repeat('x', 10000) AS long")).toContain('[… 5904 more characters]');
  });

  test('a mistake in it is told in the words of the database, with its place', async () => {
    expect(await ask('SELECT nme FROM users')).toBe(
      'refused: PostgreSQL says: column "nme" does not exist (at character 8). Perhaps you meant to reference the column "users.name". Nothing was changed.',
    );
  });

  test('tables are told with their columns, types and keys, where they may be read', async () => {
    const tool = sqlSchema({ database: pool });
    const context = { signal: new AbortController().signal } as Parameters<typeof tool.execute>[1]; // All that it uses.
    expect(await tool.execute({}, context)).toBe(
      'public.orders\n  id integer NOT NULL PRIMARY KEY (id)\n  user_id bigint FOREIGN KEY (user_id) REFERENCES users(id)\n  total numeric\n  paper bytea\n  placed timestamp with time zone\npublic.users\n  id bigint NOT NULL PRIMARY KEY (id)\n  name text NOT NULL\n  born date\n  extra jsonb',
    );
  });
});

describe('what is hostile', () => {
  const attacks: readonly (readonly [string, string])[] = [
    ['DROP', 'DROP TABLE users'],
    ['a second statement', 'SELECT 1; DROP TABLE orders'],
    ['a second statement behind a comment', 'SELECT 1; -- fine\nDELETE FROM orders'],
    ['an end of the transaction', 'SELECT 1; COMMIT; DELETE FROM orders'],
    ['COMMIT', 'COMMIT'],
    ['ROLLBACK', 'ROLLBACK'],
    ['DELETE', 'DELETE FROM orders'],
    ['DELETE that gives rows', 'DELETE FROM orders RETURNING id'],
    ['a DELETE within WITH', 'WITH gone AS (DELETE FROM orders RETURNING id) SELECT * FROM gone'],
    ['an UPDATE within WITH', 'WITH gone AS (UPDATE orders SET total = 0 RETURNING id) SELECT * FROM gone'],
    ['INSERT', 'INSERT INTO orders VALUES (2)'],
    ['SELECT INTO', 'SELECT * INTO stolen FROM orders'],
    ['SELECT FOR UPDATE', 'SELECT * FROM orders FOR UPDATE'],
    ['CREATE TEMP', 'CREATE TEMP TABLE evil (x int)'],
    ['CREATE TABLE AS', 'CREATE TABLE evil AS SELECT 1'],
    ['a function that writes', 'SELECT evil()'],
    ['nextval', "SELECT nextval('counter')"],
    ['setval', "SELECT setval('counter', 100)"],
    ['COPY TO PROGRAM', "COPY users TO PROGRAM 'touch /tmp/pawl-was-here'"],
    ['COPY FROM PROGRAM', "COPY orders FROM PROGRAM 'echo 2'"],
    ['COPY TO a file', "COPY users TO '/tmp/pawl-was-here'"],
    ['DO', 'DO $$ BEGIN DELETE FROM orders; END $$'],
    ['CALL', 'CALL evil()'],
    ['PREPARE', 'PREPARE evil AS DELETE FROM orders'],
    ['EXECUTE', 'EXECUTE evil'],
    ['SET TRANSACTION', 'SET TRANSACTION READ WRITE'],
    ['SET ROLE', 'SET ROLE pawl'],
    ['a setting of the transaction', "SELECT set_config('transaction_read_only', 'off', true), evil()"],
    ['LISTEN', 'LISTEN evil'],
    ['LOCK', 'LOCK TABLE orders'],
    ['VACUUM', 'VACUUM'],
    ['a file of the server', "SELECT pg_read_file('/etc/passwd')"],
    ['a folder of the server', "SELECT pg_ls_dir('/')"],
    ['a large object from a file', "SELECT lo_import('/etc/passwd')"],
    ['a table that the role may not read', 'SELECT * FROM secrets'],
    ['passwords', 'SELECT rolpassword FROM pg_authid'],
    ['a cursor that is open already', 'SELECT 1 FROM pawl_cursor'],
    ['another end of the cursor', 'SELECT 1) ; DROP TABLE orders; --'],
    ['a NUL', 'SELECT 1\0'],
    ['nothing', ' '],
    ['EXPLAIN that runs', 'EXPLAIN ANALYZE DELETE FROM orders'],
  ];

  test.each(attacks)('%s changes nothing', async (_, sql) => {
    expect(await ask(sql)).toMatch(/^refused: /);
    const { rows } = await owner.query(
      'SELECT (SELECT count(*) FROM orders) AS orders, (SELECT is_called FROM counter) AS called',
    );
    expect(rows).toEqual([{ orders: '1', called: false }]);
    const { rows: tables } = await owner.query(
      "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ 'evil|stolen'",
    );
    expect(tables).toEqual([]);
  });

  test.each([
    ['a sleep', 'SELECT pg_sleep(60)'],
    ['a count without end', 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n'],
    ['a product of products', 'SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b'],
    ['a statement that lifts its own deadline', "SELECT set_config('statement_timeout', '0', true), pg_sleep(60)"],
  ])('%s is given up at its deadline', async (_, sql) => {
    expect(await ask(sql, { options: { timeoutMs: 300 } })).toContain('it takes too long');
    expect(await ask('SELECT 1 AS one')).toBe('["one"]\n[1]\n[1 row]');
  });

  test('a value that is too large for this process is given up while it comes', async () => {
    const before = process.memoryUsage().rss;
    expect(await ask("SELECT repeat('x', 200000000)", { options: { timeoutMs: 20_000 } })).toContain(
      'a row is too large',
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
    expect(await ask('SELECT 1 AS one')).toContain('[1 row]');
  });

  test('nothing that a query does to its session is there for the next one', async () => {
    for (let count = 0; count < 3; count++) {
      await ask(
        "SELECT set_config('search_path', 'evil', false), pg_advisory_lock(7), set_config('app.user', 'evil', false)",
      );
    }
    for (let count = 0; count < 3; count++) {
      expect(
        await ask("SELECT current_setting('search_path'), coalesce(current_setting('app.user', true), '')"),
      ).toContain('["\\"$user\\", public",""]');
    }
    const { rows } = await owner.query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'");
    expect(rows).toEqual([{ count: '0' }]);
  });

  test('an abort gives the query up at once, and the pool goes on', async () => {
    const controller = new AbortController();
    const asking = ask('SELECT pg_sleep(5)', { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 50);
    const started = Date.now();
    await expect(asking).rejects.toThrow('enough');
    expect(Date.now() - started).toBeLessThan(3_000);
    expect(await ask('SELECT 1 AS one')).toContain('[1 row]');
  });

  test('a role that reaches beyond the database is refused, unless that is accepted', async () => {
    const powerful = new Pool({ connectionString: url, max: 1 });
    expect(await ask('SELECT 1 AS one', { options: { database: powerful } })).toContain('its role has the rights of');
    const accepted = { database: powerful, powerfulRole: 'accept' };
    expect(await ask('SELECT 1 AS one', { options: accepted })).toContain('[1 row]');
    expect(await ask("COPY users TO PROGRAM 'true'", { options: accepted })).toMatch(/^refused: /);
    expect(
      await ask('WITH gone AS (DELETE FROM orders RETURNING id) SELECT * FROM gone', { options: accepted }),
    ).toMatch(/^refused: /);
    await powerful.end();
  });
});
