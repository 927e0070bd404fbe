import type { Outcome, RunEvent } from '@pawl/core';
import { type CustomToolCall, type FunctionToolCall, getMessageText, type Json } from '@pawl/core/chat';
import { findOutcomeProblem, toProblem } from '../outcome-problem.ts';
import type { ErrorBody } from '../problem.ts';
import { toPublicEvent } from '../public-event.ts';
import {
  type CompletionIdentity,
  type CompletionUsage,
  describeOutcome,
  type FinishReason,
  type PawlField,
  readAnswer,
  toCompletionUsage,
} from './completion.ts';

type CallDelta = (FunctionToolCall | CustomToolCall) & { readonly index: number };

/** What a chunk adds to the message. */
export interface ChatDelta {
  readonly role?: 'assistant';
  readonly content?: string;
  readonly reasoning_content?: string;
  readonly refusal?: string;
  readonly tool_calls?: readonly CallDelta[];
}

/** https://platform.openai.com/docs/api-reference/chat/streaming */
export interface CompletionChunk {
  readonly id: string;
  readonly object: 'chat.completion.chunk';
  readonly created: number;
  readonly model: string;
  readonly choices: readonly {
    readonly index: 0;
    readonly delta: ChatDelta;
    readonly logprobs: null;
    readonly finish_reason: FinishReason | null;
  }[];
  readonly usage?: CompletionUsage | null;
  /** An event of the run, or how it ended. Clients of OpenAI's API skip it. */
  readonly pawl?: PawlField | { readonly event: Json };
}

/** The data of an event of the stream: a chunk, or what ended the run. */
export type ChatFrame = CompletionChunk | { readonly error: ErrorBody };

export interface ChatEncoderOptions extends CompletionIdentity {
  /** `live`: text as it is written. `whole`: the text of the last turn at the end, that of earlier turns as reasoning. */
  readonly text: 'live' | 'whole';
  readonly reasoning: boolean;
  /** Whether the last chunk has the usage. */
  readonly includeUsage: boolean;
  /** Whether events without a place in the protocol are sent as the field `pawl`. */
  readonly includeEvents: boolean;
  /** The names of the caller's own tools. */
  readonly callerTools: ReadonlySet<string>;
  /** Leaves out the turns up to this one: the client has them. @defaultValue 0 */
  readonly afterTurn?: number;
}

/**
 * Encodes the events of a run as chunks of Chat Completions. Live, replayed and resumed runs give the same message.
 *
 * The protocol cannot take text back. If an attempt is discarded, the encoder leaves out the beginning of the next one that equals the text that
 * was sent, or says in a line that the answer begins again.
 */
export class ChatEncoder {
  readonly #options: ChatEncoderOptions;
  #hasRole = false;
  #hasEnded = false;
  #turn = 0;
  /** The text of the turn that was sent. */
  #sent = '';
  /** The text of the attempt that has arrived. The same as `#sent`, unless an attempt was discarded. */
  #arrived = '';
  /** Whether an earlier turn has text: a blank line separates it from the next. */
  #hasEarlierText = false;
  #sentRefusal = '';
  /** In `whole`: the text of the last complete turn. */
  #held = '';

  constructor(options: ChatEncoderOptions) {
    this.#options = options;
  }

  encode(event: RunEvent): readonly ChatFrame[] {
    if (event.path !== '') return [];
    if (event.type === 'run.finished') return this.#finish(event.outcome);
    const { afterTurn = 0 } = this.#options;
    if ('turn' in event && event.turn <= afterTurn) return [];
    const frames = this.#encodeProgress(event);
    return this.#hasRole || frames.length === 0 ? frames : [this.#createRole(), ...frames];
  }

  /** Encodes the error of a host: the run has no outcome. */
  fail(error: unknown): readonly ChatFrame[] {
    this.#hasEnded = true;
    return [{ error: toProblem(error).error }];
  }

  /** Encodes the end of a stream whose run goes on. */
  close(): readonly ChatFrame[] {
    if (this.#hasEnded) return [];
    const { id } = this.#options;
    const message = `The stream has ended before the run. Read the rest with GET /v1/chat/completions/${id}.`;
    return [{ error: { message, type: 'server_error', param: null, code: 'stream.closed' } }];
  }

  #encodeProgress(event: RunEvent): readonly ChatFrame[] {
    const isLive = this.#options.text === 'live';
    switch (event.type) {
      case 'run.started':
        return this.#hasRole ? [] : [this.#createRole()];
      case 'text.delta':
        if (!isLive) return [];
        this.#enterTurn(event.turn);
        return this.#addText(event.delta);
      case 'reasoning.delta':
        return this.#options.reasoning && isLive ? [this.#createChunk({ reasoning_content: event.delta })] : [];
      case 'refusal.delta':
        this.#sentRefusal += isLive ? event.delta : '';
        return isLive ? [this.#createChunk({ refusal: event.delta })] : [];
      case 'attempt.discarded':
        this.#arrived = '';
        return [];
      case 'model.responded':
        return event.rejection === undefined ? this.#completeTurn(event.turn, getMessageText(event.message)) : [];
      case 'tool.started':
      case 'tool.progress':
      case 'handoff.completed':
      case 'limit.approaching':
      case 'attempt.failed':
      case 'response.repaired':
        return this.#encodeEvent(event);
    }
    return [];
  }

  #enterTurn(turn: number): void {
    if (turn === this.#turn) return;
    this.#hasEarlierText ||= this.#sent !== '';
    this.#turn = turn;
    this.#sent = '';
    this.#arrived = '';
  }

  #addText(delta: string): readonly ChatFrame[] {
    if (delta === '') return [];
    const isInStep = this.#arrived.length === this.#sent.length;
    const before = this.#sent;
    this.#arrived += delta;
    if (isInStep) {
      const separator = before === '' && this.#hasEarlierText ? '\n\n' : '';
      this.#sent = this.#arrived;
      return [this.#createChunk({ content: separator + delta })];
    }
    return this.#catchUp();
  }

  /** Compares a new attempt with the text that was sent of a discarded one. */
  #catchUp(): readonly ChatFrame[] {
    if (this.#sent.startsWith(this.#arrived)) return [];
    const rest = this.#arrived.startsWith(this.#sent)
      ? this.#arrived.slice(this.#sent.length)
      : `${BEGINS_AGAIN}${this.#arrived}`;
    const separator = this.#sent === '' && this.#hasEarlierText ? '\n\n' : '';
    this.#sent = this.#arrived;
    return [this.#createChunk({ content: separator + rest })];
  }

  /** Sends what is missing of a turn's text: all of it for a replayed run. */
  #completeTurn(turn: number, text: string): readonly ChatFrame[] {
    if (this.#options.text === 'whole') return this.#holdText(text);
    this.#enterTurn(turn);
    this.#arrived = text;
    if (text === '' || text === this.#sent) return [];
    // The response is shorter than what was sent of a discarded attempt.
    if (this.#sent.startsWith(text)) {
      this.#sent = text;
      return [this.#createChunk({ content: `${BEGINS_AGAIN}${text}` })];
    }
    return this.#catchUp();
  }

  #holdText(text: string): readonly ChatFrame[] {
    const earlier = this.#held;
    this.#held = text === '' ? this.#held : text;
    return text === '' || earlier === '' ? [] : [this.#createChunk({ reasoning_content: `${earlier}\n\n` })];
  }

  #encodeEvent(event: RunEvent): readonly ChatFrame[] {
    if (!this.#options.includeEvents) return [];
    return [{ ...this.#createChunk({}), pawl: { event: toPublicEvent(event) } }];
  }

  #finish(outcome: Outcome<unknown>): readonly ChatFrame[] {
    this.#hasEnded = true;
    const problem = findOutcomeProblem(outcome);
    if (problem !== undefined) return [{ error: problem.error }];
    const { text, refusal = '', calls, finishReason } = readAnswer(outcome, this.#options);
    const frames: ChatFrame[] = this.#hasRole ? [] : [this.#createRole()];
    frames.push(...this.#sendRest(outcome, text ?? ''));
    if (!this.#sentRefusal.startsWith(refusal)) {
      frames.push(
        this.#createChunk({
          refusal: refusal.slice(refusal.startsWith(this.#sentRefusal) ? this.#sentRefusal.length : 0),
        }),
      );
    }
    if (calls.length > 0)
      frames.push(this.#createChunk({ tool_calls: calls.map((call, index) => ({ ...call, index })) }));
    frames.push({ ...this.#createChunk({}, finishReason), pawl: describeOutcome(outcome) });
    if (this.#options.includeUsage) {
      frames.push({ ...this.#createChunk({}), choices: [], usage: toCompletionUsage(outcome.usage) });
    }
    return frames;
  }

  /** Sends what the answer has beyond the texts of the turns: the whole text, or where to answer a pending call. */
  #sendRest(outcome: Outcome<unknown>, text: string): readonly ChatFrame[] {
    if (text === '') return [];
    const known = this.#options.text === 'whole' ? '' : this.#sent;
    if (text === known) return [];
    if (known !== '' && text.startsWith(known)) return [this.#createChunk({ content: text.slice(known.length) })];
    if (known !== '' && outcome.status !== 'suspended')
      return [this.#createChunk({ content: `${BEGINS_AGAIN}${text}` })];
    const separator = known !== '' || (this.#hasEarlierText && this.#options.text === 'live') ? '\n\n' : '';
    return [this.#createChunk({ content: separator + text })];
  }

  #createRole(): CompletionChunk {
    this.#hasRole = true;
    return this.#createChunk({ role: 'assistant', content: '' });
  }

  #createChunk(delta: ChatDelta, finishReason: FinishReason | null = null): CompletionChunk {
    const { id, created, model, includeUsage } = this.#options;
    return {
      id,
      object: 'chat.completion.chunk',
      created,
      model,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
      ...(includeUsage && { usage: null }),
    };
  }
}

/** A client has text that the answer does not begin with. */
const BEGINS_AGAIN = '\n\n[The answer begins again.]\n\n';
