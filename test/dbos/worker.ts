import { appendFileSync, existsSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { dbosHost } from '@pawl/dbos';
import { journey, watch } from '../durable/journey.ts';

/**
 * A worker of many: `node worker.ts <url> <executorId> <folder>`. What is done for a run is written to its journal in the
 * folder, which no crash takes back. Whoever does the n-th thing for run `run-n` dies of it, once.
 */
const [url = '', executorId = '', folder = ''] = process.argv.slice(2);

function mark(runId: string, what: string): void {
  const journal = join(folder, runId);
  appendFileSync(journal, `${executorId} ${what}\n`);
  const killAt = Number(runId.split('-')[1]);
  const isOver = existsSync(`${journal}.killed`);
  if (isOver || readFileSync(journal, 'utf8').trim().split('\n').length !== killAt) return;
  writeFileSync(`${journal}.killed`, executorId);
  process.kill(process.pid, 'SIGKILL');
}

const host = await dbosHost({
  url,
  executorId,
  agents: [journey(mark)],
  queue: { pollingMs: 50 },
  onRun: (run) => watch(run, mark),
});
process.once('SIGTERM', () => void host.close());
writeSync(1, 'ready\n');
