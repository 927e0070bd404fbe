import { callAsync } from '../base/cancellation.ts';
import { findOverflow, isRecord, parseJson } from '../base/json.ts';
import { shorten } from '../base/text.ts';
import { findRoundedIntegers, isDeeperThan, withoutPrototypes } from '../base/untrusted-json.ts';
import { getCallArguments, type ToolCall } from '../chat/message.ts';
import type { Repair } from '../chat/response.ts';
import { describeForModel } from '../event/describe-for-model.ts';
import { formatPath } from '../schema/issues.ts';
import { parseJsonTexts } from '../schema/parse-json-texts.ts';
import type { ValidationResult } from '../schema/schema.ts';
import type { Tool } from './tool.ts';

/** Parses the arguments that a model wrote. Texts for "no arguments" become `{}`, and JSON inside a JSON string is decoded once. */
export function parseArguments(text: string): ValidationResult {
  if (isEmptyText(text)) return NO_ARGUMENTS;
  if (text.length > MAX_LENGTH)
    return { ok: false, issues: `The arguments have ${text.length} characters. Send at most ${MAX_LENGTH}.` };
  if (isDeeperThan(text, MAX_DEPTH)) return TOO_DEEP;
  const parsed = parseJson(text);
  if (!parsed.ok) {
    return { ok: false, issues: `The arguments are not valid JSON: ${shorten(parsed.problem)}. Send one JSON object.` };
  }
  return typeof parsed.value === 'string' ? decodeText(parsed.value) : checkExact(parsed.value, text);
}

/** Parses the text of a JSON string, which may be arguments that were encoded twice. */
function decodeText(text: string): ValidationResult {
  if (isEmptyText(text)) return NO_ARGUMENTS;
  const inner = parseJson(text);
  if (!inner.ok || !(isRecord(inner.value) || isEmptyList(inner.value))) return { ok: true, value: text };
  return isDeeperThan(text, MAX_DEPTH) ? TOO_DEEP : checkExact(inner.value, text);
}

const NO_ARGUMENTS: ValidationResult = { ok: true, value: {} };

/** Texts that servers and models send for no arguments. `null` is sent by Groq; `None` and `undefined` come from other languages. */
const EMPTY_TEXTS: ReadonlySet<string> = new Set(['', 'null', 'None', 'undefined']);

function isEmptyText(text: string): boolean {
  return EMPTY_TEXTS.has(text.trim());
}

/** Refuses numbers that JavaScript would round: a tool must get the number that the model wrote. */
function checkExact(value: unknown, text: string): ValidationResult {
  const lines = findRoundedIntegers(text).map(({ path, digits }) => {
    return `${formatPath(path)}: ${shorten(digits, 60)} is too large for an exact number. Send it as a string.`;
  });
  if (lines.length > 0) return { ok: false, issues: lines.join('\n') };
  const path = findOverflow(value, text);
  if (path === undefined) return { ok: true, value: withoutPrototypes(value, text) };
  return { ok: false, issues: `${path === '' ? 'The arguments' : path}: ${TOO_LARGE}` };
}

const TOO_LARGE = 'the number is too large. Use at most 1.7976931348623157e308.';

/** Longer arguments come only from a model that repeats itself. */
const MAX_LENGTH = 1_048_576;

/** Recursive code, for example a schema's, overflows the stack at thousands of levels. */
const MAX_DEPTH = 500;

const TOO_DEEP: ValidationResult = {
  ok: false,
  issues: `The arguments are nested too deeply. Use at most ${MAX_DEPTH} levels.`,
};

type ArgumentsTool = Pick<Tool, 'customObject' | 'jsonSchema'>;

/** Parses the arguments of a call. The text of a custom tool becomes `{ input }`, as for its function form. */
export function parseCallArguments(tool: ArgumentsTool, call: ToolCall): ValidationResult {
  if (call.type === 'custom' && tool.customObject !== undefined)
    return { ok: true, value: { input: call.custom.input } };
  const parsed = parseArguments(getCallArguments(call));
  return parsed.ok && isEmptyList(parsed.value) && !hasParameters(tool) ? { ok: true, value: {} } : parsed;
}

/** Servers in PHP send an empty object as `[]`. */
function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function hasParameters({ jsonSchema }: ArgumentsTool): boolean {
  const { properties, additionalProperties } = jsonSchema;
  return (isRecord(properties) && Object.keys(properties).length > 0) || isRecord(additionalProperties);
}

/** Lists the repairs of a call's arguments. Paths start inside the call. */
export function findArgumentRepairs(tool: ArgumentsTool, call: ToolCall): readonly Repair[] {
  const path = 'function.arguments';
  const text = getCallArguments(call).trim();
  if (call.type === 'custom' || text === '' || (text.startsWith('{') && !JSON_IN_TEXT.test(text))) return [];
  const parsed = parseCallArguments(tool, call);
  if (!parsed.ok || !isRecord(parsed.value)) return [];
  if (Object.keys(parsed.value).length === 0 && text !== '{}')
    return [{ path, note: `${shorten(text, 50)}: read as {}` }];
  const decoded = text.startsWith('"') ? [{ path, note: 'encoded twice: decoded' }] : [];
  const { paths } = parseJsonTexts(parsed.value, tool.jsonSchema);
  return [...decoded, ...paths.map((place) => ({ path: `${path}.${place}`, note: 'JSON as a text: parsed' }))];
}

/** A shortcut: matches a string that begins like an array or an object. */
const JSON_IN_TEXT = /"(?:\s|\\[nrt])*[[{]/;

/** Parses and validates the arguments of a call. Issues are text for the model. An error that the schema throws becomes an issue. */
export function readArguments(tool: Tool, call: ToolCall): Promise<ValidationResult> {
  const parsed = parseCallArguments(tool, call);
  if (!parsed.ok) return Promise.resolve(parsed);
  const validated = callAsync(() => tool.validate(parsed.value));
  return validated.catch((error: unknown) => ({ ok: false, issues: describeForModel(error) }));
}
