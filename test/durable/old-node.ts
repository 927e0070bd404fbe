import { writeSync } from 'node:fs';
import { ConfigError } from '@pawl/core';
import { sqliteConversations, sqliteHost } from '@pawl/core/sqlite';

/** Opens databases on a Node that may have no SQLite, and prints the results. */
for (const open of [sqliteHost, sqliteConversations]) {
  try {
    await open(':memory:').close();
    writeSync(1, 'opened\n');
  } catch (error) {
    writeSync(1, error instanceof ConfigError ? `${error.message}\n` : `${error}\n`);
  }
}
