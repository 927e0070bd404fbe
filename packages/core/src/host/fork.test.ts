import { describe, expect, test } from 'vitest';
import type { JournalEvent } from '../event/journal-event.ts';
import { createFork, type ForkSource, toMessages } from './fork.ts';
import type { RunRecord } from './host.ts';

const conversation = { id: 'talk', version: 3, kept: 1 };
const record: RunRecord = {
  runId: 'run',
  schemaVersion: 1,
  agent: 'agent',
  messages: [{ role: 'user', content: 'Go.' }],
  limits: { turns: 5 },
  metadata: { for: 'Ann' },
  at: 1,
  conversation,
};

/** Not in the order of the run: parallel calls are recorded in the order in which they end. */
const STEPS = [
  'start',
  'model:1',
  'tool:1.1:look',
  'check:1.2',
  'answer:1.2',
  'tool:1.0:look',
  'tool:1.0/model:1',
  'tool:1.2:pay',
  'model:2',
  'answer:2.0',
];

const createSource = (fields: Partial<RunRecord> = {}, steps = STEPS): ForkSource => ({
  record: { ...record, ...fields },
  events: new Map(steps.map((step) => [step, createEvent(step)])),
});

/** The type of the event does not matter. Its reason names the step. */
function createEvent(step: string): JournalEvent {
  return { type: 'run.aborted', reason: step, at: 0, activeMs: 0 };
}

const own = {
  schemaVersion: 1,
  runId: 'fork',
  agent: 'agent',
  limits: { turns: 5 },
  metadata: { for: 'Ann' },
  at: 7,
};

describe('a fork before a step', () => {
  test('copies the steps before it, and is not part of the conversation', () => {
    const fork = createFork(createSource(), { options: { before: 'model:2', runId: 'fork' }, now: 7 });
    expect(fork.record).toEqual({
      ...own,
      messages: record.messages,
      forked: { runId: 'run', before: 'model:2' },
    });
    expect(STEPS.filter(fork.isCopied)).toEqual(STEPS.slice(0, 8));
  });

  test('keeps the conversation that its source was forked with', () => {
    const forked = { runId: 'first', before: 'model:1', conversation: { record, events: [], input: [] } };
    const fork = createFork(createSource({ forked }), { options: { before: 'model:2', runId: 'fork' }, now: 7 });
    expect(fork.record.forked).toEqual({ runId: 'run', before: 'model:2', conversation: forked.conversation });
  });

  test('does not copy the answer to a call whose result it does not copy', () => {
    const fork = createFork(createSource(), { options: { before: 'tool:1.2:pay', runId: 'fork' }, now: 7 });
    const names = ['answer:1.2', 'approval:1.2', 'unknown_outcome:1.2:1', 'nested:1.2', 'answer:1.20', 'check:1.2'];
    expect(names.filter(fork.isCopied)).toEqual(['check:1.2']);
  });

  test('copies the answer to a call whose result it copies', () => {
    const fork = createFork(createSource(), { options: { before: 'model:2', runId: 'fork' }, now: 7 });
    expect(['answer:1.2', 'approval:1.2', 'nested:1.0'].filter(fork.isCopied)).toEqual([
      'answer:1.2',
      'approval:1.2',
      'nested:1.0',
    ]);
  });

  test('distinguishes the results of a nested run from those of the run itself', () => {
    const steps = ['model:1', 'answer:1.0', 'tool:1.0/answer:1.0', 'tool:1.0/tool:1.0:pay', 'tool:1.0:work'];
    const fork = createFork(createSource({}, steps), { options: { before: 'tool:1.0:work', runId: 'fork' }, now: 7 });
    expect(steps.filter(fork.isCopied)).toEqual(['model:1']);
    const inside = ['tool:1.0/answer:1.0', 'tool:1.0/tool:1.0:pay', 'tool:1.0/model:2', 'model:2'];
    const nested = createFork(createSource({}, inside), {
      options: { before: 'tool:1.0/model:2', runId: 'fork' },
      now: 7,
    });
    expect(inside.filter(nested.isCopied)).toEqual(inside.slice(0, 2));
    const open = createFork(createSource({}, inside), {
      options: { before: 'tool:1.0/tool:1.0:pay', runId: 'fork' },
      now: 7,
    });
    expect(inside.filter(open.isCopied)).toEqual([]);
  });
});

test('a fork does not copy answers of later turns, nor of the tenth call', () => {
  const steps = ['answer:12.0', 'tool:3.1:look', 'answer:3.10', 'tool:12.0:pay'];
  const fork = createFork(createSource({}, steps), { options: { before: 'tool:12.0:pay', runId: 'fork' }, now: 7 });
  expect(steps.filter(fork.isCopied)).toEqual(['tool:3.1:look']);
});

describe('a fork with input', () => {
  test('continues from the messages before the step, in the order of the run', () => {
    const fork = createFork(createSource(), {
      options: { before: 'model:2', runId: 'fork', input: 'And back.' },
      now: 7,
    });
    const kept = ['start', 'model:1', 'check:1.2', 'answer:1.2', 'tool:1.0:look', 'tool:1.1:look', 'tool:1.2:pay'];
    expect(fork.record).toEqual({
      ...own,
      messages: record.messages,
      forked: {
        runId: 'run',
        before: 'model:2',
        conversation: {
          record,
          events: kept.map(createEvent),
          input: [{ role: 'user', content: 'And back.' }],
        },
      },
    });
    expect(STEPS.map(fork.isCopied)).toEqual(STEPS.map(() => false));
  });
});

describe('a fork with messages', () => {
  test('begins with these messages and the input, and copies no step', () => {
    const fork = createFork(createSource(), {
      options: { before: 'model:2', runId: 'fork', messages: [{ role: 'user', content: 'Go.' }], input: 'And back.' },
      now: 7,
    });
    expect(fork.record).toEqual({
      ...own,
      messages: [
        { role: 'user', content: 'Go.' },
        { role: 'user', content: 'And back.' },
      ],
      forked: { runId: 'run', before: 'model:2' },
    });
    expect(STEPS.map(fork.isCopied)).toEqual(STEPS.map(() => false));
  });

  test('needs no input', () => {
    const messages = [{ role: 'user' as const, content: 'Stop.' }];
    const fork = createFork(createSource(), { options: { before: 'model:2', messages }, now: 7 });
    expect(fork.record.messages).toEqual(messages);
  });

  test('refuses an empty list', () => {
    const options = { before: 'model:2', messages: [], input: [] };
    expect(() => createFork(createSource(), { options, now: 7 })).toThrow('fork: messages is empty.');
  });
});

test.each([
  [
    [...STEPS, 'tool:2.0:pay', 'model:3'],
    'the last ones are: tool:1.2:pay, model:2, answer:2.0, tool:2.0:pay, model:3.',
  ],
  [[], 'the last ones are: none yet.'],
])('refuses an unknown step, and names the last known ones', (steps, message) => {
  const fork = () => createFork(createSource({}, [...steps]), { options: { before: 'model:9' }, now: 7 });
  expect(fork).toThrow(expect.objectContaining({ code: 'step.unknown', message: expect.stringContaining(message) }));
});

test('toMessages makes a user message of a text, and returns messages unchanged', () => {
  expect(toMessages('Go.')).toEqual([{ role: 'user', content: 'Go.' }]);
  expect(toMessages(record.messages)).toBe(record.messages);
});
