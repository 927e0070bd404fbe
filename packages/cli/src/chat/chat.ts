import { randomUUID } from 'node:crypto';
import type { Answer, Limits, PendingCall, Usage } from '@pawl/core';
import { getCallName } from '@pawl/core/chat';
import type { ReadableWireLog } from '@pawl/core/wire-log';
import type { CommandContext } from '../command-context.ts';
import { createUsageError } from '../errors.ts';
import { getInterruptCode } from '../interrupts.ts';
import { listPending, type ShownOutcome } from '../run-row.ts';
import type { AgentTarget, WatchedRun } from '../target/agent-target.ts';
import { quoteArgument } from '../target/open-target.ts';
import { askAboutCall, buildEdit, showCall } from '../terminal/ask-about-call.ts';
import type { ChatInput } from '../terminal/chat-input.ts';
import { canAsk } from '../terminal/prompt.ts';
import { count, RunPrinter } from '../terminal/run-printer.ts';
import { showWire } from '../wire/show-wire.ts';
import { printChatRun } from './print-chat-run.ts';

export interface ChatOptions {
  readonly agent: AgentTarget;
  readonly input: ChatInput;
  readonly limits: Limits;
  readonly conversation: string;
  readonly wireLog: ReadableWireLog;
}

/** A conversation with an agent, line by line. */
export class Chat {
  readonly #context: CommandContext;
  readonly #options: ChatOptions;
  #conversation: string;
  #lastRun: string | undefined;
  #usage: Usage | undefined;
  #runCount = 0;

  constructor(context: CommandContext, options: ChatOptions) {
    this.#context = context;
    this.#options = options;
    this.#conversation = options.conversation;
  }

  /** Shows what the conversation has, and the calls that wait. */
  async begin(): Promise<void> {
    const { agent, conversation } = this.#options;
    const { output } = this.#context;
    const messages = await agent.readConversation(conversation);
    const known = messages.length === 0 ? '' : ` with ${count(messages.length, 'message')}`;
    output.note(
      `── ${agent.name}, conversation ${conversation}${known}. /help lists the commands; /exit or Ctrl-D leaves.`,
      'dim',
    );
    const runId = await agent.findOpenRun(conversation);
    if (runId === undefined) return;
    this.#lastRun = runId;
    const pending = listPending(await agent.runs.get(runId));
    if (pending.length > 0) {
      output.note(`Run "${runId}" waits. A new message goes to it in place of the answers.`, 'yellow');
      await this.#settle(runId, pending);
    } else {
      output.note(`Run "${runId}" was interrupted, and is continued.`, 'yellow');
      await this.#watch(agent.resume(runId));
    }
  }

  /** Handles a line. Resolves with the exit code if the chat ends. */
  async handle(line: string): Promise<number | undefined> {
    const [, name, rest = ''] = /^\/(\w+)(?:\s+([\s\S]*))?$/.exec(line.trim()) ?? [];
    if (name === undefined) return this.#send(line);
    const [first = '', ...others] = rest.split(/\s+/);
    switch (name) {
      case 'exit':
      case 'quit':
        return this.#endChat();
      case 'approve':
        return this.#answer(first, async ({ fingerprint }) => ({ type: 'approve', fingerprint }));
      case 'deny':
        return this.#deny(first, others.join(' '));
      case 'edit':
        return this.#answer(first, (call) => this.#edit(call));
      case 'steer':
        this.#context.output.note('No run is at work. The text is sent as a message.');
        return this.#send(rest);
      case 'fork':
        await this.#fork(rest);
        return undefined;
      case 'cost':
        this.#showCost();
        return undefined;
      case 'wire':
        await showWire(this.#context.output, { log: this.#options.wireLog, runId: this.#lastRun, which: rest });
        return undefined;
      case 'help':
        this.#context.output.noteWhole(HELP);
        return undefined;
    }
    throw createUsageError(
      `There is no command "/${name}". /help lists them. A message cannot begin so: put a space before it.`,
    );
  }

  async #send(message: string): Promise<number | undefined> {
    const { agent, limits } = this.#options;
    const text = message.startsWith(' /') ? message.slice(1) : message;
    return this.#watch(await agent.sendToConversation(text, { conversation: this.#conversation, limits }));
  }

  /** Shows a run until it has ended or waits, and asks about its calls. */
  async #watch(run: WatchedRun): Promise<number | undefined> {
    const { agent, input } = this.#options;
    const printer = new RunPrinter(this.#context.output, { form: 'text', hasTextGuard: agent.hasTextGuard });
    const end = await printChatRun(this.#context, { run, printer, input });
    this.#lastRun = run.runId;
    if (end.type === 'left') return getInterruptCode(end.interruption);
    await printer.finish(end.outcome);
    await this.#count(end.outcome);
    return end.outcome.status === 'suspended' ? this.#settle(run.runId, end.outcome.pending) : undefined;
  }

  /** Asks about the calls of a run, and continues it if one was answered. */
  async #settle(runId: string, pending: readonly PendingCall[]): Promise<number | undefined> {
    const { agent, input } = this.#options;
    if (!canAsk(this.#context.io)) {
      for (const call of pending) showCall(call, this.#context);
      this.#context.output.noteWhole('Answer with /approve, /deny or /edit. A message cancels the calls.');
      return undefined;
    }
    input.pause();
    let isAnswered = false;
    for (const call of pending) {
      const answer = await askAboutCall(call, this.#context, (tool, given) => agent.checkInput(tool, given));
      if (answer === undefined) continue;
      await agent.runs.answer(runId, call.id, answer);
      isAnswered = true;
    }
    return isAnswered ? this.#watch(agent.resume(runId)) : undefined;
  }

  /** @param reply - `undefined` answers nothing */
  async #answer(given: string, reply: (call: PendingCall) => Promise<Answer | undefined>): Promise<number | undefined> {
    const { agent } = this.#options;
    const { runId, call } = await this.#findCall(given);
    const answer = await reply(call);
    if (answer === undefined) return undefined;
    await agent.runs.answer(runId, call.id, answer);
    return this.#watch(agent.resume(runId));
  }

  /** `/deny too expensive` has a reason and no call. */
  async #deny(first: string, rest: string): Promise<number | undefined> {
    const isCall = first.includes(':');
    const reason = isCall ? rest : `${first} ${rest}`.trim();
    return this.#answer(isCall ? first : '', async ({ fingerprint }) => ({
      type: 'deny',
      fingerprint,
      ...(reason !== '' && { reason }),
    }));
  }

  async #edit(call: PendingCall): Promise<Answer | undefined> {
    const { agent, input } = this.#options;
    input.pause();
    return buildEdit(call, this.#context, (tool, given) => agent.checkInput(tool, given));
  }

  async #findCall(given: string): Promise<{ readonly runId: string; readonly call: PendingCall }> {
    const { agent } = this.#options;
    const runId = await agent.findOpenRun(this.#conversation);
    const pending = runId === undefined ? [] : listPending(await agent.runs.get(runId));
    const found = given === '' && pending.length === 1 ? pending[0] : pending.find(({ id }) => id === given);
    if (runId !== undefined && found !== undefined) return { runId, call: found };
    const list = pending.map((call) => `${call.id} (${getCallName(call.call)})`).join(', ');
    throw createUsageError(pending.length === 0 ? 'No call waits.' : `Name one of the calls that wait: ${list}`);
  }

  async #fork(given: string): Promise<void> {
    const { agent } = this.#options;
    const messages = await agent.readConversation(this.#conversation);
    const starts = messages.flatMap(({ role }, index) => (role === 'user' ? [index] : []));
    const turn = Number(given);
    const at = /^\d+$/.test(given) ? starts[turn - 1] : undefined;
    if (at === undefined) {
      throw createUsageError(
        `/fork takes a turn from 1 to ${starts.length}: the conversation continues from before that message.`,
      );
    }
    const id = randomUUID();
    await agent.createConversation(id, messages.slice(0, at));
    this.#conversation = id;
    this.#context.output.note(`── conversation ${id} continues from before turn ${turn}`, 'dim');
  }

  async #count({ usage }: ShownOutcome): Promise<void> {
    const { addUsage } = await import('@pawl/core/events');
    this.#runCount++;
    this.#usage = this.#usage === undefined ? usage : addUsage(this.#usage, usage);
  }

  #showCost(): void {
    const { output } = this.#context;
    if (this.#usage === undefined) {
      output.noteWhole('Nothing was used yet.');
      return;
    }
    const { inputTokens, cachedInputTokens, outputTokens, cost } = this.#usage;
    const { cost: max } = this.#options.limits;
    const limit = max === undefined ? '' : `; each run may cost $${max}`;
    output.noteWhole(
      `${count(this.#runCount, 'run')}: ${inputTokens} tokens in (${cachedInputTokens} cached), ${outputTokens} out, $${cost.toFixed(5)}${limit}`,
    );
  }

  async #endChat(): Promise<number> {
    const { agent } = this.#options;
    const open = await agent.findOpenRun(this.#conversation);
    if (open !== undefined) {
      this.#context.output.noteWhole(
        `Run "${open}" stays open: pawl chat ${quoteArgument(agent.spelling)} --conversation ${quoteArgument(this.#conversation)}`,
      );
    }
    return 0;
  }
}

const HELP = `  text                       the next message; while a run is at work, it is sent to its model
  /approve [CALL]            approves the call that waits
  /deny [CALL] [reason]      denies it
  /edit CALL                 approves it with other arguments
  /steer TEXT                says something to the run at work
  /fork N                    continues from before message N as a new conversation
  /cost                      what was used
  /wire [N]                  request N of the last run, without keys
  /exit                      leaves; an open run stays
  a \\ at the end of a line continues it; a pasted text is one message`;
