import { ConfigError } from '../base/errors.ts';
import { isRecord } from '../base/json.ts';
import { checkOptions, type OptionTable } from '../base/options.ts';
import { asFunctionTool } from '../chat/custom-as-function.ts';
import type { CustomFormat, CustomToolObject } from '../chat/request.ts';
import { getErrorMessage } from '../event/error-data.ts';
import { prepareStrictForm } from '../schema/prepare-strict-form.ts';
import type { ValidationResult } from '../schema/schema.ts';
import {
  buildToolBasics,
  describeTool,
  OUTCOME_HINTS,
  TOOL_BASICS,
  TOOL_HINTS,
  type Tool,
  type ToolOptions,
  withoutToolFields,
} from './tool.ts';

export interface CustomToolOptions<Context = unknown, Output = unknown> extends ToolOptions<string, Context, Output> {
  /** The texts that the model may write. @defaultValue any text */
  readonly format?: CustomFormat;
}

/**
 * Defines a tool whose input is plain text instead of JSON: code, a query, a patch.
 *
 * Servers that support only functions get a function with one parameter, `input`. They do not enforce a grammar.
 *
 * @throws ConfigError if the definition is invalid. The message names the tool and the fix.
 */
export function customTool<Context = unknown, Output = unknown>(
  definition: CustomToolOptions<Context, Output>,
): Tool<Context, string, Awaited<Output>> {
  const options = checkOptions(withoutToolFields(definition), CUSTOM_TOOL, describeTool(definition, 'customTool()'));
  const { name, format } = options;
  const basics = buildToolBasics<string, Context>(options);
  const { description } = basics;
  if (format !== undefined) checkFormat(format, name);
  const custom: CustomToolObject['custom'] = {
    name,
    ...(description !== undefined && { description }),
    ...(format !== undefined && { format }),
  };
  const functionObject = asFunctionTool({ type: 'custom', custom }).function;
  const { parameters = {} } = functionObject;
  return Object.freeze({
    ...basics,
    functionObject,
    customObject: custom,
    jsonSchema: parameters,
    strictReport: prepareStrictForm(parameters, { strict: options.strict, where: `Tool "${name}", input` }),
    validate: readInput,
  });
}

const NO_INPUT = 'A custom tool has text input. Use tool() for an input schema.';

const CUSTOM_TOOL: OptionTable<CustomToolOptions<never>> = {
  keys: { ...TOOL_BASICS, format: 'any' },
  hints: {
    ...TOOL_HINTS,
    ...OUTCOME_HINTS,
    input: NO_INPUT,
    parameters: NO_INPUT,
    inputSchema: NO_INPUT,
    schema: NO_INPUT,
    grammar: 'The option is "format": { type: "grammar", grammar: { syntax, definition } }.',
  },
};

/** Reads the text from the arguments of the function form: `{ input }`. */
async function readInput(value: unknown): Promise<ValidationResult> {
  const input = isRecord(value) ? value['input'] : undefined;
  if (typeof input === 'string') return { ok: true, value: input };
  return { ok: false, issues: `input: expected string, got ${input === null ? 'null' : typeof input}` };
}

function checkFormat(format: CustomFormat, name: string): void {
  const where = `Tool "${name}", format`;
  const { type, grammar }: { type?: unknown; grammar?: { syntax?: unknown; definition?: unknown } } = format ?? {}; // JavaScript callers may pass any value.
  if (type === 'text') return;
  if (type !== 'grammar') {
    throw new ConfigError(`${where}: type is ${JSON.stringify(type)}. Use "text" or "grammar".`);
  }
  const { syntax, definition } = grammar ?? {};
  if (syntax !== 'lark' && syntax !== 'regex') {
    throw new ConfigError(`${where}.grammar: syntax is ${JSON.stringify(syntax)}. Use "lark" or "regex".`);
  }
  if (typeof definition !== 'string' || definition.trim() === '') {
    throw new ConfigError(
      `${where}.grammar: definition is ${JSON.stringify(definition)}. Pass the ${syntax} as a text.`,
    );
  }
  if (syntax === 'regex') checkRegex(definition, `${where}.grammar`);
}

/** Refuses a regular expression that is invalid in every dialect. The server checks the syntax of other dialects. */
function checkRegex(definition: string, where: string): void {
  if (OTHER_DIALECTS.test(definition)) return;
  try {
    new RegExp(definition);
  } catch (error) {
    throw new ConfigError(`${where}: definition is not a regular expression. Fix it: ${getErrorMessage(error)}`);
  }
}

/** Syntax of Rust's dialect, which servers use: inline flags, named groups, `]` first in a class, possessive quantifiers. */
const OTHER_DIALECTS = /\(\?(?![:=!])|\[\^?\]|[*+?}][*+{]/;
