import type { ChatModel } from '@pawl/core';
import { checkOptions, type OptionTable } from '@pawl/core';
import type { ChatResponse } from '@pawl/core/chat';
import { scriptedModel } from '../model/scripted-model.ts';
import { respond } from '../script/build-reply.ts';
import { completion } from '../script/completion.ts';
import type { ScriptedMessageResponse, ScriptedModelResponse, ScriptedResponse } from '../script/reply.ts';
import { Script, type ScriptEntries, type ScriptFunction } from '../script/script.ts';
import {
  FAILURE_NAMES,
  type FailureName,
  failure,
  HARD_FAILURE_NAMES,
  type HardFailureName,
  WIRE_FAILURE_NAMES,
  type WireFailureName,
  wireFailure,
} from './failures.ts';
import { MODEL_QUIRK_NAMES, type ModelQuirkName, withModelQuirk } from './model-quirks.ts';
import { QUIRK_NAMES, type QuirkName, quirkNamed, quirky } from './quirks.ts';

/** A fault of a server: one that fails an attempt, or one that the reply says the same with. */
export type FaultName = FailureName | WireFailureName | HardFailureName | QuirkName;

/** Those that a model without a wire can have. */
export type ModelFaultName = FailureName | HardFailureName | ModelQuirkName;

/** Which faults come: these, one a request, in this order; or some by a seed, the same ones for the same seed. */
export type Faults<Name extends string> = readonly (Name | 'none')[] | { readonly seed: number };

/** What a server can do and a run survives by itself, in the order of their names' lists. */
export const FAULT_NAMES: readonly FaultName[] = [...FAILURE_NAMES, ...WIRE_FAILURE_NAMES, ...QUIRK_NAMES];

/** Those that no other attempt helps with, and `stall`, which takes a deadline's time. Never chosen by a seed. */
export const HARD_FAULT_NAMES: readonly FaultName[] = HARD_FAILURE_NAMES;

const MODEL_FAULT_NAMES: readonly ModelFaultName[] = [...FAILURE_NAMES, ...MODEL_QUIRK_NAMES];

/**
 * The same script or model, with faults in between. A fault that fails a request takes nothing from the script: the request that is
 * made again gets the reply. By a seed no more than two come in a row, so that three attempts are enough.
 *
 * For the offline server all of them: `offlineServer({ script: withFaults([…], { seed: 7 }) })`. A model of any kind has no wire: only
 * those that reject, and what can be wrong with a reply that is read.
 *
 * @throws TypeError for a name that is no fault, or none of a model's.
 */
export function withFaults(model: ChatModel, faults: Faults<ModelFaultName>): ChatModel;
export function withFaults(
  script: ScriptEntries<ScriptedResponse>,
  faults: Faults<FaultName>,
): ScriptFunction<ScriptedResponse>;
export function withFaults(
  given: ChatModel | ScriptEntries<ScriptedResponse>,
  faults: Faults<ModelFaultName> | Faults<FaultName>,
): ChatModel | ScriptFunction<ScriptedResponse> {
  if (isModel(given)) return faultyModel(given, faults as Faults<ModelFaultName>); // By the first signature.
  return faultyScript(given, faults);
}

function isModel(given: ChatModel | ScriptEntries<ScriptedResponse>): given is ChatModel {
  return 'send' in given;
}

function faultyModel(model: ChatModel, faults: Faults<ModelFaultName>): ChatModel {
  const next = sequence<ModelFaultName>(faults, MODEL_FAULT_NAMES, HARD_FAILURE_NAMES);
  return {
    ...model,
    name: model.name,
    async send(request, context): Promise<ChatResponse> {
      const name = next();
      if (name === undefined) return model.send(request, context);
      const failing = failure(name, SOMETHING);
      if (failing === undefined) return withModelQuirk(name, await model.send(request, context));
      return scriptedModel([failing], { name: model.name }).send(request, context);
    },
  };
}

function faultyScript(
  entries: ScriptEntries<ScriptedResponse>,
  faults: Faults<FaultName>,
): ScriptFunction<ScriptedResponse> {
  const script = new Script(entries);
  const next = sequence<FaultName>(faults, FAULT_NAMES, HARD_FAULT_NAMES);
  return async (request, context): Promise<ScriptedResponse> => {
    const name = next();
    if (name === undefined) return script.next(request, context);
    const failing = wireFailure(name) ?? failure(name, SOMETHING);
    if (failing !== undefined) return failing;
    const given = await script.next(request, context);
    const quirk = quirkNamed(name);
    if (given.type !== 'message' || quirk === undefined) return given;
    return quirky(quirk, completion(given, { request, model: 'faulty' }), request);
  };
}

/** Begun, and not ended: nothing of it may be used. */
const SOMETHING: ScriptedMessageResponse & ScriptedModelResponse = respond.text('This must not be used.');

const IN_A_ROW = 2;

type BySeed = Extract<Faults<never>, { readonly seed: number }>;

const BY_SEED: OptionTable<BySeed> = { keys: { seed: 'any' } };

/** A seed chooses from `chosen`; those of `hard` come by name only. */
function sequence<N extends string>(faults: Faults<N>, chosen: readonly N[], hard: readonly N[]): () => N | undefined {
  if (!Array.isArray(faults)) return bySeed(checkOptions(faults as BySeed, BY_SEED, 'withFaults').seed, chosen);
  const all = [...chosen, ...hard];
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

function bySeed<Name>(seed: number, chosen: readonly Name[]): () => Name | undefined {
  if (!Number.isInteger(seed)) throw new TypeError(`The seed of faults is ${seed}. Pass a whole number.`);
  const random = seeded(seed);
  let row = 0;
  return () => {
    const isFault = random() < 0.6 && row < IN_A_ROW;
    row = isFault ? row + 1 : 0;
    return isFault ? chosen[Math.floor(random() * chosen.length)] : undefined;
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
