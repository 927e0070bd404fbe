import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DocumentedExchange, documented } from './documented.ts';
import type { Wire } from './documented-response.ts';
import { collectTexts, joinDeltas, readBody, readStream } from './read-stream.ts';
import { SOAK, TIMEOUT_MS } from './soak.ts';

const NOTHING: readonly Wire[] = [
  { refusal: '', annotations: [], tool_calls: [] },
  { audio: { data: '', expires_at: 0, id: '', transcript: '' }, function_call: { name: '', arguments: '' } },
  { reasoning_content: '', reasoning: '', name: '', x_padding: { a: '', b: [], c: 0 } },
];

const silent = fc.constantFrom<Wire[]>(
  { role: 'assistant', content: '' },
  { content: null, tool_calls: [] },
  {
    role: 'assistant',
    ...NOTHING[1],
  },
);

/** Converts a value as JSON over the wire does. */
function wire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function withChoices(body: Wire, change: (choice: Wire) => Wire): unknown {
  const { choices } = body as { readonly choices: readonly Wire[] }; // A documented body has them.
  return wire({ ...body, choices: choices.map(change) });
}

function addPadding({ message, ...choice }: Wire, padding: Wire): Wire {
  const { tool_calls: calls, ...fields } = message as { readonly tool_calls?: readonly Wire[] };
  const filled = calls?.map((call) => ({
    ...('custom' in call ? { function: EMPTY } : { custom: { name: '', input: '' } }),
    ...call,
  }));
  return { ...choice, message: { ...padding, ...fields, ...(filled !== undefined && { tool_calls: filled }) } };
}

const EMPTY = { name: '', arguments: '' };

function expectSameAsPlain({ body }: DocumentedExchange, changed: unknown): void {
  const plain = readBody(wire(body)).response;
  const whole = readBody(changed);
  const streamed = readStream(Buffer.from(`data: ${JSON.stringify(changed)}\n\ndata: [DONE]\n\n`));
  expect(whole.response).toEqual(plain);
  expect(streamed.response).toEqual(plain);
  expect(joinDeltas(whole.deltas)).toEqual(collectTexts(plain.choices[0].message));
  expect(joinDeltas(streamed.deltas)).toEqual(collectTexts(plain.choices[0].message));
}

test('empty fields do not change a message or its calls', { timeout: TIMEOUT_MS }, () => {
  fc.assert(
    fc.property(documented, fc.constantFrom(...NOTHING), (exchange, padding) => {
      expectSameAsPlain(
        exchange,
        withChoices(exchange.body, (choice) => addPadding(choice, padding)),
      );
    }),
    { numRuns: 200 * SOAK },
  );
});

test('an empty delta does not change the message next to it', { timeout: TIMEOUT_MS }, () => {
  fc.assert(
    fc.property(documented, silent, (exchange, delta) => {
      expectSameAsPlain(
        exchange,
        withChoices(exchange.body, (choice) => ({ ...choice, delta })),
      );
    }),
    { numRuns: 200 * SOAK },
  );
});

test('an empty message does not change the delta next to it', { timeout: TIMEOUT_MS }, () => {
  fc.assert(
    fc.property(documented, silent, (exchange, message) => {
      const { isLegacy } = exchange;
      fc.pre(!isLegacy);
      expectSameAsPlain(
        exchange,
        withChoices(exchange.body, ({ message: original, ...choice }) => ({ ...choice, message, delta: original })),
      );
    }),
    { numRuns: 200 * SOAK },
  );
});

test('a message that repeats the delta changes nothing', { timeout: TIMEOUT_MS }, () => {
  fc.assert(
    fc.property(documented, (exchange) => {
      expectSameAsPlain(
        exchange,
        withChoices(exchange.body, ({ message, ...choice }) => ({ ...choice, message, delta: message })),
      );
    }),
    { numRuns: 200 * SOAK },
  );
});
