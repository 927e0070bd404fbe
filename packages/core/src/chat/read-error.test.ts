import { expect, test } from 'vitest';
import { ProtocolError } from './errors.ts';
import { readError } from './read-error.ts';
import { ResponseReader, readEventData } from './response-reader.ts';

const AGAIN = 'Trying again may help.';
const NO_USE = 'Trying again does not help: change the request or the account.';

interface Thrown {
  readonly piece: unknown;
  readonly says: string;
  readonly retryable?: boolean;
}

const errors: readonly Thrown[] = [
  {
    piece: { error: { message: 'Overloaded.', type: 'overloaded_error' } },
    says: 'an error: "Overloaded." (overloaded_error)',
  },
  { piece: { error: 'Asleep.' }, says: 'an error: "Asleep."' },
  { piece: { error: { message: 'Asleep.' }, choices: [] }, says: 'an error: "Asleep."' },
  { piece: { error: {} }, says: 'an error without words' },
  { piece: { error: { code: 503 } }, says: 'an error without words (503)' },
  { piece: { error: { error: { message: 'Asleep.' } } }, says: 'an error: "Asleep."' },
  { piece: [{ error: { message: 'Asleep.' } }], says: 'an error: "Asleep."' },
  {
    piece: { object: 'error', message: 'Asleep.', type: 'server_error', code: 500 },
    says: 'an error: "Asleep." (500, server_error)',
  },
  { piece: { type: 'error', error: { message: 'Asleep.' } }, says: 'an error: "Asleep."' },
  { piece: { type: 'error', message: 'Asleep.' }, says: 'an error: "Asleep."' },
  { piece: { msg: 'Asleep.' }, says: 'an error: "Asleep."' },
  { piece: { error_message: 'Asleep.' }, says: 'an error: "Asleep."' },
  { piece: { x_groq: { error: 'Over capacity.' } }, says: 'an error: "Over capacity."' },
  { piece: { error: { error: { error: { error: { message: 'Asleep.' } } } } }, says: 'an error: "Asleep."' },
  {
    piece: { error: { error: { error: { error: { error: { message: 'Asleep.' } } } } } },
    says: 'an error without words',
  },
  {
    piece: { error: { message: 'No.', code: 600, type: 'invalid_value' } },
    says: 'an error: "No." (600, invalid_value)',
    retryable: false,
  },
  { piece: { detail: [{ msg: 'Field required' }] }, says: 'an error: "Field required"' },
  { piece: { success: false, errors: [{ message: 'Asleep.' }] }, says: 'an error: "Asleep."' },
  {
    piece: { error: { message: 'Provider returned error', code: 502, metadata: { raw: 'Asleep.' } } },
    says: 'an error: "Provider returned error: Asleep." (502)',
  },
  {
    piece: { choices: [{ index: 0, delta: {}, error: { message: 'Asleep.', code: 502 } }] },
    says: 'an error: "Asleep." (502)',
  },
  {
    piece: { error: { message: 'Slow down.', code: 429, type: 'invalid_request_error' } },
    says: 'an error: "Slow down." (429, invalid_request_error)',
  },
  {
    piece: { error: { message: 'No.', code: 'insufficient_quota', status: 429 } },
    says: 'an error: "No." (insufficient_quota, 429)',
    retryable: false,
  },
  {
    piece: { error: { message: 'No.', type: 'invalid_request_error' } },
    says: 'an error: "No." (invalid_request_error)',
    retryable: false,
  },
  {
    piece: { error: { message: 'No.', code: 'invalid_api_key' } },
    says: 'an error: "No." (invalid_api_key)',
    retryable: false,
  },
  {
    piece: { error: { message: 'No.', type: 'authentication_error' } },
    says: 'an error: "No." (authentication_error)',
    retryable: false,
  },
  { piece: { error: { message: 'No.', code: '404' } }, says: 'an error: "No." (404)', retryable: false },
];

test.each(errors)('A8: $says is what the server said with status 200', ({ piece, says, retryable = true }) => {
  const shown = Array.isArray(piece) || !hasChoices(piece) ? piece : choiceOf(piece);
  expect(thrownBy(() => new ResponseReader().read(piece))).toEqual(
    failure(`Instead of a response, the server sent ${says}. ${retryable ? AGAIN : NO_USE}`, {
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
])('E: `event: error` with %s is an error', (_, data) => {
  expect(thrownBy(() => readEventData({ event: 'error', data }))).toEqual(
    failure(`Instead of a response, the server sent an error: "Asleep.". ${AGAIN}`, {
      code: 'response.error',
      retryable: true,
      received: data,
    }),
  );
});

test.each([{ error: null }, { error: '' }, { error: { code: 0, message: '' } }])(
  'a response that says %j beside its choices is no error',
  (fields) => {
    const reader = new ResponseReader();
    expect(reader.read({ ...fields, choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' } }] })).toEqual([
      { type: 'text', delta: 'Hi' },
    ]);
  },
);

test('an empty list of errors is no error', () => {
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
