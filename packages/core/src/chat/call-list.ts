import { isRecord } from '../base/json.ts';
import { CallBuilder } from './call-builder.ts';
import { ProtocolError } from './errors.ts';
import { type MatchScope, matchCall } from './match-call.ts';
import type { ToolCall } from './message.ts';
import { type CallPiece, readCall } from './read-call.ts';
import type { RepairList } from './repair-list.ts';
import type { RequestTools } from './request-tools.ts';
import type { Delta } from './response.ts';

export interface CallListOptions {
  readonly choice: number;
  readonly repairs: RepairList;
  /** A response with more calls in one choice is an error. */
  readonly maxCalls: number;
  readonly tools: RequestTools;
}

/** Where a list of calls came from: a `delta` has pieces of calls, a `message` whole calls. */
export type CallForm = 'delta' | 'message';

/** The tool calls of one choice, in the order of their first pieces. */
export class CallList {
  readonly #choice: number;
  readonly #path: string;
  readonly #repairs: RepairList;
  readonly #maxCalls: number;
  readonly #tools: RequestTools;
  readonly #calls: CallBuilder[] = [];
  /** The last call of each index. */
  readonly #last = new Map<number, CallBuilder>();
  readonly #ids = new Map<CallBuilder, string>();
  #hasPieces = false;

  constructor({ choice, repairs, maxCalls, tools }: CallListOptions) {
    this.#maxCalls = maxCalls;
    this.#tools = tools;
    this.#choice = choice;
    this.#path = `choices[${choice}].message`;
    this.#repairs = repairs;
  }

  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  /** Reads `tool_calls`. */
  read(wire: unknown, form: CallForm): readonly Delta[] {
    const list = this.#readList(wire);
    if (form === 'delta') this.#hasPieces = true;
    const touched = new Set<CallBuilder>();
    const deltas: Delta[] = [];
    for (let at = 0; at < list.length; at++) {
      const element = list[at];
      if (!isRecord(element)) {
        this.#repairs.add(`${this.#path}.tool_calls`, 'an element that is no object, left out');
        continue;
      }
      const piece = readCall(element);
      const position = list.length > 1 ? at : undefined;
      const call =
        (form === 'delta' ? this.#findMatch(piece, { touched, position }) : undefined) ?? this.#beginCall(piece);
      if (call === undefined) continue;
      touched.add(call);
      call.add(piece);
      this.#addDelta(deltas, call, call.takeDelta());
    }
    return deltas;
  }

  #findMatch(piece: CallPiece, place: Pick<MatchScope<CallBuilder>, 'touched' | 'position'>): CallBuilder | undefined {
    const last = piece.index === undefined ? undefined : this.#last.get(piece.index);
    return matchCall(piece, { calls: this.#calls, last, tools: this.#tools, ...place });
  }

  /** Returns the deltas that were held back, at the end. */
  flush(): readonly Delta[] {
    const deltas: Delta[] = [];
    for (const call of this.#calls) this.#addDelta(deltas, call, call.flush());
    return deltas;
  }

  /** Builds the calls. Each has a unique id. */
  build(): readonly ToolCall[] {
    if (this.#calls.length === 0) return NONE;
    if (this.#hasPieces) this.#reportIndexes();
    return this.#calls.map((call) => call.build(this.#assignId(call)));
  }

  #addDelta(deltas: Delta[], call: CallBuilder, delta: string | undefined): void {
    if (delta === undefined) return;
    const { position: index, toolName: name, isCustom } = call;
    const kind = isCustom ? { kind: 'custom' as const } : undefined;
    deltas.push({ type: 'call', index, id: this.#assignId(call), name, ...kind, delta });
  }

  /** The id of a call is final once a piece of it was emitted. */
  #assignId(call: CallBuilder): string {
    const known = this.#ids.get(call);
    if (known !== undefined) return known;
    const isFree = call.id !== '' && ![...this.#ids.values()].includes(call.id);
    const id = isFree ? call.id : this.#findFreeId(call.position);
    this.#ids.set(call, id);
    return id;
  }

  /** `null` needs no repair, because many servers send it in each response. */
  #readList(wire: unknown): readonly unknown[] {
    if (Array.isArray(wire)) return wire;
    if (wire === null || wire === undefined) return [];
    const isOne = isRecord(wire);
    const form = isOne ? 'one call: read as a list of one' : 'no list: left out';
    this.#repairs.add(`${this.#path}.tool_calls`, form);
    return isOne ? [wire] : [];
  }

  /** A placeholder without content does not begin a call. */
  #beginCall({ index, id, name, text }: CallPiece): CallBuilder | undefined {
    if (id === '' && name === '' && text === '') return undefined;
    if (this.#calls.length >= this.#maxCalls) throw createTooManyCallsError(this.#maxCalls);
    const position = this.#calls.length;
    const path = `${this.#path}.tool_calls[${position}]`;
    const call = new CallBuilder({ index, position, path, repairs: this.#repairs, tools: this.#tools });
    this.#calls.push(call);
    if (index !== undefined) this.#last.set(index, call);
    return call;
  }

  /** Reports indexes that are missing, repeated or shifted. The calls are already read. */
  #reportIndexes(): void {
    const indexes = this.#calls.map(({ index }) => index);
    const [first] = indexes;
    const path = `${this.#path}.tool_calls`;
    if (indexes.includes(undefined)) this.#repairs.add(path, 'without an index: separated by their content');
    else if (new Set(indexes).size < indexes.length)
      this.#repairs.add(path, 'one index for several: separated by content');
    else if (first !== undefined && first > 0) this.#repairs.add(path, `counted from ${first}: now from 0`);
  }

  #findFreeId(at: number): string {
    const used = new Set([...this.#calls.map((call) => call.id), ...this.#ids.values()]);
    const id = `call_${this.#choice}_${at}`;
    let free = id;
    for (let count = 2; used.has(free); count++) free = `${id}_${count}`;
    return free;
  }
}

const NONE: readonly ToolCall[] = [];

function createTooManyCallsError(maxCalls: number): ProtocolError {
  const message = `The server's response has more than ${maxCalls} tool calls. None of them runs. If you expect so many, raise responseLimits.maxToolCalls.`;
  return new ProtocolError(message, { code: 'response.too_large', retryable: false });
}
