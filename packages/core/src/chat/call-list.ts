import { isRecord } from '../base/json.ts';
import { CallBuilder } from './call-builder.ts';
import { ProtocolError } from './errors.ts';
import { type Matching, matchCall } from './match-call.ts';
import type { ToolCall } from './message.ts';
import { type CallPiece, readCall } from './read-call.ts';
import type { MendList } from './repair-list.ts';
import type { RequestTools } from './request-tools.ts';
import type { Delta } from './response.ts';

export interface CallListOptions {
  readonly choice: number;
  readonly mends: MendList;
  /** More than that is no reply that can be used. */
  readonly maxCalls: number;
  readonly tools: RequestTools;
}

/** The form in which a list of calls came: `delta` with pieces, or `message` with whole ones. */
export type CallForm = 'delta' | 'message';

/** The tool calls of one choice, in the order in which they began. */
export class CallList {
  readonly #choice: number;
  readonly #path: string;
  readonly #mends: MendList;
  readonly #maxCalls: number;
  readonly #tools: RequestTools;
  readonly #calls: CallBuilder[] = [];
  /** The last one of each index. */
  readonly #last = new Map<number, CallBuilder>();
  readonly #ids = new Map<CallBuilder, string>();
  #isInPieces = false;

  constructor({ choice, mends, maxCalls, tools }: CallListOptions) {
    this.#maxCalls = maxCalls;
    this.#tools = tools;
    this.#choice = choice;
    this.#path = `choices[${choice}].message`;
    this.#mends = mends;
  }

  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  /** Reads `tool_calls`. */
  read(wire: unknown, form: CallForm): readonly Delta[] {
    const list = this.#listOf(wire);
    if (form === 'delta') this.#isInPieces = true;
    const touched = new Set<CallBuilder>();
    const deltas: Delta[] = [];
    for (let at = 0; at < list.length; at++) {
      const element = list[at];
      if (!isRecord(element)) {
        this.#mends.add(`${this.#path}.tool_calls`, 'an element that is no object, left out');
        continue;
      }
      const piece = readCall(element);
      const position = list.length > 1 ? at : undefined;
      const call = (form === 'delta' ? this.#matching(piece, { touched, position }) : undefined) ?? this.#begin(piece);
      if (call === undefined) continue;
      touched.add(call);
      call.add(piece);
      this.#tell(deltas, call, call.takeUntold());
    }
    return deltas;
  }

  #matching(piece: CallPiece, place: Pick<Matching<CallBuilder>, 'touched' | 'position'>): CallBuilder | undefined {
    const last = piece.index === undefined ? undefined : this.#last.get(piece.index);
    return matchCall(piece, { calls: this.#calls, last, tools: this.#tools, ...place });
  }

  /** What was held back, at the end. */
  settle(): readonly Delta[] {
    const deltas: Delta[] = [];
    for (const call of this.#calls) this.#tell(deltas, call, call.settle());
    return deltas;
  }

  /** Every call has an id of its own. */
  build(): readonly ToolCall[] {
    if (this.#calls.length === 0) return NONE;
    if (this.#isInPieces) this.#checkIndexes();
    return this.#calls.map((call) => call.build(this.#idOf(call)));
  }

  #tell(deltas: Delta[], call: CallBuilder, delta: string | undefined): void {
    if (delta === undefined) return;
    deltas.push({ type: 'call', index: call.position, id: this.#idOf(call), name: call.toolName, delta });
  }

  /** The id of a call is final once a piece of it was emitted. */
  #idOf(call: CallBuilder): string {
    const known = this.#ids.get(call);
    if (known !== undefined) return known;
    const isFree = call.id !== '' && ![...this.#ids.values()].includes(call.id);
    const id = isFree ? call.id : this.#freeId(call.position);
    this.#ids.set(call, id);
    return id;
  }

  /** None at all is no fault: many servers say so in each reply. */
  #listOf(wire: unknown): readonly unknown[] {
    if (Array.isArray(wire)) return wire;
    if (wire === null || wire === undefined) return [];
    const isOne = isRecord(wire);
    const form = isOne ? 'one call: read as a list of one' : 'no list: left out';
    this.#mends.add(`${this.#path}.tool_calls`, form);
    return isOne ? [wire] : [];
  }

  /** Placeholders without any content begin nothing. */
  #begin({ index, id, name, text }: CallPiece): CallBuilder | undefined {
    if (id === '' && name === '' && text === '') return undefined;
    if (this.#calls.length >= this.#maxCalls) throw tooMany(this.#maxCalls);
    const position = this.#calls.length;
    const path = `${this.#path}.tool_calls[${position}]`;
    const call = new CallBuilder({ index, position, path, mends: this.#mends, tools: this.#tools });
    this.#calls.push(call);
    if (index !== undefined) this.#last.set(index, call);
    return call;
  }

  /** They were read as well as can be; here it is only said. */
  #checkIndexes(): void {
    const indexes = this.#calls.map(({ index }) => index);
    const [first] = indexes;
    const path = `${this.#path}.tool_calls`;
    if (indexes.includes(undefined)) this.#mends.add(path, 'without an index: told apart by their content');
    else if (new Set(indexes).size < indexes.length)
      this.#mends.add(path, 'one index for several: told apart by content');
    else if (first !== undefined && first > 0) this.#mends.add(path, `counted from ${first}: now from 0`);
  }

  #freeId(at: number): string {
    const given = new Set([...this.#calls.map((call) => call.id), ...this.#ids.values()]);
    const id = `call_${this.#choice}_${at}`;
    let free = id;
    for (let count = 2; given.has(free); count++) free = `${id}_${count}`;
    return free;
  }
}

const NONE: readonly ToolCall[] = [];

function tooMany(maxCalls: number): ProtocolError {
  const message = `The server's reply asks for more than ${maxCalls} calls. None of them is run. If they are meant, raise responseLimits.maxToolCalls.`;
  return new ProtocolError(message, { code: 'response.too_large', retryable: false });
}
