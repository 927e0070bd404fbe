import { expect, test } from 'vitest';
import { readServerMessage, type ServerMessage } from './server-message.ts';

const silent = { message: '', code: undefined, type: undefined, param: undefined, requestId: undefined };

const cases: readonly { readonly from: string; readonly body: unknown; readonly expected: Partial<ServerMessage> }[] = [
  {
    from: 'OpenAI',
    body: { error: { message: 'No.', type: 'invalid_request_error', param: 'tools[0]', code: 'invalid_value' } },
    expected: { message: 'No.', type: 'invalid_request_error', param: 'tools[0]', code: 'invalid_value' },
  },
  {
    from: 'vLLM',
    body: { object: 'error', message: 'No.', type: 'BadRequestError', param: null, code: 400 },
    expected: { message: 'No.', type: 'BadRequestError', code: '400' },
  },
  { from: 'Ollama', body: { error: 'model "x" not found' }, expected: { message: 'model "x" not found' } },
  {
    from: 'FastAPI',
    body: { detail: [{ loc: ['body', 'messages', 0], msg: 'Field required', type: 'missing' }] },
    expected: { message: 'body.messages.0: Field required' },
  },
  {
    from: 'Mistral',
    body: { object: 'error', message: { detail: [{ loc: ['body', 'n'], msg: 'Extra inputs' }] }, type: 'invalid' },
    expected: { message: 'body.n: Extra inputs', type: 'invalid' },
  },
  {
    from: 'Anthropic',
    body: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' }, request_id: 'req_1' },
    expected: { message: 'Overloaded', type: 'overloaded_error', requestId: 'req_1' },
  },
  {
    from: 'OpenRouter',
    body: {
      error: { message: 'Provider returned error', code: 400, metadata: { raw: '{"error":{"message":"Too big"}}' } },
    },
    expected: { message: 'Provider returned error: Too big', code: '400' },
  },
  {
    from: 'Gemini',
    body: [{ error: { code: 404, message: 'Not here.', status: 'NOT_FOUND' } }],
    expected: { message: 'Not here.', code: '404' },
  },
  {
    from: 'Cloudflare',
    body: { success: false, errors: [{ code: 10000, message: 'Authentication error' }] },
    expected: { message: 'Authentication error', code: '10000' },
  },
  { from: 'Azure API Management', body: { statusCode: 401, message: 'Denied.' }, expected: { message: 'Denied.' } },
  {
    from: 'a gateway',
    body: { error: { message: 'No.', request_id: 'req_2' } },
    expected: { message: 'No.', requestId: 'req_2' },
  },
  {
    from: 'a server that names nothing',
    body: { error: { message: 'No.', code: '', type: '' } },
    expected: { message: 'No.' },
  },
  { from: 'a server that sends a text as JSON', body: 'No.', expected: { message: 'No.' } },
  { from: 'a server that sends a number', body: 7, expected: {} },
  { from: 'nobody', body: {}, expected: {} },
  { from: 'a joker', body: [[null]], expected: {} },
];

test.each(cases)('reads an error in the form of $from', ({ body, expected }) => {
  expect(readServerMessage(JSON.stringify(body))).toEqual({ ...silent, ...expected });
});

test("reads the text of a proxy's page", () => {
  const page =
    '<html><head><style>p { color: red }</style></head>\n<body><h1>502</h1>\n\n  Bad   Gateway</body></html>';
  expect(readServerMessage(page)).toEqual({ ...silent, message: '502 Bad Gateway' });
});
