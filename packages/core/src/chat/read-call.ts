import { findOverflow, isRecord } from '../base/json.ts';
import type { ToolCall } from './message.ts';
import { isPaddingValue } from './padding.ts';
import { stringifyWire, stringifyWithOverflow } from './stringify-wire.ts';

/** A tool call, or a piece of one, in uniform spelling. Absent texts are `''`. */
export interface CallPiece {
  readonly index: number | undefined;
  readonly id: string;
  readonly type: ToolCall['type'] | undefined;
  readonly name: string;
  /** The arguments, or the input of a custom tool. */
  readonly text: string;
  /** Whether the field was present. */
  readonly hasText: boolean;
  /** Other fields of the call, and other fields of its function. */
  readonly fields: Wire;
  readonly functionFields: Wire;
  readonly notes: readonly CallNote[];
}

/** A repair: the path inside the call, and what was done. */
export interface CallNote {
  readonly at: string;
  readonly note: string;
}

type Wire = Readonly<Record<string, unknown>>;

export function readCall(wire: Wire): CallPiece {
  const { index, id, type } = wire;
  const { called, custom } = selectInner(wire);
  const notes: CallNote[] = [];
  const isCustom = type === 'custom' || custom !== undefined;
  const inner = called ?? custom ?? readFlatCall(wire, notes);
  const { name } = inner;
  const field = selectTextField(inner, isCustom ? 'custom' : 'function', notes);
  const value = inner[field];
  const isFlat = inner === wire;
  return {
    index: readIndex(index),
    id: readId(id, notes),
    type: isCustom ? 'custom' : readType(type, notes),
    name: typeof name === 'string' ? name : '',
    text: readText(value, isCustom ? 'custom.input' : 'function.arguments', notes),
    hasText: isPresent(value),
    fields: omitFields(wire, isFlat ? [...OUTER, ...INNER] : OUTER),
    functionFields: isFlat ? NONE : omitFields(inner, INNER),
    notes,
  };
}

const OUTER = ['index', 'id', 'type', 'function', 'custom'];
const INNER = ['name', 'arguments', 'input'];
const NONE: Wire = {};

/** Selects the function or the custom tool. Some servers send both, one filled with empty texts. A custom tool's input can be empty, its name cannot. */
function selectInner({ type, function: called, custom }: Wire): { readonly called?: Wire; readonly custom?: Wire } {
  if (!isRecord(custom)) return isRecord(called) ? { called } : {};
  if (!isRecord(called)) return { custom };
  const isEither = isPaddingValue(called) === isPaddingValue(custom);
  return (isEither ? type === 'custom' : isPaddingValue(called)) ? { custom } : { called };
}

/** Reads a call whose name and arguments are not inside `function`. */
function readFlatCall(wire: Wire, notes: CallNote[]): Wire {
  if (!INNER.some((field) => isPresent(wire[field]))) return NONE;
  notes.push({ at: 'function', note: 'missing: name and arguments taken from the call itself' });
  return wire;
}

/** Selects the field with the text. A function has `arguments`, a custom tool `input`; some gateways swap them. */
function selectTextField(inner: Wire, type: ToolCall['type'], notes: CallNote[]): 'arguments' | 'input' {
  const isCustom = type === 'custom';
  const isInput = isPresent(inner['input']);
  const isArguments = isPresent(inner['arguments']);
  if (isInput === isArguments) return isCustom ? 'input' : 'arguments';
  if (isCustom && isArguments) notes.push({ at: 'custom.input', note: 'missing: taken from arguments' });
  if (!isCustom && isInput) notes.push({ at: 'function.arguments', note: 'missing: taken from input' });
  return isInput ? 'input' : 'arguments';
}

function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function readIndex(index: unknown): number | undefined {
  const number = typeof index === 'string' && /^\d+$/.test(index) ? Number(index) : index;
  return typeof number === 'number' && Number.isInteger(number) ? number : undefined;
}

function readId(id: unknown, notes: CallNote[]): string {
  if (typeof id === 'string' || id === null || id === undefined) return id ?? '';
  notes.push({ at: 'id', note: `a ${typeof id}, read as a text` });
  return stringifyWire(id);
}

function readType(type: unknown, notes: CallNote[]): 'function' | undefined {
  if (type === undefined || type === null || type === '') return undefined;
  if (type !== 'function') notes.push({ at: 'type', note: 'unknown: now "function"' });
  return 'function';
}

function readText(value: unknown, at: string, notes: CallNote[]): string {
  if (typeof value === 'string') return value;
  if (!isPresent(value)) return '';
  const form = Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
  notes.push({ at, note: `${form}, written as JSON` });
  return findOverflow(value) === undefined ? stringifyWire(value) : stringifyWithOverflow(value);
}

function omitFields(wire: Wire, names: readonly string[]): Wire {
  const others = Object.keys(wire).filter((name) => !names.includes(name));
  return others.length === 0 ? NONE : Object.fromEntries(others.map((name) => [name, wire[name]]));
}
