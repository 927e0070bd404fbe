import type { CustomToolCall, FunctionToolCall } from './message.ts';
import type { CustomFormat, CustomToolObject, FunctionObject, FunctionToolObject } from './request.ts';

/** A custom tool for servers that know functions only: its text becomes the one argument, `input`. */
export function asFunctionTool({ custom }: CustomToolObject): FunctionToolObject {
  const { name, description, format } = custom;
  const text = format?.type === 'grammar' ? describeGrammar(format.grammar) : 'Any text.';
  const parameters: FunctionObject['parameters'] = {
    type: 'object',
    properties: { input: { type: 'string', description: text } },
    required: ['input'],
    additionalProperties: false,
  };
  return { type: 'function', function: { name, ...(description !== undefined && { description }), parameters } };
}

/** Nothing enforces it there: the model has to know. */
function describeGrammar({ syntax, definition }: Extract<CustomFormat, { type: 'grammar' }>['grammar']): string {
  return syntax === 'regex'
    ? `Text that matches this regular expression as a whole: ${definition}`
    : `Text that this Lark grammar allows:\n${definition}`;
}

/** A call of such a tool, as those servers take it. */
export function asFunctionCall({ custom, type: _, ...rest }: CustomToolCall): FunctionToolCall {
  const called = { name: custom.name, arguments: JSON.stringify({ input: custom.input }) };
  return { ...rest, type: 'function', function: called };
}
