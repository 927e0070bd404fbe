import {
  type Pglite,
  type PostgresClient,
  type PostgresPool,
  type PostgresQuery,
  sqlQuery,
  sqlSchema,
} from '@pawl/tools';
import { Client, Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Postgres, startPostgres } from '../../scripts/postgres.ts';
import { resolveWithin } from '../within.ts';
import { attacks } from './postgres-attacks.fixture.ts';

let postgres: Postgres;
let owner: Client;
let pool: Pool;
let url = '';
let readersUrl = '';

beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.createDatabase();
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
  readersUrl = as.href;
  pool = new Pool({ connectionString: readersUrl, max: 2 });
  // The pool reports a connection that the server ends, and opens another one.
  pool.on('error', () => undefined);
});

afterAll(async () => {
  await pool.end();
  await owner.end();
  await postgres.stop();
});

interface QueryOptions {
  readonly parameters?: readonly unknown[];
  readonly options?: object;
  readonly signal?: AbortSignal;
}

async function ask(sql: string, { parameters = [], options = {}, signal }: QueryOptions = {}): Promise<string> {
  const tool = sqlQuery({ database: pool, ...options });
  const context = { signal: signal ?? new AbortController().signal } as Parameters<typeof tool.execute>[1]; // The tool uses only the signal.
  const validated = await tool.validate({ sql, parameters });
  if (!validated.ok) return `refused: ${validated.issues}`;
  try {
    return String(await tool.execute(validated.value, context));
  } catch (error) {
    if (error instanceof Error && error.name === 'ToolError') return `refused: ${error.message}`;
    throw error;
  }
}

describe('a query', () => {
  test('returns columns and rows with exact values', async () => {
    expect(await ask('SELECT id, name, extra FROM users ORDER BY id')).toBe(
      '["id","name","extra"]\n["1","Ada",{"maths":true}]\n["9007199254740993","Big",null]\n[2 rows]',
    );
    expect(await ask('SELECT total, paper, placed FROM orders')).toBe(
      '["total","paper","placed"]\n["9.50","[2 bytes]","2026-01-02T03:04:05.000Z"]\n[1 row]',
    );
  });

  test('binds its parameters', async () => {
    expect(await ask('SELECT name FROM users WHERE name = $1', { parameters: ['Ada'] })).toBe(
      '["name"]\n["Ada"]\n[1 row]',
    );
    expect(await ask('SELECT name FROM users WHERE name = $1', { parameters: ["x' OR '1'='1"] })).toBe(
      '["name"]\n[0 rows]',
    );
  });

  test.each([1, 19, 20, 21, 40, 41])('limits %i rows exactly, and tells whether there are more', async (maxRows) => {
    const more = await ask('SELECT * FROM generate_series(1, 100)', { options: { maxRows } });
    expect(more.split('\n')).toHaveLength(maxRows + 2);
    expect(more).toContain('there are more: the limit on rows');
    const all = await ask(`SELECT * FROM generate_series(1, ${maxRows})`, { options: { maxRows } });
    expect(all).toMatch(new RegExp(`\\[${maxRows} rows?\\]$`));
  });

  test('limits bytes and the length of a value', async () => {
    expect(
      await ask('SELECT * FROM generate_series(1, 1000)', { options: { maxRows: 1_000, maxBytes: 30 } }),
    ).toContain('the limit on bytes');
    expect(await ask("SELECT repeat('x', 10000) AS long")).toContain('[… 5904 more characters]');
  });

  test('reports a mistake with the message and the position of the database', async () => {
    expect(await ask('SELECT nme FROM users')).toBe(
      'refused: PostgreSQL says: column "nme" does not exist (at character 8). Perhaps you meant to reference the column "users.name". Nothing was changed.',
    );
  });

  test('describes readable tables with their columns, types and keys', async () => {
    const tool = sqlSchema({ database: pool });
    const context = { signal: new AbortController().signal } as Parameters<typeof tool.execute>[1]; // The tool uses only the signal.
    expect(await tool.execute({}, context)).toBe(
      'public.orders\n  id integer NOT NULL PRIMARY KEY (id)\n  user_id bigint FOREIGN KEY (user_id) REFERENCES users(id)\n  total numeric\n  paper bytea\n  placed timestamp with time zone\npublic.users\n  id bigint NOT NULL PRIMARY KEY (id)\n  name text NOT NULL\n  born date\n  extra jsonb',
    );
  });
});

/** Counts the queries that sleep. */
const countSleeping = () =>
  expect.poll(async () => {
    const { rows } = await owner.query(
      "SELECT 1 FROM pg_stat_activity WHERE usename = 'reader' AND wait_event = 'PgSleep'",
    );
    return rows.length;
  });

describe('a hostile query', () => {
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
    ['an endless count', 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n'],
    ['a cross join', 'SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b'],
    ['a statement that removes its own timeout', "SELECT set_config('statement_timeout', '0', true), pg_sleep(60)"],
    [
      'a statement that removes the timeout of later statements',
      "SELECT i, set_config('statement_timeout', '0', true), CASE WHEN i > 20 THEN pg_sleep(60) END FROM generate_series(1, 30) AS i",
    ],
    ['a statement with slow rows', 'SELECT i, pg_sleep(0.02) FROM generate_series(1, 100) AS i'],
  ])('is cancelled at its deadline: %s', async (_, sql) => {
    expect(await ask(sql, { options: { timeoutMs: 300 } })).toContain('it took too long');
    expect(await ask('SELECT 1 AS one')).toBe('["one"]\n[1]\n[1 row]');
  });

  test('cancels a value that is too large for the process', async () => {
    const before = process.memoryUsage().rss;
    expect(await ask("SELECT repeat(repeat('x', 100000), 1000)", { options: { timeoutMs: 20_000 } })).toContain(
      'a row is too large',
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
    expect(await ask('SELECT 1 AS one')).toContain('[1 row]');
  });

  test('resets the session before the next query', async () => {
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

  test('cancels the query at once when it is aborted, and keeps the pool', async () => {
    const controller = new AbortController();
    const asked = expect(ask('SELECT pg_sleep(5)', { signal: controller.signal })).rejects.toThrow('enough');
    await countSleeping().toBe(1);
    controller.abort(new Error('enough'));
    await resolveWithin(1_000, asked);
    expect(await ask('SELECT 1 AS one')).toContain('[1 row]');
  });

  describe('a lost connection', () => {
    const terminate = () =>
      owner.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader' AND state <> 'idle'",
      );

    test('during a query is reported to the model and replaced, and does not end the process', async () => {
      await terminate(); // An aborted query still sleeps until its timeout.
      await countSleeping().toBe(0);
      const waiting = ask('SELECT pg_sleep(20)', { options: { timeoutMs: 30_000 } });
      await countSleeping().toBe(1);
      await terminate();
      expect(await waiting).toMatch(/^refused: PostgreSQL says/);
      expect(await ask('SELECT 1 AS one')).toContain('[1 row]');
    });

    test('by the query itself is reported', async () => {
      expect(await ask('SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(20)')).toMatch(
        /^refused: PostgreSQL says/,
      );
      expect(await ask('SELECT 1 AS one')).toContain('[1 row]');
    });

    test('while idle does not end the process', async () => {
      const client = await pool.connect();
      const loan: PostgresPool = { connect: async () => client };
      let asked = 0;
      const query = client.query.bind(client) as PostgresClient['query']; // One of its overloads.
      Object.assign(client, {
        async query(each: PostgresQuery) {
          asked++;
          if (asked === 3) {
            const lost = new Promise((resolve) => client.once('end', resolve));
            await terminate();
            await lost;
          }
          return query(each);
        },
      });
      expect(await ask('SELECT 1 AS one', { options: { database: loan } })).toMatch(/^refused: PostgreSQL says/);
      expect(asked).toBeGreaterThanOrEqual(3);
      expect(await ask('SELECT 1 AS one')).toContain('[1 row]');
    });

    test('to an unreachable server is reported without its address', async () => {
      const nowhere = new Pool({ connectionString: 'postgresql://reader@127.0.0.1:1/none' });
      expect(await ask('SELECT 1', { options: { database: nowhere } })).toBe(
        'refused: The database could not be reached. Nothing was done. Try again later, or tell the user.',
      );
      await nowhere.end();
    });
  });

  test('an abort while the pool has no free connection stops waiting, and returns the connection that comes later', async () => {
    const clients = await Promise.all([pool.connect(), pool.connect()]);
    const controller = new AbortController();
    const waiting = ask('SELECT 1', { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(waiting).rejects.toThrow('enough');
    for (const client of clients) client.release();
    expect(await Promise.all(['1', '2', '3'].map((one) => ask(`SELECT ${one} AS one`)))).toHaveLength(3);
    expect([pool.totalCount, pool.idleCount, pool.waitingCount]).toEqual([2, 2, 0]);
  });

  test('a PGlite database is read in its own transactions with the same rules', async () => {
    const client = new Client({ connectionString: readersUrl });
    await client.connect();
    const pglite: Pglite = {
      async transaction(work) {
        await client.query('BEGIN');
        await work({ query: (text, values, { rowMode }) => client.query({ text, values, rowMode }) });
        await client.query('COMMIT');
      },
    };
    const options = { database: { pglite, deadline: 'none' } };
    expect(await ask('SELECT name FROM users WHERE id = $1', { parameters: [1], options })).toBe(
      '["name"]\n["Ada"]\n[1 row]',
    );
    expect(await ask('DELETE FROM orders RETURNING id', { options })).toMatch(/^refused: /);
    expect(await ask('SELECT evil()', { options })).toMatch(/^refused: .*read-only transaction/);
    expect(() => sqlQuery({ database: { pglite } as never })).toThrow("{ pglite, deadline: 'none' }");
    await client.end();
  });

  test('SET ROLE does not hide the role that logged in', async () => {
    const played = new URL(url);
    played.searchParams.set('options', '-c role=reader');
    const database = new Pool({ connectionString: played.href, max: 1 });
    const sql =
      "SELECT set_config('role', 'none', true), query_to_xml('SELECT pg_read_file(''/etc/passwd'')', true, true, '')";
    expect(await ask(sql, { options: { database } })).toContain('the database role has the rights of');
    await database.end();
  });

  test('refuses a role with access outside the database, unless it is allowed', async () => {
    const powerful = new Pool({ connectionString: url, max: 1 });
    expect(await ask('SELECT 1 AS one', { options: { database: powerful } })).toContain(
      'the database role has the rights of',
    );
    const accepted = { database: powerful, powerfulRole: 'accept' };
    expect(await ask('SELECT 1 AS one', { options: accepted })).toContain('[1 row]');
    expect(await ask("COPY users TO PROGRAM 'true'", { options: accepted })).toMatch(/^refused: /);
    expect(
      await ask('WITH gone AS (DELETE FROM orders RETURNING id) SELECT * FROM gone', { options: accepted }),
    ).toMatch(/^refused: /);
    await powerful.end();
  });
});
