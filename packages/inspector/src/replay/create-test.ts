import type { Json } from '@pawl/core/chat';
import { createEventReader, type RunProgress } from '@pawl/core/host';
import { HttpProblem } from '@pawl/serve/access';
import type { SavedTest } from '../api.ts';
import { importPeer } from './import-testing.ts';

/**
 * Creates a test that runs the agent again with the recorded responses of its models and results of its tools, without a server, and expects the
 * same outcome and the same calls.
 *
 * @throws HttpProblem 422 for a run that has not ended, or is a flow; 501
 */
export async function createTest({ record, events, outcome }: RunProgress): Promise<SavedTest> {
  const { runId, agent } = record;
  if (outcome === undefined || outcome.status === 'suspended') {
    throw new HttpProblem(`Run "${runId}" has not ended. A test expects how a run ends.`, {
      status: 422,
      code: 'run.not_ended',
    });
  }
  const read = createEventReader(record);
  const recorded = events.map((event) => read(event));
  const { cassetteFrom } = await importPeer(() => import('@pawl/testing/cassette'));
  const name = agent.replace(/[^\w-]+/g, '-');
  // A nested agent is answered as a whole: only the responses of the run itself are asked for.
  const cassette = await writeCassette((path) =>
    cassetteFrom(
      recorded.filter(({ path: of }) => of === ''),
      path,
    ),
  );
  const calls = recorded.flatMap((event) =>
    event.path === '' &&
    (event.type === 'tool.finished' || event.type === 'tool.failed' || event.type === 'tool.skipped')
      ? [{ toolName: event.toolName, input: event.input ?? null, content: event.content }]
      : [],
  );
  const output = 'output' in outcome ? outcome.output : undefined;
  const expected = { status: outcome.status, ...(output !== undefined && { output: output as Json }), calls };
  return {
    files: [
      { name: `${name}.cassette.jsonl`, text: cassette },
      { name: `${name}.events.jsonl`, text: recorded.map((event) => `${JSON.stringify(event)}\n`).join('') },
      {
        name: `${name}.test.ts`,
        text: writeTest({ name, agent, messages: record.messages as unknown as Json, expected }),
      },
    ],
  };
}

/** `cassetteFrom` writes a file. */
async function writeCassette(write: (path: string) => void): Promise<string> {
  const { mkdtemp, readFile, rm } = await import('node:fs/promises');
  const [{ tmpdir }, { join }] = [await import('node:os'), await import('node:path')];
  const folder = await mkdtemp(join(tmpdir(), 'pawl-test-'));
  try {
    const path = join(folder, 'cassette.jsonl');
    write(path);
    return await readFile(path, 'utf8');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface TestParts {
  readonly name: string;
  readonly agent: string;
  readonly messages: Json;
  readonly expected: Readonly<Record<string, unknown>>;
}

function writeTest({ name, agent, messages, expected }: TestParts): string {
  const variable = /^[a-z]\w*$/i.test(agent) ? agent : 'agent';
  return `import { readFileSync } from 'node:fs';
import { openai } from '@pawl/core';
import { withRecordedTools } from '@pawl/testing';
import { cassette } from '@pawl/testing/cassette';
import { expect, test } from 'vitest';
import { ${variable} } from './${name}.ts'; // The file that exports the agent.

test(${JSON.stringify(`${agent}: a recorded run ends as before`)}, async () => {
  const tape = cassette(new URL('./${name}.cassette.jsonl', import.meta.url).pathname, { mode: 'replay' });
  const lines = readFileSync(new URL('./${name}.events.jsonl', import.meta.url), 'utf8').trim().split('\\n');
  const events = lines.map((line) => JSON.parse(line));
  const model = openai('recorded', { baseURL: 'http://recorded.invalid/v1', apiKey: 'none', fetch: tape.fetch, price: { input: 0, output: 0 } });
  const recorded = ${variable}.with({ models: () => model, tools: ({ tools }) => withRecordedTools(tools, events) });
  const calls: unknown[] = [];
  const run = recorded.run(${JSON.stringify(messages)});
  for await (const event of run) {
    if (event.path !== '' || (event.type !== 'tool.finished' && event.type !== 'tool.failed' && event.type !== 'tool.skipped')) continue;
    calls.push({ toolName: event.toolName, input: event.input ?? null, content: event.content });
  }
  const outcome = await run.outcome();
  const output = 'output' in outcome && outcome.output !== undefined ? { output: outcome.output } : {};
  expect(JSON.parse(JSON.stringify({ status: outcome.status, ...output, calls }))).toEqual(${JSON.stringify(expected)});
  tape.assertDone();
});
`;
}
