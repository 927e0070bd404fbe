import { checkOptions, type OptionTable, type Outcome, type Usage } from '@pawl/core';
import type { ResponseObject } from '@pawl/responses/wire';
import { NO_USAGE } from '../count-usage.ts';
import type { KnownCall } from './encode-calls.ts';
import type { StreamedPart } from './encode-parts.ts';
import { NOTHING_SENT, type SentStream } from './response-draft.ts';
import { buildResponse, type ResponseHead } from './response-object.ts';

/** How a run is shown as a response. */
export interface ResponsesEncoderOptions {
  /** The id of the response. @defaultValue the run's id */
  readonly id?: string;
  /** Seconds since 1970. @defaultValue when the run began */
  readonly createdAt?: number;
  readonly previousResponseId?: string;
  /** @defaultValue false */
  readonly background?: boolean;
  /** @defaultValue none */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** The tools that the client executes, as on the wire. @defaultValue none */
  readonly tools?: readonly { readonly name: string }[];
  /** `'whole'`: the text of a turn is sent when the turn has its response, which guards have checked then. @defaultValue 'live' */
  readonly text?: 'live' | 'whole';
  /** `'status'`: without the results of calls. @defaultValue 'full' */
  readonly toolOutput?: 'full' | 'status';
  /** The position of the last event before the response: it answers calls of the run. @defaultValue 0: the whole run */
  readonly after?: number;
  /**
   * Whether a process that stopped may have streamed another response of the turn: then the numbers of this one are higher.
   *
   * @defaultValue no turn
   */
  readonly isRepeatedTurn?: (turn: number) => boolean;
}

const ENCODER: OptionTable<ResponsesEncoderOptions> = {
  keys: {
    id: 'text',
    createdAt: 'number',
    previousResponseId: 'text',
    background: 'boolean',
    metadata: 'object',
    tools: 'list',
    text: { live: true, whole: true },
    toolOutput: { full: true, status: true },
    after: 'number',
    isRepeatedTurn: 'function',
  },
};

/** What the encoder knows of the stream so far. Plain data; a state can be used again. */
export interface ResponsesState {
  readonly options: ResponsesEncoderOptions;
  readonly callerTools: ReadonlySet<string>;
  /** Absent before the first event. */
  readonly head?: ResponseHead;
  readonly sent: SentStream;
  /** The parts of the response under way. */
  readonly parts: readonly StreamedPart[];
  /** How many items the response had before the last turn. */
  readonly turnStart: number;
  /** The calls, by wire id. */
  readonly calls: ReadonlyMap<string, KnownCall>;
  /** The ids of the pending calls that have an item. */
  readonly asked: ReadonlySet<string>;
  /** What the run had used before the response. */
  readonly usageBefore: Usage;
  readonly outcome?: Outcome<unknown>;
}

/** Returns the state before the first event. @throws ConfigError for an unknown option or value */
export function createResponsesState(given: ResponsesEncoderOptions = {}): ResponsesState {
  const options = checkOptions(given, ENCODER, 'createResponsesState()');
  return {
    options,
    callerTools: new Set((options.tools ?? []).map(({ name }) => name)),
    sent: NOTHING_SENT,
    parts: [],
    turnStart: 0,
    calls: new Map(),
    asked: new Set(),
    usageBefore: NO_USAGE,
  };
}

/** Returns the response as it is; `undefined` before its first event. */
export function readResponse({ head, sent, outcome, usageBefore }: ResponsesState): ResponseObject | undefined {
  if (head === undefined) return undefined;
  return buildResponse(head, { output: sent.output, usageBefore, ...(outcome !== undefined && { outcome }) });
}
