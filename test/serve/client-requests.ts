/** A request as a client sends it, written from its source. */
export interface ClientRequest {
  readonly name: string;
  /** The repository, the file and the commit that were read. */
  readonly source: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

const system = 'You are a helpful assistant.';

export const CLIENT_REQUESTS: readonly ClientRequest[] = [
  {
    name: 'openai-python, unstreamed',
    source: 'openai/openai-python src/openai/_base_client.py b0cc77fb48c9ae3c6d4d4d76d3d03c27713ff922',
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': 'OpenAI/Python 1.66.3',
      'x-stainless-lang': 'python',
      'x-stainless-package-version': '1.66.3',
      'x-stainless-os': 'Linux',
      'x-stainless-arch': 'x64',
      'x-stainless-runtime': 'CPython',
      'x-stainless-runtime-version': '3.12.3',
      'x-stainless-async': 'false',
      'x-stainless-retry-count': '0',
      'x-stainless-read-timeout': '600',
    },
    body: { messages: [{ role: 'user', content: 'Hello.' }], model: 'echo', temperature: 0.2, seed: 7 },
  },
  {
    name: 'openai-python, streamed, with parts',
    source: 'openai/openai-python src/openai/_base_client.py b0cc77fb48c9ae3c6d4d4d76d3d03c27713ff922',
    headers: {
      accept: 'application/json',
      'user-agent': 'AsyncOpenAI/Python 1.66.3',
      'x-stainless-async': 'async:asyncio',
    },
    body: {
      messages: [
        { role: 'developer', content: system },
        { role: 'user', content: [{ type: 'text', text: 'Hello.' }] },
      ],
      model: 'echo',
      stream: true,
      stream_options: { include_usage: true },
      parallel_tool_calls: true,
      response_format: { type: 'text' },
    },
  },
  {
    name: 'openai-go, streamed',
    source: 'openai/openai-go internal/requestconfig/requestconfig.go 015dc5e4318febc7565664f0be7c39659d0ea1f8',
    headers: {
      accept: 'application/json',
      'user-agent': 'OpenAI/Go 3.0.0',
      'x-stainless-lang': 'go',
      'x-stainless-package-version': '3.0.0',
      'x-stainless-os': 'Linux',
      'x-stainless-arch': 'x64',
      'x-stainless-runtime': 'go',
      'x-stainless-runtime-version': 'go1.24.1',
      'x-stainless-retry-count': '0',
    },
    body: { messages: [{ content: 'Hello.', role: 'user' }], model: 'echo', stream: true },
  },
  {
    name: 'go-openai, streamed',
    source: 'sashabaranov/go-openai chat_stream.go 02eab6e6e05c826be1ed747c59569a9f67e6b5f4',
    headers: { accept: 'text/event-stream', 'cache-control': 'no-cache', connection: 'keep-alive' },
    body: { model: 'echo', messages: [{ role: 'user', content: 'Hello.' }], max_tokens: 20, stream: true },
  },
  {
    name: 'Open WebUI, a chat',
    source: 'open-webui/open-webui backend/open_webui/routers/openai.py 004a45f5824bd78635cdc39a071af98873fb50c2',
    headers: {
      authorization: 'Bearer unused',
      'x-openwebui-user-name': 'Ada',
      'x-openwebui-user-id': '8d967d73-99b8-40ff-ac3b-c71ac19e1286',
      'x-openwebui-user-email': 'ada@example.com',
      'x-openwebui-user-role': 'user',
      'x-openwebui-chat-id': '4ae8a4bd-2b1a-4a0e-8d2d-f1a7a5c39d4d',
    },
    body: {
      stream: true,
      model: 'echo',
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: 'Hi.' },
        { role: 'assistant', content: 'You wrote: Hi.' },
        { role: 'user', content: [{ type: 'text', text: 'Hello.', cache_control: { type: 'ephemeral' } }] },
      ],
      reasoning: { effort: 'low' },
      stream_options: { include_usage: true },
      chat_id: '4ae8a4bd-2b1a-4a0e-8d2d-f1a7a5c39d4d',
      user: { name: 'Ada', id: '8d967d73', email: 'ada@example.com', role: 'user' },
    },
  },
  {
    name: 'Open WebUI, a title',
    source: 'open-webui/open-webui backend/open_webui/routers/openai.py 004a45f5824bd78635cdc39a071af98873fb50c2',
    headers: { authorization: 'Bearer unused' },
    body: {
      model: 'echo/plain',
      messages: [{ role: 'user', content: 'Hello.' }],
      stream: false,
      max_completion_tokens: 1000,
    },
  },
  {
    name: 'LibreChat, a chat',
    source: 'danny-avila/LibreChat packages/api/src/endpoints/openai/llm.ts 00b3bc32f0f5dd65befa49a0773dae7d26d8e587',
    headers: { accept: 'application/json', 'x-stainless-lang': 'js', 'x-stainless-retry-count': '0' },
    body: {
      model: 'echo',
      temperature: 1,
      top_p: 1,
      frequency_penalty: 0,
      presence_penalty: 0,
      n: 1,
      user: '6637947c58ba0ccd4c4ba9a0',
      stream: true,
      stream_options: { include_usage: true },
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: 'Hello.' },
      ],
    },
  },
];
