import { callAsync } from '../base/cancellation.ts';
import { findOverflow, isRecord, parseJson } from '../base/json.ts';
import { shorten } from '../base/text.ts';
import { findRoundedIntegers, isDeeperThan, withoutPrototypes } from '../base/untrusted-json.ts';
import { callArguments, type ToolCall } from '../chat/message.ts';
import type { Repair } from '../chat/response.ts';
import { describeForModel } from '../event/describe-for-model.ts';
import { pathText } from '../schema/issues.ts';
import { parseJsonTexts } from '../schema/json-texts.ts';
import type { Validated } from '../schema/schema.ts';
import type { Tool } from './tool.ts';

/** Reads the arguments that a model wrote. Those that say that there are none are `{}`; JSON inside a JSON string is taken out once. */
export function parseArguments(text: string): Validated {
  if (isNothing(text)) return EMPTY;
  if (text.length > MAX_LENGTH)
    return { ok: false, issues: `The arguments have ${text.length} characters. Send ${MAX_LENGTH} at most.` };
  if (isDeeperThan(text, MAX_DEPTH)) return TOO_DEEP;
  const parsed = parseJson(text);
  if (!parsed.ok) {
    return { ok: false, issues: `The arguments are not valid JSON: ${shorten(parsed.problem)}. Send one JSON object.` };
  }
  return typeof parsed.value === 'string' ? decode(parsed.value) : checkExact(parsed.value, text);
}

/** A string is no input, but what is in it may be. */
function decode(text: string): Validated {
  if (isNothing(text)) return EMPTY;
  const inner = parseJson(text);
  if (!inner.ok || !(isRecord(inner.value) || isEmptyList(inner.value))) return { ok: true, value: text };
  return isDeeperThan(text, MAX_DEPTH) ? TOO_DEEP : checkExact(inner.value, text);
}

const EMPTY: Validated = { ok: true, value: {} };

/** What servers and models send where there are no arguments: `null` is Groq's, `None` and `undefined` come of other languages. */
const NOTHING: ReadonlySet<string> = new Set(['', 'null', 'None', 'undefined']);

function isNothing(text: string): boolean {
  return NOTHING.has(text.trim());
}

/** A tool must not get another number than the one that the model wrote. */
function checkExact(value: unknown, text: string): Validated {
  const lines = findRoundedIntegers(text).map(({ path, digits }) => {
    return `${pathText(path)}: ${shorten(digits, 60)} can't be held exactly as a number. Send it as a text.`;
  });
  if (lines.length > 0) return { ok: false, issues: lines.join('\n') };
  const path = findOverflow(value, text);
  if (path === undefined) return { ok: true, value: withoutPrototypes(value, text) };
  return { ok: false, issues: `${path === '' ? 'The arguments' : path}: ${TOO_LARGE}` };
}

const TOO_LARGE = 'the number is too large, expected at most 1.7976931348623157e308';

/** More is no input, but a model that has lost its way. */
const MAX_LENGTH = 1_048_576;

/** What walks over a value level by level, a schema for one, runs out of stack where there are thousands. */
const MAX_DEPTH = 500;

const TOO_DEEP: Validated = {
  ok: false,
  issues: `The arguments are nested too deeply. Use ${MAX_DEPTH} levels at most.`,
};

type Reading = Pick<Tool, 'customObject' | 'jsonSchema'>;

/** The arguments of a call as a value. A custom tool's text stands where its function would have it: `{ input }`. */
export function argumentsOf(tool: Reading, call: ToolCall): Validated {
  if (call.type === 'custom' && tool.customObject !== undefined)
    return { ok: true, value: { input: call.custom.input } };
  const parsed = parseArguments(callArguments(call));
  return parsed.ok && isEmptyList(parsed.value) && !hasParameters(tool) ? { ok: true, value: {} } : parsed;
}

/** In PHP an empty object and an empty list are one. */
function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function hasParameters({ jsonSchema }: Reading): boolean {
  const { properties, additionalProperties } = jsonSchema;
  return (isRecord(properties) && Object.keys(properties).length > 0) || isRecord(additionalProperties);
}

/** What of a call's arguments is read otherwise than the model wrote it. Paths begin inside the call. */
export function findArgumentRepairs(tool: Reading, call: ToolCall): readonly Repair[] {
  const path = 'function.arguments';
  const text = callArguments(call).trim();
  if (call.type === 'custom' || text === '' || (text.startsWith('{') && !NESTED.test(text))) return [];
  const read = argumentsOf(tool, call);
  if (!read.ok || !isRecord(read.value)) return [];
  if (Object.keys(read.value).length === 0 && text !== '{}')
    return [{ path, note: `${shorten(text, 50)}: read as {}` }];
  const twice = text.startsWith('"') ? [{ path, note: 'encoded twice: decoded' }] : [];
  const { paths } = parseJsonTexts(read.value, tool.jsonSchema);
  return [...twice, ...paths.map((place) => ({ path: `${path}.${place}`, note: 'JSON as a text: parsed' }))];
}

/** A string that begins like an array or an object: whether it is worth a look. */
const NESTED = /"(?:\s|\\[nrt])*[[{]/;

/** Parses and checks. Issues are text for the model; a schema that throws is one of them. */
export function readArguments(tool: Tool, call: ToolCall): Promise<Validated> {
  const parsed = argumentsOf(tool, call);
  if (!parsed.ok) return Promise.resolve(parsed);
  const validated = callAsync(() => tool.validate(parsed.value));
  return validated.catch((error: unknown) => ({ ok: false, issues: describeForModel(error) }));
}
