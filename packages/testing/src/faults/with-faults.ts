import type { ChatModel, ChatReply, ChatRequest } from '@pawl/core';
import { scriptedModel } from '../model/scripted-model.ts';
import { reply } from '../script/build-reply.ts';
import { completion } from '../script/completion.ts';
import type { MessageReply, ModelReply, Reply } from '../script/reply.ts';
import { type Respond, Script, type ScriptEntries } from '../script/script.ts';
import {
  FAILURE_NAMES,
  type FailureName,
  failure,
  isFailure,
  isWireFailure,
  WIRE_FAILURE_NAMES,
  type WireFailureName,
  wireFailure,
} from './failures.ts';
import { QUIRK_NAMES, type QuirkName, quirky } from './quirks.ts';

/** A fault of a server: one that fails an attempt, or one that the reply says the same with. */
export type FaultName = FailureName | WireFailureName | QuirkName;

/** Which faults come: these, one a request, in this order; or some by a seed, the same ones for the same seed. */
export type Faults<Name extends string> = readonly (Name | 'none')[] | { readonly seed: number };

/** All that a server can do, in the order of their names' lists. */
export const FAULT_NAMES: readonly FaultName[] = [...FAILURE_NAMES, ...WIRE_FAILURE_NAMES, ...QUIRK_NAMES];

/**
 * The same script or model, with faults in between. A fault that fails a request takes nothing from the script: the request that is
 * made again gets the reply. By a seed no more than two come in a row, so that three attempts are enough.
 *
 * For the offline server all of them: `offlineServer({ script: withFaults([…], { seed: 7 }) })`. A model of any kind has no wire: only
 * those that reject.
 *
 * @throws TypeError for a name that is no fault, or none of a model's.
 */
export function withFaults(model: ChatModel, faults: Faults<FailureName>): ChatModel;
export function withFaults(script: ScriptEntries<Reply>, faults: Faults<FaultName>): Respond<Reply>;
export function withFaults(
  given: ChatModel | ScriptEntries<Reply>,
  faults: Faults<FailureName> | Faults<FaultName>,
): ChatModel | Respond<Reply> {
  if (isModel(given)) return faultyModel(given, faults as Faults<FailureName>); // By the first signature.
  return faultyScript(given, faults);
}

function isModel(given: ChatModel | ScriptEntries<Reply>): given is ChatModel {
  return 'send' in given;
}

function faultyModel(model: ChatModel, faults: Faults<FailureName>): ChatModel {
  const next = sequence<FailureName>(faults, FAILURE_NAMES);
  return {
    ...model,
    name: model.name,
    send(request, context): Promise<ChatReply> {
      const name = next();
      if (name === undefined) return model.send(request, context);
      return scriptedModel([failure(name, SOMETHING)], { name: model.name }).send(request, context);
    },
  };
}

function faultyScript(entries: ScriptEntries<Reply>, faults: Faults<FaultName>): Respond<Reply> {
  const script = new Script(entries);
  const next = sequence<FaultName>(faults, FAULT_NAMES);
  return async (request: ChatRequest): Promise<Reply> => {
    const name = next();
    if (name === undefined) return script.next(request);
    if (isWireFailure(name)) return wireFailure(name);
    if (isFailure(name)) return failure(name, SOMETHING);
    const given = await script.next(request);
    return given.type === 'message' ? quirky(name, completion(given, { request, model: 'faulty' }), request) : given;
  };
}

/** Begun, and not ended: nothing of it may be used. */
const SOMETHING: MessageReply & ModelReply = reply.text('This must not be used.');

const IN_A_ROW = 2;

function sequence<Name extends string>(faults: Faults<Name>, all: readonly Name[]): () => Name | undefined {
  if ('seed' in faults && !Number.isInteger(faults.seed)) {
    throw new TypeError(`The seed of faults is ${faults.seed}. Pass a whole number.`);
  }
  if ('seed' in faults) {
    const random = seeded(faults.seed);
    let row = 0;
    return () => {
      const isFault = random() < 0.6 && row < IN_A_ROW;
      row = isFault ? row + 1 : 0;
      return isFault ? all[Math.floor(random() * all.length)] : undefined;
    };
  }
  const unknown = faults.find((name) => name !== 'none' && !all.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`There is no fault "${unknown}" here. There are: none, ${all.join(', ')}.`);
  }
  let at = 0;
  return () => {
    const name = faults[at++];
    return name === 'none' ? undefined : name;
  };
}

/** mulberry32: small, and even enough for choosing faults. */
function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
