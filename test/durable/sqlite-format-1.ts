/** The SQL of a file of format 1: a run that has ended, with a large value; one that is running a call; and a suspended one. */
const TABLES = `
  PRAGMA application_id = 0x7061776c; PRAGMA user_version = 1; PRAGMA journal_mode = WAL;
  CREATE TABLE runs (
    run_id TEXT PRIMARY KEY, agent TEXT NOT NULL, record TEXT NOT NULL, status TEXT NOT NULL, outcome TEXT,
    attempts INTEGER NOT NULL, started_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, cancelled TEXT,
    lease_token TEXT, lease_place TEXT, lease_pid INTEGER, lease_until INTEGER
  ) STRICT;
  CREATE INDEX runs_by_status ON runs (status, updated_at);
  CREATE TABLE steps (
    run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, name TEXT NOT NULL, value TEXT, reference TEXT,
    PRIMARY KEY (run_id, name)
  ) STRICT;
  CREATE TABLE large_values (
    run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, reference TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (run_id, reference)
  ) STRICT;
  CREATE TABLE intents (
    run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, name TEXT NOT NULL, attempt TEXT NOT NULL,
    PRIMARY KEY (run_id, name)
  ) STRICT;
  CREATE TABLE waits (
    run_id TEXT NOT NULL REFERENCES runs ON DELETE CASCADE, name TEXT NOT NULL, fingerprint TEXT NOT NULL,
    accepts TEXT NOT NULL, expires_at INTEGER, word TEXT, taken INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (run_id, name)
  ) STRICT;
  CREATE TABLE conversations (conversation_id TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT;
  CREATE TABLE conversation_messages (
    conversation_id TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE, position INTEGER NOT NULL,
    message TEXT NOT NULL, PRIMARY KEY (conversation_id, position)
  ) STRICT;
  CREATE TABLE conversation_runs (
    conversation_id TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE, version INTEGER NOT NULL,
    run_id TEXT NOT NULL, PRIMARY KEY (conversation_id, version)
  ) STRICT;
`;

function serializeRecord(runId: string, more: object): string {
  const messages = [{ role: 'user', content: 'Go.' }];
  return JSON.stringify({
    schemaVersion: 1,
    runId,
    agent: 'agent',
    messages,
    limits: {},
    metadata: {},
    at: 100,
    ...more,
  });
}

const STARTED = JSON.stringify({ type: 'run.started', at: 100, activeMs: 0 });
const WROTE = JSON.stringify({
  type: 'user.interrupted',
  turn: 1,
  message: { role: 'user', content: 'x'.repeat(70_000) },
});
const CONVERSATION = { conversation: { id: 'chat', version: 0, kept: 0 } };

export const FORMAT_1: string = `${TABLES}
  INSERT INTO runs VALUES
    ('ended', 'agent', '${serializeRecord('ended', { metadata: { user: 'ada' } })}', 'completed',
      '{"status":"completed","text":"Done."}', 1, 100, 200, NULL, NULL, NULL, NULL, NULL),
    ('at work', 'agent', '${serializeRecord('at work', {})}', 'running', NULL, 1, 100, 100, NULL, 'token', 'place', 1, 5),
    ('waiting', 'agent', '${serializeRecord('waiting', CONVERSATION)}', 'suspended', '{"status":"suspended","pending":[]}',
      1, 100, 100, NULL, NULL, NULL, NULL, NULL);
  INSERT INTO steps VALUES ('ended', 'start', '${STARTED}', NULL), ('ended', 'model:1', NULL, 'reference');
  INSERT INTO large_values VALUES ('ended', 'reference', '${WROTE}');
  INSERT INTO intents VALUES ('at work', 'tool:1.0', 'at work#1');
  INSERT INTO waits VALUES ('waiting', 'approval:1.0', 'f', '["approve"]', NULL, NULL, 0);
`;
