import { appendFileSync, writeSync } from 'node:fs';
import { Agent, type Answer, type Effect, type Outcome, type PendingCall, SuspendRun, tool } from '@pawl/core';
import { sqliteHost } from '@pawl/core/sqlite';
import { respond, scriptedModel } from '@pawl/testing';
import { z } from 'zod';
import { watch } from './traveller.ts';

/**
 * Works on a run whose tools suspend it twice with a state: `node suspending-worker.ts <file> <journal> <what> <n>`. Kills itself when
 * it does `what` for the n-th time, or never without it. Writes each action to the journal, and prints the outcome at the end.
 */
const [file = '', journal = '', fatal, times = '1'] = process.argv.slice(2);

let count = 0;

function mark(what: string): void {
  appendFileSync(journal, `${what}\n`);
  if (what === fatal && ++count === Number(times)) process.kill(process.pid, 'SIGKILL');
}

/** A tool that asks for two values and returns both. */
function createAsking(name: string, effect: Effect) {
  return tool({
    name,
    description: 'Asks twice.',
    input: z.object({}),
    effect,
    execute: (_, { resumeData }) => {
      const values = resumeData === undefined ? [] : [...(resumeData.state as readonly string[]), resumeData.value];
      mark(`start ${name} ${values.length}`);
      if (values.length < 2) throw new SuspendRun(`Value ${values.length}?`, { state: values });
      mark(`end ${name}`);
      return values.join(' and ');
    },
  });
}

const model = scriptedModel(({ messages }) => {
  mark('ask');
  return messages.some(({ role }) => role === 'tool')
    ? respond.text('All there.')
    : respond.calls([
        { name: 'once', arguments: {}, id: 'call_once' },
        { name: 'often', arguments: {}, id: 'call_often' },
      ]);
});
const tools = [createAsking('once', 'non-idempotent'), createAsking('often', 'idempotent')];
const agent = new Agent({ name: 'suspender', model, tools });
const host = sqliteHost(file, { synchronous: 'normal' }); // `full` differs only after a power failure.

function createAnswer({ id, fingerprint }: PendingCall): Answer {
  return { type: 'resume', fingerprint, value: `value of ${id}` };
}

async function startAttempt(): Promise<Outcome<unknown>> {
  const isStarted = (await host.listRuns()).length > 0;
  const run = isStarted ? agent.resume('run', { host }) : agent.run('Go.', { host, runId: 'run' });
  watch(run, (_, what) => mark(what));
  return run.outcome();
}

let outcome = await startAttempt();
while (outcome.status === 'suspended') {
  for (const pending of outcome.pending) {
    mark(`answer ${pending.id}`);
    await host.answer('run', pending.id, createAnswer(pending));
    mark(`answered ${pending.id}`);
  }
  outcome = await startAttempt();
}
await host.close();
writeSync(1, JSON.stringify(outcome));
