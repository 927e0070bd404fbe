import { makeCall, type TextCall, type TextCallReader } from './text-call-json.ts';
import type { TextScanner } from './text-scanner.ts';

/** LFM and Llama 4: `[get_weather(city="Oslo"), get_time()]`. */
export const readPythonCalls: TextCallReader = (scanner, tools) => {
  if (!scanner.take('[')) return undefined;
  const calls: TextCall[] = [];
  do {
    scanner.skipBlanks();
    const name = scanner.match(/[\w.-]{1,128}/y);
    if (name === undefined || !scanner.take('(')) return undefined;
    const fields = readFields(scanner, { notation: PYTHON, separator: '=', end: ')', depth: 0 });
    const call = fields === undefined ? undefined : makeCall(name, fields, tools);
    if (call === undefined) return undefined;
    calls.push(call);
    scanner.skipBlanks();
  } while (scanner.take(','));
  return scanner.take(']') ? calls : undefined;
};

/** Gemma 4: `call:get_weather{city:<|"|>Oslo<|"|>}`. */
export const readGemmaCall: TextCallReader = (scanner, tools) => {
  const name = scanner.take('call:') ? scanner.match(/[\w.-]{1,128}/y) : undefined;
  if (name === undefined || !scanner.take('{')) return undefined;
  const fields = readFields(scanner, { notation: GEMMA, separator: ':', end: '}', depth: 0 });
  const call = fields === undefined ? undefined : makeCall(name, fields, tools);
  return call && [call];
};

/** A notation for values that is not JSON. */
interface Notation {
  /** Reads a string and returns its value; `undefined` if no string is next. */
  readonly string: (scanner: TextScanner) => string | undefined;
  readonly word: RegExp;
  readonly words: ReadonlyMap<string, string>;
}

const QUOTE = '<|"|>';

const GEMMA: Notation = {
  string: (scanner) => (scanner.take(QUOTE) ? scanner.takeUntil(QUOTE) : undefined),
  word: /[^,:{}[\]<\s]{1,64}/y,
  words: new Map(),
};

const PYTHON: Notation = {
  string: (scanner) => {
    const written = scanner.match(/'[^'\\\n]*(?:\\.[^'\\\n]*)*'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"/sy);
    return written?.slice(1, -1).replace(/\\(.)/gs, (_, sign: string) => ESCAPES.get(sign) ?? sign);
  },
  word: /[\w.+-]{1,64}/y,
  words: new Map([
    ['True', 'true'],
    ['False', 'false'],
    ['None', 'null'],
  ]),
};

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
]);

interface FieldSyntax {
  readonly notation: Notation;
  /** The separator between a key and its value. */
  readonly separator: string;
  readonly end: string;
  readonly depth: number;
}

const DEEPEST = 64;

/** Reads keys and values up to a closing bracket, and returns a JSON object. */
function readFields(scanner: TextScanner, syntax: FieldSyntax): string | undefined {
  const fields: string[] = [];
  for (scanner.skipBlanks(); !scanner.take(syntax.end); scanner.skipBlanks()) {
    if (fields.length > 0 && !scanner.take(',')) return undefined;
    scanner.skipBlanks();
    const key = syntax.notation.string(scanner) ?? scanner.match(syntax.notation.word);
    scanner.skipBlanks();
    const isValueNext = key !== undefined && scanner.take(syntax.separator);
    const value = isValueNext ? readValue(scanner, syntax) : undefined;
    if (value === undefined) return undefined;
    fields.push(`${JSON.stringify(key)}:${value}`);
  }
  return `{${fields.join(',')}}`;
}

function readValue(scanner: TextScanner, { notation, depth }: FieldSyntax): string | undefined {
  scanner.skipBlanks();
  if (depth === DEEPEST) return undefined;
  const inner: FieldSyntax = { notation, separator: ':', end: '}', depth: depth + 1 };
  if (scanner.take('{')) return readFields(scanner, inner);
  if (scanner.take('[')) return readList(scanner, inner);
  const text = notation.string(scanner);
  if (text !== undefined) return JSON.stringify(text);
  const literal = scanner.match(notation.word);
  const json = literal === undefined ? undefined : (notation.words.get(literal) ?? literal);
  return json !== undefined && LITERAL.test(json) ? json : undefined;
}

function readList(scanner: TextScanner, syntax: FieldSyntax): string | undefined {
  const elements: string[] = [];
  for (scanner.skipBlanks(); !scanner.take(']'); scanner.skipBlanks()) {
    if (elements.length > 0 && !scanner.take(',')) return undefined;
    const element = readValue(scanner, syntax);
    if (element === undefined) return undefined;
    elements.push(element);
  }
  return `[${elements.join(',')}]`;
}

const LITERAL = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;
