import { DurableError } from '@pawl/core';
import type { Database } from './database.ts';

/** Raised with each change of the tables that an older version of this package can't work with. */
const FORMAT = 1;

/**
 * Makes the tables, once for however many processes come first at the same time.
 *
 * @throws DurableError `host.newer`
 */
export async function prepareTables(database: Database, prepareEngine: () => Promise<void>): Promise<void> {
  await database.transaction(async (client) => {
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended('pawl:format', 0))");
    await client.query(
      'CREATE SCHEMA IF NOT EXISTS pawl; CREATE TABLE IF NOT EXISTS pawl.format (number integer NOT NULL)',
    );
    const { rows } = await client.query('SELECT number FROM pawl.format');
    const format = Number(rows[0]?.['number'] ?? 0);
    if (format > FORMAT) {
      throw new DurableError(
        `The database has Pawl's tables in format ${format}, and this version knows ${FORMAT}. Install a newer @pawl/dbos.`,
        { code: 'host.newer' },
      );
    }
    if (format === FORMAT) return;
    await prepareEngine();
    await client.query(TABLES);
    await client.query('INSERT INTO pawl.format VALUES ($1)', [FORMAT]);
  });
}

/** What DBOS has no place for. The steps are DBOS's own, in its schema `dbos`. */
const TABLES = `
  CREATE TABLE pawl.runs (
    run_id text PRIMARY KEY,
    number bigserial NOT NULL,
    agent text NOT NULL,
    record text NOT NULL,
    status text NOT NULL,
    outcome text,
    attempts integer NOT NULL DEFAULT 0,
    executor_id text,
    token text,
    workflow_id text,
    cancelled text,
    started_at bigint NOT NULL,
    updated_at bigint NOT NULL
  );
  CREATE INDEX runs_by_status ON pawl.runs (status, number);
  CREATE INDEX runs_at_work ON pawl.runs (executor_id) WHERE status = 'running';
  CREATE TABLE pawl.attempts (
    run_id text NOT NULL REFERENCES pawl.runs ON DELETE CASCADE,
    number integer NOT NULL,
    workflow_id text NOT NULL,
    PRIMARY KEY (run_id, number)
  );
  CREATE TABLE pawl.forked_steps (
    run_id text NOT NULL REFERENCES pawl.runs ON DELETE CASCADE,
    name text NOT NULL,
    position bigint NOT NULL,
    value text NOT NULL,
    PRIMARY KEY (run_id, name)
  );
  CREATE TABLE pawl.intents (
    run_id text NOT NULL REFERENCES pawl.runs ON DELETE CASCADE,
    name text NOT NULL,
    PRIMARY KEY (run_id, name)
  );
  CREATE TABLE pawl.waits (
    run_id text NOT NULL REFERENCES pawl.runs ON DELETE CASCADE,
    name text NOT NULL,
    fingerprint text NOT NULL,
    accepts text NOT NULL,
    expires_at bigint,
    word text,
    taken boolean NOT NULL DEFAULT false,
    PRIMARY KEY (run_id, name)
  );
  CREATE INDEX waits_by_expiry ON pawl.waits (expires_at) WHERE word IS NULL AND NOT taken;
  CREATE TABLE pawl.executors (executor_id text PRIMARY KEY);

  CREATE FUNCTION pawl.lock_key(executor_id text) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT hashtextextended('pawl:executor:' || executor_id, 0) $$;

  -- An executor is alive as long as its session has its lock: https://www.postgresql.org/docs/current/view-pg-locks.html
  CREATE FUNCTION pawl.is_alive(executor_id text) RETURNS boolean LANGUAGE sql STABLE
    AS $$ SELECT EXISTS (
      SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid <> pg_backend_pid()
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (classid::bigint << 32 | objid::bigint) = pawl.lock_key(executor_id)
    ) $$;
`;
