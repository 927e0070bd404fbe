import { isRecord, parseJson } from '../base/json.ts';
import type { RequestTools } from './request-tools.ts';
import type { TextScanner } from './text-scanner.ts';

/** A call as a model wrote it into its text. */
export interface TextCall {
  readonly name: string;
  /** A JSON object as a text. */
  readonly arguments: string;
}

/** `undefined` if what comes next is no call of a tool of the request. */
export type TextCallReader = (scanner: TextScanner, tools: RequestTools) => readonly TextCall[] | undefined;

/** One JSON object or several, or a list of them: `{"name": "get_weather", "arguments": {"city": "Oslo"}}`. */
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

/** The same as the whole of a text, without any mark: nothing but the fields of a call may be in an object. */
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

/** Whether a text that begins like this may be such calls. */
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

/** The fields under which models write the name of a tool, and its arguments. */
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

/** The arguments as they are written, so that no number changes; those in a text are taken out. */
export function makeCall(given: string, args: string, tools: RequestTools): TextCall | undefined {
  const name = tools.resolve(given.trim());
  if (!tools.has(name)) return undefined;
  const parsed = parseJson(args);
  if (!parsed.ok) return undefined;
  if (isRecord(parsed.value)) return { name, arguments: args };
  if (parsed.value === null) return { name, arguments: '{}' };
  return typeof parsed.value === 'string' ? makeCall(given, parsed.value.trim() || '{}', tools) : undefined;
}

/** The fields of a JSON object, each as it is written. */
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

/** The keys and values of an object, or the elements of an array, as they are written. The text is JSON. */
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

/** The closing quote. */
function findStringEnd(text: string, start: number): number {
  for (let position = start + 1; position < text.length; position++) {
    if (text[position] === '\\') position++;
    else if (text[position] === '"') return position;
  }
  return text.length;
}

/** A name, a mark, and arguments: `get_weather[ARGS]{…}`. Models write names of their own around the marks. */
export function readNamed(scanner: TextScanner, tools: RequestTools, head: RegExp): readonly TextCall[] | undefined {
  const written = scanner.match(head);
  const name = written === undefined ? undefined : NAME.exec(written)?.[0];
  const json = name === undefined ? undefined : scanner.takeJson();
  const call = name !== undefined && json !== undefined && makeCall(name, json.text, tools);
  return call ? [call] : undefined;
}

const NAME = /[a-zA-Z0-9_.:-]+/;
