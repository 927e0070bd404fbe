import { Agent, type Host, type Tool, tool } from '@pawl/core';
import { respond, scriptedModel } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hosts } from './hosts.ts';

/** A tool that is defined outside the application. The schema is the same in every version. */
function createSend(definitionHash: string, sent: string[]): Tool<unknown> {
  return tool({
    name: 'send',
    description: 'Sends a text.',
    input: z.object({ text: z.string() }),
    definitionHash,
    execute: ({ text }) => {
      sent.push(`${definitionHash}: ${text}`);
      return 'sent';
    },
  });
}

function createSender(send: Tool<unknown>): Agent {
  const model = scriptedModel(({ messages }) =>
    messages.some(({ role }) => role === 'tool') ? respond.text('Done.') : respond.call('send', { text: 'Hi.' }),
  );
  return new Agent({ name: 'sender', model, tools: [send] });
}

/** Starts a run whose process dies before the call of its tool starts. */
async function startAndDie(inner: Host, agent: Agent): Promise<Host> {
  const host = new FaultyHost(inner, { at: 2, moment: 'after' });
  await expect(agent.run('Go.', { host, runId: 'run' }).outcome()).rejects.toThrow();
  return host;
}

describe.each(hosts)('an open call of a tool with a definitionHash, on $name,', ({ open }) => {
  test('does not run if the tool was rewritten, and the run stays resumable with the old tool', async () => {
    const sent: string[] = [];
    const host = await startAndDie(open(), createSender(createSend('v1', sent)));
    const rewritten = createSender(createSend('v2', sent));
    await expect(rewritten.resume('run', { host }).outcome()).rejects.toMatchObject({
      code: 'run.changed',
      message: expect.stringContaining('must not run: the definition of the tool has changed'),
    });
    expect(sent).toEqual([]);
    const outcome = await createSender(createSend('v1', sent)).resume('run', { host }).outcome();
    expect(outcome.messages[2]).toMatchObject({ content: 'sent' });
    expect(sent).toEqual(['v1: Hi.']);
  });

  test('runs with the rewritten tool if onVersionMismatch is continue', async () => {
    const sent: string[] = [];
    const host = await startAndDie(open(), createSender(createSend('v1', sent)));
    const rewritten = createSender(createSend('v2', sent));
    await rewritten.resume('run', { host, onVersionMismatch: 'continue' });
    expect(sent).toEqual(['v2: Hi.']);
  });

  test('runs with the same definition', async () => {
    const sent: string[] = [];
    const host = await startAndDie(open(), createSender(createSend('v1', sent)));
    await createSender(createSend('v1', sent)).resume('run', { host });
    expect(sent).toEqual(['v1: Hi.']);
  });

  test('runs with the rewritten tool if a person approves that', async () => {
    const sent: string[] = [];
    const host = open();
    const asking = (hash: string) => createSender({ ...createSend(hash, sent), needsApproval: true });
    let outcome = await asking('v1').run('Go.', { host, runId: 'run' }).outcome();
    for (const expected of ['v1', 'v2']) {
      const [pending] = outcome.status === 'suspended' ? outcome.pending : [];
      expect(pending?.definitionHash).toBe(expected);
      await host.answer('run', pending?.id ?? '', { type: 'approve', fingerprint: pending?.fingerprint ?? '' });
      outcome = await asking('v2').resume('run', { host }).outcome();
    }
    expect(outcome.status).toBe('completed');
    expect(sent).toEqual(['v2: Hi.']);
  });

  test('is recorded with the run', async () => {
    const host = open();
    await createSender(createSend('v1', [])).run('Go.', { host, runId: 'run' });
    expect((await host.claim('run')).record.definition?.tools).toEqual({ send: 'v1' });
  });
});
