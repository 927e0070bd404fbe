// Runs the given modules one after the other in this process, against an offline server. Reports the result of each in marked lines of its
// standard output.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blockNetwork, offlineServer } from '@pawl/testing';
import { MARK } from './read-page.ts';

const DEADLINE_MS = 20_000;

blockNetwork();
const server = await offlineServer();
const folder = mkdtempSync(join(tmpdir(), 'pawl-docs-'));
const environment = { ...process.env, OPENAI_API_KEY: 'not-a-key', OPENAI_BASE_URL: server.baseURL };
let fail: (error: unknown) => void = () => undefined;
process.on('unhandledRejection', (error) => fail(error));
process.on('uncaughtException', (error) => fail(error));

for (const path of process.argv.slice(2)) {
  console.log(`${MARK}begin ${path}`);
  process.env = { ...environment };
  process.chdir(mkdtempSync(join(folder, 'program-'))); // Each program writes files into its own folder.
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const deadline = setTimeout(() => fail(new Error(`The program takes longer than ${DEADLINE_MS} ms.`)), DEADLINE_MS);
  try {
    await Promise.race([import(path), failed]);
  } catch (error) {
    console.log(`${MARK}failed ${JSON.stringify(describeError(error))}`);
  }
  clearTimeout(deadline);
}

process.chdir(folder);
rmSync(folder, { recursive: true, force: true });
process.exit(); // Ends what a program has left open.

/** Describes an error by its stack, without the frames inside Node. */
function describeError(error: unknown): string {
  const lines = String((error instanceof Error && error.stack) || error).split('\n');
  return lines.filter((line) => !line.includes('node:internal')).join('\n');
}
