import { expect, test } from 'vitest';
import { ProtocolError } from './errors.ts';
import { readError } from './read-error.ts';
import { ResponseReader, readEventData } from './response-reader.ts';

const AGAIN = 'Trying again may help.';
const NO_USE = 'Trying again does not help: change the request or the account.';

interface Thrown {
  readonly piece: unknown;
  readonly report: string;
  readonly retryable?: boolean;
}

const errors: readonly Thrown[] = [
  {
    piece: { error: { message: 'Overloaded.', type: 'overloaded_error' } },
    report: 'an error: "Overloaded." (overloaded_error)',
  },
  { piece: { error: 'Asleep.' }, report: 'an error: "Asleep."' },
  { piece: { error: { message: 'Asleep.' }, choices: [] }, report: 'an error: "Asleep."' },
  { piece: { error: {} }, report: 'an error without a message' },
  { piece: { error: { code: 503 } }, report: 'an error without a message (503)' },
  { piece: { error: { error: { message: 'Asleep.' } } }, report: 'an error: "Asleep."' },
  { piece: [{ error: { message: 'Asleep.' } }], report: 'an error: "Asleep."' },
  {
    piece: { object: 'error', message: 'Asleep.', type: 'server_error', code: 500 },
    report: 'an error: "Asleep." (500, server_error)',
  },
  { piece: { type: 'error', error: { message: 'Asleep.' } }, report: 'an error: "Asleep."' },
  { piece: { type: 'error', message: 'Asleep.' }, report: 'an error: "Asleep."' },
  { piece: { msg: 'Asleep.' }, report: 'an error: "Asleep."' },
  { piece: { error_message: 'Asleep.' }, report: 'an error: "Asleep."' },
  { piece: { x_groq: { error: 'Over capacity.' } }, report: 'an error: "Over capacity."' },
  { piece: { error: { error: { error: { error: { message: 'Asleep.' } } } } }, report: 'an error: "Asleep."' },
  {
    piece: { error: { error: { error: { error: { error: { message: 'Asleep.' } } } } } },
    report: 'an error without a message',
  },
  {
    piece: { error: { message: 'No.', code: 600, type: 'invalid_value' } },
    report: 'an error: "No." (600, invalid_value)',
    retryable: false,
  },
  { piece: { detail: [{ msg: 'Field required' }] }, report: 'an error: "Field required"' },
  { piece: { success: false, errors: [{ message: 'Asleep.' }] }, report: 'an error: "Asleep."' },
  {
    piece: { error: { message: 'Provider returned error', code: 502, metadata: { raw: 'Asleep.' } } },
    report: 'an error: "Provider returned error: Asleep." (502)',
  },
  {
    piece: { choices: [{ index: 0, delta: {}, error: { message: 'Asleep.', code: 502 } }] },
    report: 'an error: "Asleep." (502)',
  },
  {
    piece: { error: { message: 'Slow down.', code: 429, type: 'invalid_request_error' } },
    report: 'an error: "Slow down." (429, invalid_request_error)',
  },
  {
    piece: { error: { message: 'No.', code: 'insufficient_quota', status: 429 } },
    report: 'an error: "No." (insufficient_quota, 429)',
    retryable: false,
  },
  {
    piece: { error: { message: 'No.', type: 'invalid_request_error' } },
    report: 'an error: "No." (invalid_request_error)',
    retryable: false,
  },
  {
    piece: { error: { message: 'No.', code: 'invalid_api_key' } },
    report: 'an error: "No." (invalid_api_key)',
    retryable: false,
  },
  {
    piece: { error: { message: 'No.', type: 'authentication_error' } },
    report: 'an error: "No." (authentication_error)',
    retryable: false,
  },
  { piece: { error: { message: 'No.', code: '404' } }, report: 'an error: "No." (404)', retryable: false },
];

test.each(errors)('A8: reads $report with status 200 as an error', ({ piece, report, retryable = true }) => {
  const shown = Array.isArray(piece) || !hasChoices(piece) ? piece : choiceOf(piece);
  expect(thrownBy(() => new ResponseReader().read(piece))).toEqual(
    failure(`Instead of a response, the server sent ${report}. ${retryable ? AGAIN : NO_USE}`, {
      code: 'response.error',
      retryable,
      received: JSON.stringify(shown),
    }),
  );
});

test.each([
  ['an object', '{"error":{"message":"Asleep."}}'],
  ['a flat object', '{"message":"Asleep."}'],
  ['a text as JSON', '"Asleep."'],
  ['a text', 'Asleep.'],
])('E: reads `event: error` with %s as an error', (_, data) => {
  expect(thrownBy(() => readEventData({ event: 'error', data }))).toEqual(
    failure(`Instead of a response, the server sent an error: "Asleep.". ${AGAIN}`, {
      code: 'response.error',
      retryable: true,
      received: data,
    }),
  );
});

test.each([{ error: null }, { error: '' }, { error: { code: 0, message: '' } }])(
  'a response with %j next to its choices is not an error',
  (fields) => {
    const reader = new ResponseReader();
    expect(reader.read({ ...fields, choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' } }] })).toEqual([
      { type: 'text', delta: 'Hi' },
    ]);
  },
);

test('an empty list of errors is not an error', () => {
  expect(readError({ success: true, errors: [] })).toBeUndefined();
});

function hasChoices(piece: unknown): piece is { readonly choices: readonly unknown[] } {
  return (
    typeof piece === 'object' &&
    piece !== null &&
    'choices' in piece &&
    Array.isArray(piece.choices) &&
    piece.choices.length > 0
  );
}

function choiceOf({ choices }: { readonly choices: readonly unknown[] }): unknown {
  return choices[0];
}

function thrownBy(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return ProtocolError.isInstance(error) ? fieldsOf(error) : error;
  }
}

function failure(message: string, options: ConstructorParameters<typeof ProtocolError>[1]): unknown {
  return fieldsOf(new ProtocolError(message, options));
}

function fieldsOf({ message, code, retryable, received }: ProtocolError): unknown {
  return { message, code, retryable, received };
}
