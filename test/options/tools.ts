import { customTool, jsonSchema, RefuseRun, SuspendRun, tool } from '@pawl/core';
import { withToolRetry } from '@pawl/core/middleware';
import { z } from 'zod';
import { APPROVALS, execute, type Factory, INPUT, input, look } from './factory.ts';

export const tools: readonly Factory[] = [
  {
    name: 'tool',
    covers: ['ToolOptions'],
    make: (options) => tool(options),
    valid: { name: 'look', description: 'Looks.', input, execute },
    wrong: [
      ...APPROVALS,
      ...INPUT,
      [{ handler: execute }, 'The option is "execute": (input, context) => ….'],
      [{ effect: 'readonly' }, 'effect is the text "readonly". Pass "read", "idempotent" or "non-idempotent".'],
      [{ effect: 'once' }, 'effect is the text "once". Pass "read", "idempotent" or "non-idempotent".'],
      [{ onUnknownOutcome: 'retry' }, 'onUnknownOutcome is the text "retry". Pass "ask", or a function.'],
      [{ inDoubt: 'ask' }, 'The option is "onUnknownOutcome".'],

      [{ corrections: 1 }, 'The option is "maxInputRetries".'],
      [{ exclusive: 'true' }, 'exclusive is the text "true". Pass true or false.'],
      [{ strict: 1 }, 'strict is 1. Pass true or false.'],
      [{ timeoutMs: '5000' }, 'timeoutMs is the text "5000". Pass a number.'],
      [{ timeout: 5 }, 'Did you mean "timeoutMs"?'],
      [{ description: 7 }, 'description is 7. Pass a text'],
      [{ input: { city: z.string() } }, 'input is an object of schemas. Wrap it: z.object({ … }).'],
      [{ input: { type: 'object' } }, 'input is a plain JSON Schema. Wrap it: jsonSchema(schema).'],
    ],
  },
  {
    name: 'customTool',
    covers: ['CustomToolOptions'],
    make: (options) => customTool(options),
    valid: { name: 'sh', description: 'Runs.', execute },
    wrong: [
      ...APPROVALS,
      [{ input }, 'A custom tool has text input'],
      [{ format: { type: 'xml' } }, 'type is "xml".'],
      [{ inDoubt: 'ask' }, 'The option is "onUnknownOutcome".'],
    ],
  },
  {
    name: 'withToolRetry',
    covers: ['ToolRetry'],
    make: (options) => withToolRetry([look], options),
    valid: { maxRetries: 1 },
    isOptional: true,
    wrong: [
      [{ retries: 1 }, 'The option is "maxRetries".'],
      [{ maxRetries: '1' }, 'maxRetries is the text "1".'],
      [{ pauseMs: 1 }, 'The option is "delayMs".'],
      [{ isWorthwhile: execute }, 'The option is "shouldRetry".'],
    ],
  },
  {
    name: 'jsonSchema',
    covers: ['JsonSchemaOptions'],
    make: (options) => jsonSchema({ type: 'object' }, options),
    valid: { validate: (value: unknown) => ({ value }) },
    isOptional: true,
    wrong: [[{ validate: true }, 'validate is true. Pass a function.']],
  },
  {
    name: 'RefuseRun',
    covers: [],
    make: (options) => new RefuseRun('No.', options),
    valid: { guard: 'g' },
    isOptional: true,
    wrong: [[{ gaurd: 'g' }, 'Did you mean "guard"?']],
  },
  {
    name: 'SuspendRun',
    covers: [],
    make: (options) => new SuspendRun('Later.', options),
    valid: { preview: {} },
    isOptional: true,
    wrong: [
      [{ previw: 'g' }, 'Did you mean "preview"?'],
      [{ state: { at: 1n } }, 'SuspendRun: state.at is a BigInt, which JSON cannot represent.'],
    ],
  },
];
