import { writeSync } from 'node:fs';
import { PawlError } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { startTogether } from './start-together.ts';

/** Answers one call five times at once: `node answerer.ts <file> <id> <fingerprint> <name>`. Prints the reason or the error code of each answer. */
const [file = '', id = '', fingerprint = '', name = ''] = process.argv.slice(2);
const host = sqliteHost(file);
await startTogether();
const answers = Array.from({ length: 5 }, async (_, index) => {
  const reason = `${name}${index}`;
  try {
    await host.answer('run', id, { type: 'deny', fingerprint, reason });
    return reason;
  } catch (error) {
    if (!PawlError.isInstance(error)) throw error;
    return error.code;
  }
});
const results = await Promise.all(answers);
await host.close();
writeSync(1, JSON.stringify(results));
