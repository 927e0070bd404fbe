import { isRecord, parseJson } from '../base/json.ts';
import type { RequestTools } from './request-tools.ts';
import type { TextScanner } from './text-scanner.ts';

/** A call that a model wrote into its text. */
export interface TextCall {
  readonly name: string;
  /** The text of a JSON object. */
  readonly arguments: string;
}

/** Reads the next calls; `undefined` if no call of a tool of the request is next. */
export type TextCallReader = (scanner: TextScanner, tools: RequestTools) => readonly TextCall[] | undefined;

/** Reads one or more JSON objects, or a list of them: `{"name": "get_weather", "arguments": {"city": "Oslo"}}`. */
export const readJsonCalls: TextCallReader = (scanner, tools) => {
  const calls: TextCall[] = [];
  for (;;) {
    const before = scanner.position;
    scanner.match(/[\s;,]*/y);
    const json = scanner.takeJson();
    if (json === undefined) {
      scanner.position = before;
      return calls.length === 0 ? undefined : calls;
    }
    const read = Array.isArray(json.value) ? splitElements(json.text) : [json.text];
    for (const each of read) {
      const call = readJsonCall(each, tools);
      if (call === undefined) return undefined;
      calls.push(call);
    }
  }
};

/** Reads a whole text of such objects without marks. An object can have only the fields of a call. */
export const readBareCalls: TextCallReader = (scanner, tools) => {
  const isCall = (value: unknown): boolean =>
    isRecord(value) && Object.keys(value).every((key) => BARE_FIELDS.has(key));
  const start = scanner.position;
  for (let json = scanner.takeJson(); json !== undefined; json = scanner.takeJson()) {
    const values: readonly unknown[] = Array.isArray(json.value) ? json.value : [json.value];
    if (!values.every(isCall)) return undefined;
    scanner.match(/[\s;,]*/y);
  }
  if (!scanner.isAtEnd) return undefined;
  scanner.position = start;
  return readJsonCalls(scanner, tools);
};

const BARE_FIELDS: ReadonlySet<string> = new Set(['id', 'type', 'function', 'name', 'arguments', 'parameters', 'args']);

/** Whether a text with this beginning can be calls without marks. */
export function canBeBareCalls(text: string, tools: RequestTools): boolean {
  if (!/^[[{]/.test(text)) return false;
  const start = text.slice(0, LONGEST_START).replace(/\s/g, '').replace(/^\[/, '');
  return tools.names.some((name) =>
    BARE_STARTS.some((before) => {
      const whole = `${before}"name":"${name}"`;
      return whole.startsWith(start) || start.startsWith(whole);
    }),
  );
}

const LONGEST_START = 256;
const BARE_STARTS = ['{', '{"type":"function",', '{"function":{', '{"type":"function","function":{'];

/** The fields in which models write the name and the arguments of a call. */
const NAMES = ['name', 'tool_name', 'tool', 'function'];
const ARGUMENTS = ['arguments', 'parameters', 'args', 'input'];

function readJsonCall(text: string, tools: RequestTools): TextCall | undefined {
  const fields = splitFields(text);
  const inner = fields?.get('function');
  // OpenAI's form: the function inside a call.
  if (inner?.startsWith('{') === true) return readJsonCall(inner, tools);
  const written = NAMES.map((name) => fields?.get(name)).find((each) => each !== undefined);
  const name = written === undefined ? undefined : parseJson(written);
  if (name?.ok !== true || typeof name.value !== 'string') return undefined;
  const args = ARGUMENTS.map((field) => fields?.get(field)).find((each) => each !== undefined);
  return makeCall(name.value, args ?? '{}', tools);
}

/** Keeps the text of the arguments, so that no number changes. Arguments that are JSON in a string are decoded. */
export function makeCall(written: string, args: string, tools: RequestTools): TextCall | undefined {
  const name = tools.resolve(written.trim());
  if (!tools.has(name)) return undefined;
  const parsed = parseJson(args);
  if (!parsed.ok) return undefined;
  if (isRecord(parsed.value)) return { name, arguments: args };
  if (parsed.value === null) return { name, arguments: '{}' };
  return typeof parsed.value === 'string' ? makeCall(written, parsed.value.trim() || '{}', tools) : undefined;
}

/** Splits a JSON object into the texts of its fields. */
function splitFields(text: string): ReadonlyMap<string, string> | undefined {
  const parsed = parseJson(text);
  if (!parsed.ok || !isRecord(parsed.value)) return undefined;
  const fields = new Map<string, string>();
  for (const [key, value] of splitParts(text)) {
    const name = key === undefined ? undefined : parseJson(key);
    if (name?.ok === true && typeof name.value === 'string') fields.set(name.value, value);
  }
  return fields;
}

function splitElements(text: string): readonly string[] {
  return splitParts(text).map(([, value]) => value);
}

/** Splits JSON into the texts of the keys and values of an object, or of the elements of an array. */
function splitParts(text: string): readonly (readonly [string | undefined, string])[] {
  const parts: [string | undefined, string][] = [];
  let depth = 0;
  let start = 0;
  let key: string | undefined;
  const end = (position: number): void => {
    const value = text.slice(start, position).trim();
    if (value !== '') parts.push([key, value]);
    key = undefined;
    start = position + 1;
  };
  for (let position = 0; position < text.length; position++) {
    const sign = text[position];
    if (sign === '"') position = findStringEnd(text, position);
    else if (sign === '{' || sign === '[') {
      depth++;
      if (depth === 1) start = position + 1;
    } else if (sign === '}' || sign === ']') {
      depth--;
      if (depth === 0) end(position);
    } else if (sign === ':' && depth === 1) {
      key = text.slice(start, position).trim();
      start = position + 1;
    } else if (sign === ',' && depth === 1) end(position);
  }
  return parts;
}

/** Returns the position of the closing quote. */
function findStringEnd(text: string, start: number): number {
  for (let position = start + 1; position < text.length; position++) {
    if (text[position] === '\\') position++;
    else if (text[position] === '"') return position;
  }
  return text.length;
}

/** Reads a name, a mark, and arguments: `get_weather[ARGS]{…}`. */
export function readNamed(scanner: TextScanner, tools: RequestTools, head: RegExp): readonly TextCall[] | undefined {
  const written = scanner.match(head);
  const name = written === undefined ? undefined : NAME.exec(written)?.[0];
  const json = name === undefined ? undefined : scanner.takeJson();
  const call = name !== undefined && json !== undefined && makeCall(name, json.text, tools);
  return call ? [call] : undefined;
}

const NAME = /[a-zA-Z0-9_.:-]+/;
