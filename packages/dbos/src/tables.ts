import { HostError } from '@pawl/core';
import type { Database } from './database.ts';

/** Incremented with each change of the tables that an older version of this package cannot work with. */
const FORMAT = 3;

/**
 * Creates the tables, once, even if several processes start at the same time.
 *
 * @throws HostError `host.newer`, `host.older`
 */
export async function prepareTables(database: Database, prepareEngine: () => Promise<void>): Promise<void> {
  await database.runTransaction(async (client) => {
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended('pawl:format', 0))");
    await client.query(
      'CREATE SCHEMA IF NOT EXISTS pawl; CREATE TABLE IF NOT EXISTS pawl.format (number integer NOT NULL)',
    );
    const { rows } = await client.query('SELECT number FROM pawl.format');
    const format = Number(rows[0]?.['number'] ?? 0);
    if (format === FORMAT) return;
    if (format > FORMAT) {
      throw new HostError(
        `The database has Pawl's tables in format ${format}, and this version reads format ${FORMAT}. Install a newer @pawl/dbos.`,
        { code: 'host.newer' },
      );
    }
    if (format > 0) {
      throw new HostError(
        `The database has Pawl's tables in format ${format}, and this version reads format ${FORMAT}. Let the older version finish its runs, then pass another database, or drop the schemas "pawl" and "dbos".`,
        { code: 'host.older' },
      );
    }
    await prepareEngine();
    await client.query(TABLES);
    await client.query('INSERT INTO pawl.format VALUES ($1)', [FORMAT]);
  });
}

/** The tables of Pawl. The queues are in the tables of DBOS, in the schema `dbos`. */
const TABLES = `
  CREATE TABLE pawl.runs (
    run_id text PRIMARY KEY,
    number bigserial NOT NULL UNIQUE,
    agent text NOT NULL,
    record text NOT NULL,
    -- Of the record. Workers take runs of their version only.
    schema_version integer NOT NULL,
    metadata text NOT NULL,
    conversation text,
    owner text,
    status text NOT NULL,
    outcome text,
    attempts integer NOT NULL DEFAULT 0,
    executor_id text,
    token text UNIQUE,
    cancelled text,
    -- The workflow by which the run waits in a queue, until a worker claims it.
    left_workflow text,
    started_at bigint NOT NULL,
    updated_at bigint NOT NULL
  );
  CREATE INDEX runs_by_status ON pawl.runs (status, number);
  CREATE INDEX runs_by_agent ON pawl.runs (agent, number);
  CREATE INDEX runs_by_conversation ON pawl.runs (conversation, number) WHERE conversation IS NOT NULL;
  CREATE INDEX runs_by_owner ON pawl.runs (owner, number) WHERE owner IS NOT NULL;
  CREATE INDEX runs_at_work ON pawl.runs (executor_id) WHERE status = 'running';
  CREATE INDEX runs_left ON pawl.runs (number) WHERE left_workflow IS NOT NULL;
  CREATE TABLE pawl.run_metadata (
    hash text NOT NULL,
    run_id text NOT NULL REFERENCES pawl.runs ON DELETE CASCADE,
    PRIMARY KEY (hash, run_id)
  );
  CREATE INDEX run_metadata_by_run ON pawl.run_metadata (run_id);
  CREATE TABLE pawl.attempts (
    run_id text NOT NULL REFERENCES pawl.runs ON DELETE CASCADE,
    workflow_id text NOT NULL,
    PRIMARY KEY (run_id, workflow_id)
  );
  CREATE TABLE pawl.steps (
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
    answered_by text,
    PRIMARY KEY (run_id, name)
  );
  CREATE INDEX waits_by_expiry ON pawl.waits (expires_at) WHERE word IS NULL AND NOT taken;
  CREATE TABLE pawl.executors (
    executor_id text PRIMARY KEY,
    -- Increases as long as the worker is not hanging.
    beats bigint NOT NULL DEFAULT 0
  );

  CREATE FUNCTION pawl.lock_key(executor_id text) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT hashtextextended('pawl:executor:' || executor_id, 0) $$;

  -- The backend that holds the lock of an executor: https://www.postgresql.org/docs/current/view-pg-locks.html
  CREATE FUNCTION pawl.backend_of(executor_id text) RETURNS integer LANGUAGE sql STABLE
    AS $$
      SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid <> pg_backend_pid()
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (classid::bigint << 32 | objid::bigint) = pawl.lock_key(executor_id) LIMIT 1
    $$;

  -- An executor is alive as long as its session has its lock.
  CREATE FUNCTION pawl.is_alive(executor_id text) RETURNS boolean LANGUAGE sql STABLE
    AS $$ SELECT pawl.backend_of(executor_id) IS NOT NULL $$;
`;
