import { isRecord, parseJson } from '../base/json.ts';
import { isTextAllowed } from '../schema/parse-json-texts.ts';
import type { RequestTools } from './request-tools.ts';
import { makeCall, type TextCall, type TextCallReader } from './text-call-json.ts';
import type { TextScanner } from './text-scanner.ts';

/** Qwen3-Coder and Llama: `=get_weather>{…}</function>` and `=get_weather><parameter=city>Oslo</parameter></function>`. */
export const readFunction: TextCallReader = (scanner, tools) => {
  const name = scanner.takeUntil('>', LONGEST_TAG)?.replace(/^["']|["']$/g, '');
  if (name === undefined) return undefined;
  scanner.skipBlanks();
  const json = scanner.isAt('{') ? scanner.takeJson() : undefined;
  const parameters = json === undefined ? readParameters(scanner, PARAMETER) : [];
  scanner.skipBlanks();
  if (parameters === undefined || !scanner.take('</function>')) return undefined;
  const call = json === undefined ? makeParameterCall(name, parameters, tools) : makeCall(name, json.text, tools);
  return call && [call];
};

const LONGEST_TAG = 256;

/** The marks around a parameter. */
interface ParameterForm {
  readonly open: string;
  readonly endOfName: string;
  readonly close: string;
}

const PARAMETER: ParameterForm = { open: '<parameter=', endOfName: '>', close: '</parameter>' };

interface Parameter {
  readonly name: string;
  readonly text: string;
  /** Set if the model says whether it is a text; otherwise the schema decides. */
  readonly isText?: boolean;
}

function readParameters(
  scanner: TextScanner,
  { open, endOfName, close }: ParameterForm,
): readonly Parameter[] | undefined {
  const parameters: Parameter[] = [];
  for (scanner.skipBlanks(); scanner.take(open); scanner.skipBlanks()) {
    const tag = scanner.takeUntil(endOfName, LONGEST_TAG);
    const text = tag === undefined ? undefined : scanner.takeUntil(close);
    if (tag === undefined || text === undefined) return undefined;
    const written = /\bstring="(true|false)"/.exec(tag)?.[1];
    const name = tag.split('"')[0] ?? '';
    parameters.push({ name, text: trimFrame(text), ...(written !== undefined && { isText: written === 'true' }) });
  }
  return parameters;
}

/** Removes the line breaks that belong to the tags. */
function trimFrame(text: string): string {
  return text.replace(/^\r?\n/, '').replace(/\r?\n$/, '');
}

function makeParameterCall(name: string, parameters: readonly Parameter[], tools: RequestTools): TextCall | undefined {
  const schema = tools.getParameters(tools.resolve(name.trim()));
  const properties = isRecord(schema?.['properties']) ? schema['properties'] : {};
  const fields = parameters.map(({ name: field, text, isText }) => {
    const known = Object.hasOwn(properties, field);
    const takes = known ? isTextAllowed(properties[field], schema ?? {}) : !/^\s*[[{]/.test(text);
    return `${JSON.stringify(field)}:${(isText ?? takes) ? JSON.stringify(text) : toJson(text)}`;
  });
  return makeCall(name, `{${fields.join(',')}}`, tools);
}

/** Reads a value that is not a text, in the notation of JSON or of Python. */
function toJson(text: string): string {
  const literal = text.trim();
  const json = PYTHON.get(literal) ?? literal;
  return parseJson(json).ok ? json : JSON.stringify(text);
}

const PYTHON: ReadonlyMap<string, string> = new Map([
  ['True', 'true'],
  ['False', 'false'],
  ['None', 'null'],
]);

/** GLM: `get_weather<arg_key>city</arg_key><arg_value>Oslo</arg_value>`. */
export const readArgumentPairs: TextCallReader = (scanner, tools) => {
  const name = scanner.match(/[a-zA-Z0-9_.:-]+/y);
  if (name === undefined) return undefined;
  const parameters: Parameter[] = [];
  for (scanner.skipBlanks(); scanner.take('<arg_key>'); scanner.skipBlanks()) {
    const field = scanner.takeUntil('</arg_key>', LONGEST_TAG);
    scanner.skipBlanks();
    const text = scanner.take('<arg_value>') ? scanner.takeUntil('</arg_value>') : undefined;
    if (field === undefined || text === undefined) return undefined;
    parameters.push({ name: field.trim(), text: trimFrame(text) });
  }
  const call = makeParameterCall(name, parameters, tools);
  return call && [call];
};

/** MiniMax and DeepSeek: `<invoke name="…"><parameter name="city">Oslo</parameter></invoke>`. `prefix` is before the name of each tag. */
export function makeInvokeReader(prefix: string): TextCallReader {
  const form: ParameterForm = { open: `<${prefix}parameter name="`, endOfName: '>', close: `</${prefix}parameter>` };
  return (scanner, tools) => {
    const calls: TextCall[] = [];
    let end = scanner.position;
    for (scanner.skipBlanks(); scanner.take(`<${prefix}invoke name="`); scanner.skipBlanks()) {
      const name = scanner.takeUntil('"', LONGEST_TAG);
      scanner.skipBlanks();
      const parameters = scanner.take('>') ? readParameters(scanner, form) : undefined;
      const isClosed = scanner.take(`</${prefix}invoke>`);
      const call =
        name !== undefined && parameters !== undefined && isClosed && makeParameterCall(name, parameters, tools);
      if (!call) return undefined;
      calls.push(call);
      end = scanner.position;
    }
    scanner.position = end;
    return calls.length === 0 ? undefined : calls;
  };
}
