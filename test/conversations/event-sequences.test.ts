// Double clicks, late approvals, parallel tabs, crashes: a conversation contains each executed call once.
import { Agent, type Conversation, conversation, type Host, HostError, type Run, tool } from '@pawl/core';
import { checkHistory, respond, scriptedModel } from '@pawl/testing';
import { FaultyHost } from '@pawl/testing/host';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { stores } from './stores.ts';

/** Creates an agent that executes each requested refund, and reports the result. */
function createClerk(ran: string[]): Agent {
  const refund = tool({
    name: 'refund',
    description: 'Pays back.',
    input: z.object({ order: z.string() }),
    needsApproval: true,
    execute: ({ order }) => {
      ran.push(order);
      return `paid back ${order}`;
    },
  });
  const model = scriptedModel(({ messages }) => {
    const last = messages.at(-1);
    const order = /refund (\w+)/.exec(String(last?.content))?.[1];
    return last?.role === 'user' && order !== undefined
      ? respond.call('refund', { order })
      : respond.text('All right.');
  });
  return new Agent({ name: 'clerk', model, tools: [refund] });
}

type Step =
  | { readonly type: 'say' | 'run'; readonly isRefund: boolean }
  | { readonly type: 'double'; readonly isRefund: boolean }
  | { readonly type: 'approve' | 'resume' }
  | { readonly type: 'crash'; readonly at: number; readonly moment: 'before' | 'within' | 'after' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constantFrom('say' as const, 'run' as const, 'double' as const), isRefund: fc.boolean() }),
  fc.record({ type: fc.constantFrom('approve' as const, 'resume' as const) }),
  fc.record({
    type: fc.constant('crash' as const),
    at: fc.integer({ min: 1, max: 5 }),
    moment: fc.constantFrom('before' as const, 'within' as const, 'after' as const),
  }),
);

/** Awaits a run. Ignores a HostError, which the scenario causes; other errors fail the test. */
async function settle(run: Run): Promise<void> {
  await run.outcome().catch((error: unknown) => {
    if (!HostError.isInstance(error)) throw error;
  });
}

class Scenario {
  readonly ran: string[] = [];
  readonly texts: string[] = [];
  readonly #host: Host;
  readonly #chat: Conversation;

  constructor(host: Host, chat: Conversation) {
    this.#host = host;
    this.#chat = chat;
  }

  async take(step: Step): Promise<void> {
    switch (step.type) {
      case 'say':
        return settle(this.#continue(this.#text(step.isRefund)));
      case 'double': {
        await Promise.all(
          [this.#text(step.isRefund), this.#text(step.isRefund)].map((text) => settle(this.#continue(text))),
        );
        return;
      }
      case 'run':
        return settle(createClerk(this.ran).run(this.#text(step.isRefund), this.#options(this.#host)));
      case 'crash': {
        const host = new FaultyHost(this.#host, { at: step.at, moment: step.moment });
        return settle(createClerk(this.ran).run(this.#text(true), this.#options(host)));
      }
      case 'approve':
        return this.#approve();
      case 'resume':
        return this.#resume();
    }
  }

  /** Approves and resumes runs until none is open. */
  async finish(): Promise<void> {
    for (let round = 0; round < 50 && (await this.#open()).length > 0; round++) {
      await this.#approve();
      await this.#resume();
    }
    expect(await this.#open()).toEqual([]);
  }

  #continue(text: string): Run {
    return createClerk(this.ran).continueConversation(text, this.#options(this.#host));
  }

  #text(isRefund: boolean): string {
    const text = isRefund ? `refund n${this.texts.length}` : `hello ${this.texts.length}`;
    this.texts.push(text);
    return text;
  }

  #options(host: Host) {
    return { host, conversation: this.#chat };
  }

  async #open(): Promise<readonly string[]> {
    const runs = await this.#host.listRuns({ conversation: this.#chat.id });
    return runs.filter(({ status }) => status === 'suspended' || status === 'interrupted').map(({ runId }) => runId);
  }

  async #approve(): Promise<void> {
    for (const runId of await this.#open()) {
      const { outcome } = await this.#host.getRun(runId);
      for (const { id, fingerprint } of outcome?.status === 'suspended' ? outcome.pending : []) {
        await this.#host.answer(runId, id, { type: 'approve', fingerprint }).catch(() => undefined); // It may be answered already.
      }
    }
  }

  async #resume(): Promise<void> {
    for (const runId of await this.#open())
      await settle(createClerk(this.ran).resume(runId, this.#options(this.#host)));
  }
}

describe.each(stores)('a conversation on $name after any sequence of events', ({ open }) => {
  test('has each user message and each executed result once, and is a valid history', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        const { host, store } = open();
        const chat = conversation({ id: 'c', store });
        const scenario = new Scenario(host, chat);
        for (const each of steps) await scenario.take(each);
        await scenario.finish();
        const messages = await chat.getMessages();
        const users = messages.flatMap(({ role, content }) => (role === 'user' ? [String(content)] : []));
        const results = messages.flatMap(({ role, content }) => (role === 'tool' ? [String(content)] : []));

        expect(users.toSorted()).toEqual(scenario.texts.toSorted());
        for (const order of new Set(scenario.ran)) {
          expect(results.filter((each) => each === `paid back ${order}`)).toHaveLength(
            scenario.ran.filter((each) => each === order).length,
          );
        }
        expect(checkHistory(messages)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});
