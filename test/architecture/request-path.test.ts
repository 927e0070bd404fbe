import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { offlineServer, respond } from '@pawl/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Entry, readSteps, type Step } from './request-path.ts';

const out = readSteps('The way out');
const back = readSteps('The way back');
const steps = [...out, ...back];

let entries: readonly Entry[] = [];

beforeAll(async () => {
  entries = await trace(steps);
});

async function trace(given: readonly Step[]): Promise<readonly Entry[]> {
  const server = await offlineServer({ script: () => respond.text('one two three') });
  const program = join(import.meta.dirname, 'trace-request.ts');
  try {
    const args = ['--no-warnings', program, server.baseURL, JSON.stringify(given)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout);
  } finally {
    await server.close();
  }
}

function filesOf(given: readonly Step[]): ReadonlySet<string> {
  return new Set(given.map(({ file }) => file));
}

/** Files on the way to a step that the list has not named up to it. */
function findUnlisted(given: readonly Step[], { step, files }: Entry): readonly string[] {
  const listed = filesOf(given.slice(0, step + 1));
  return files.filter((file) => !listed.has(file));
}

describe('the lists of a request path in docs/architecture.md', () => {
  test('lead from agent.run() to the transport through at most 24 files', () => {
    expect(out[0]).toEqual({ file: 'agent/agent.ts', name: 'run' });
    expect(out.at(-1)?.file).toMatch(/^openai\/transport\//);
    expect(filesOf(out).size).toBeLessThanOrEqual(24);
  });

  test('lead from the transport to the outcome through at most 14 files', () => {
    expect(back[0]?.file).toMatch(/^openai\/transport\//);
    expect(back.at(-1)?.file).toBe('agent/run-attempt.ts');
    expect(filesOf(back).size).toBeLessThanOrEqual(14);
  });

  test('contain the functions that a streamed request enters, in order', () => {
    const shown = entries.map(({ step }) => steps[step]);
    expect(shown).toEqual(steps);
  });

  test('omit no file between two steps', () => {
    expect(entries.flatMap((entry) => findUnlisted(steps, entry))).toEqual([]);
  });
});

describe('the trace detects a wrong list:', () => {
  const find = (name: string): number => steps.findIndex((step) => step.name === name);

  test('a missing function, or one that the request does not enter', async () => {
    const wrong = [{ file: 'agent/agent.ts', name: 'resume' }, { file: 'agent/agent.ts', name: 'gone' }, ...steps];
    const traced = await trace(wrong);
    expect(traced.map(({ step }) => step)).toEqual(steps.map((_, index) => index + 2));
  });

  test('two functions in the wrong order', async () => {
    const [one, other] = [find('callModel'), find('buildRequestBody')];
    const swapped = steps.map((step, index) => steps[index === one ? other : index === other ? one : index] ?? step);
    const traced = await trace(swapped);
    expect(traced.map(({ step }) => swapped[step])).not.toEqual(swapped);
  });

  test('a missing file', async () => {
    const file = 'model/attempts.ts';
    const shorter = steps.filter((step) => step.file !== file);
    const traced = await trace(shorter);
    expect(new Set(traced.flatMap((entry) => findUnlisted(shorter, entry)))).toEqual(new Set([file]));
  });
});
