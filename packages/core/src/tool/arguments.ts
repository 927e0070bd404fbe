import { started } from '../base/abort.ts';
import { findOverflow, isRecord, parseJson } from '../base/json.ts';
import { excerpt } from '../base/text.ts';
import { callArguments, type ToolCall } from '../chat/message.ts';
import { describeForModel } from '../event/describe-for-model.ts';
import type { Validated } from '../schema/schema.ts';
import type { Tool } from './tool.ts';

/** Reads the arguments that a model wrote. Empty text is `{}`; JSON inside a JSON string is taken out once. */
export function parseArguments(text: string): Validated {
  if (text.trim() === '') return { ok: true, value: {} };
  if (text.length > MAX_LENGTH)
    return { ok: false, issues: `The arguments have ${text.length} characters. Send ${MAX_LENGTH} at most.` };
  if (isTooDeep(text))
    return { ok: false, issues: `The arguments are nested too deeply. Use ${MAX_DEPTH} levels at most.` };
  const parsed = parseJson(text);
  if (!parsed.ok) {
    return { ok: false, issues: `The arguments are not valid JSON: ${excerpt(parsed.problem)}. Send one JSON object.` };
  }
  if (typeof parsed.value === 'string') {
    const inner = parseJson(parsed.value);
    if (inner.ok && isRecord(inner.value)) return withoutOverflow(inner.value, parsed.value);
  }
  return withoutOverflow(parsed.value, text);
}

function withoutOverflow(value: unknown, text: string): Validated {
  const path = findOverflow(value, text);
  if (path === undefined) return { ok: true, value: withoutPrototypes(value, text) };
  return { ok: false, issues: `${path === '' ? 'The arguments' : path}: ${TOO_LARGE}` };
}

const TOO_LARGE = 'the number is too large, expected at most 1.7976931348623157e308';

/** More is no input, but a model that has lost its way. */
const MAX_LENGTH = 1_048_576;

/** A key that sets the prototype of what it is copied to is nobody's argument. The text tells whether it is worth a look. */
function withoutPrototypes(value: unknown, text: string): unknown {
  return /__proto__|\\u/.test(text) ? copied(value) : value;
}

function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).filter(([name]) => name !== '__proto__');
  return Object.fromEntries(entries.map(([name, field]) => [name, copied(field)]));
}

/** What walks over a value level by level, a schema for one, runs out of stack where there are thousands. */
const MAX_DEPTH = 500;

/** Looks at the brackets outside of strings; the text need not be JSON. */
function isTooDeep(text: string): boolean {
  if (text.length <= MAX_DEPTH) return false;
  let depth = 0;
  let isString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5c && isString) i++;
    else if (code === 0x22) isString = !isString;
    else if (isString) continue;
    else if (code === 0x7b || code === 0x5b) depth++;
    else if (code === 0x7d || code === 0x5d) depth--;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

/** The arguments of a call as a value. A custom tool's text stands where its function would have it: `{ input }`. */
export function argumentsOf(tool: Pick<Tool, 'customObject'>, call: ToolCall): Validated {
  if (call.type === 'custom' && tool.customObject !== undefined)
    return { ok: true, value: { input: call.custom.input } };
  return parseArguments(callArguments(call));
}

/** Parses and checks. Issues are text for the model; a schema that throws is one of them. */
export function readArguments(tool: Tool, call: ToolCall): Promise<Validated> {
  const parsed = argumentsOf(tool, call);
  if (!parsed.ok) return Promise.resolve(parsed);
  const validated = started(() => tool.validate(parsed.value));
  return validated.catch((error: unknown) => ({ ok: false, issues: describeForModel(error) }));
}
