// The public sources of each profile, for docs/reference/profiles.md. Not shipped.
import type { ProfileName } from '../packages/core/src/openai/profiles.ts';

/** A vendor's page, or a thread in which its server was seen. */
export interface ProfileSource {
  readonly url: string;
  /** What it says of this server, in a few words. */
  readonly detail: string;
}

const VLLM_FORMAT: ProfileSource = {
  url: 'https://github.com/vllm-project/vllm/issues/39929',
  detail: '`response_format` beside tools constrains the whole response, and no tool is called',
};

export const PROFILE_SOURCES: Readonly<Record<ProfileName, readonly ProfileSource[]>> = {
  compatible: [
    { url: 'https://platform.openai.com/docs/api-reference/chat/create', detail: 'the fields' },
    VLLM_FORMAT,
    {
      url: 'https://github.com/modelship-ai/modelship/pull/71',
      detail: 'engines exclude the tokens of a call while a schema is in force',
    },
  ],
  openai: [
    { url: 'https://platform.openai.com/docs/api-reference/chat/create', detail: 'all fields, roles and choices' },
    {
      url: 'https://platform.openai.com/docs/guides/structured-outputs',
      detail: 'strict schemas, in `response_format` and in tools',
    },
    {
      url: 'https://github.com/googleapis/python-genai/issues/867',
      detail: 'takes `response_format` and tools in one request',
    },
  ],
  azure: [
    {
      url: 'https://learn.microsoft.com/azure/ai-foundry/openai/how-to/structured-outputs',
      detail: 'strict schemas, in `response_format` and in tools',
    },
    {
      url: 'https://learn.microsoft.com/azure/ai-foundry/openai/reference',
      detail: 'the fields; the key as `api-key`, the version of the API',
    },
  ],
  foundry: [
    {
      url: 'https://learn.microsoft.com/azure/ai-foundry/foundry-models/how-to/use-chat-reasoning',
      detail: 'models of other makers, DeepSeek and Kimi among them, with their `reasoning_content`',
    },
    {
      url: 'https://github.com/earendil-works/pi/pull/4178',
      detail: 'Kimi wants the `reasoning_content` of its calls back',
    },
  ],
  vllm: [
    { url: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html', detail: 'the fields' },
    { url: 'https://docs.vllm.ai/en/latest/features/tool_calling.html', detail: 'choices of tools' },
    VLLM_FORMAT,
  ],
  llamacpp: [
    { url: 'https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md', detail: 'the fields' },
    {
      url: 'https://github.com/ggml-org/llama.cpp/blob/master/docs/function-calling.md',
      detail: 'tools; one call at a time unless `parallel_tool_calls` is sent',
    },
    {
      url: 'https://github.com/modelship-ai/modelship/pull/71',
      detail: 'a grammar for the response excludes the tokens of a call',
    },
  ],
  ollama: [
    { url: 'https://docs.ollama.com/api/openai-compatibility', detail: 'the fields; `tool_choice` is not among them' },
    { url: 'https://github.com/ollama/ollama/issues/11037', detail: 'with a schema, tools are not called' },
    { url: 'https://github.com/ollama/ollama/issues/11185', detail: 'a maintainer: a format does not work with tools' },
  ],
  lmstudio: [
    { url: 'https://lmstudio.ai/docs/developer/openai-compat/tools', detail: 'tools and their choices' },
    {
      url: 'https://lmstudio.ai/docs/developer/openai-compat/structured-output',
      detail: 'schemas, by the grammars of llama.cpp and Outlines',
    },
  ],
  groq: [
    { url: 'https://console.groq.com/docs/api-reference', detail: 'the fields' },
    {
      url: 'https://console.groq.com/docs/structured-outputs',
      detail: 'schemas for some models only, neither in streams nor beside tools',
    },
    { url: 'https://github.com/vercel/ai/issues/10023', detail: 'JSON mode beside tools is refused' },
  ],
  mistral: [
    { url: 'https://docs.mistral.ai/api', detail: 'the fields; `random_seed`' },
    {
      url: 'https://docs.mistral.ai/capabilities/structured-output/custom_structured_output/',
      detail: 'strict schemas',
    },
    { url: 'https://github.com/miquido/draive/pull/39', detail: 'JSON mode beside tools needs a workaround' },
  ],
  deepseek: [
    { url: 'https://api-docs.deepseek.com/api/create-chat-completion', detail: 'the fields; JSON mode' },
    {
      url: 'https://api-docs.deepseek.com/guides/thinking_mode',
      detail: 'thoughts go back beside calls; thinking models refuse a forced tool',
    },
  ],
  xai: [
    { url: 'https://docs.x.ai/docs/api-reference', detail: 'the fields' },
    {
      url: 'https://docs.x.ai/docs/guides/structured-outputs',
      detail: 'schemas for all models, beside tools for some models of the Grok 4 family only',
    },
  ],
  moonshot: [
    { url: 'https://platform.moonshot.ai/docs/api/chat', detail: 'the fields; JSON mode' },
    {
      url: 'https://platform.moonshot.ai/docs/guide/migrating-from-openai-to-kimi#about-tool_choice',
      detail: '`required` is not supported',
    },
    {
      url: 'https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model',
      detail: 'thoughts go back beside calls',
    },
  ],
  qwen: [
    {
      url: 'https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope',
      detail: 'the addresses and fields',
    },
    {
      url: 'https://www.alibabacloud.com/help/en/model-studio/qwen-structured-output',
      detail: 'JSON mode for most models, schemas for few; the prompt must contain "JSON"',
    },
    {
      url: 'https://www.alibabacloud.com/help/en/model-studio/qwen-function-calling',
      detail: 'choices of tools',
    },
  ],
  gemini: [
    { url: 'https://ai.google.dev/gemini-api/docs/openai', detail: 'the fields' },
    { url: 'https://ai.google.dev/gemini-api/docs/thought-signatures', detail: 'signatures in `extra_content`' },
    {
      url: 'https://ai.google.dev/gemini-api/docs/structured-output',
      detail: 'schemas beside tools for Gemini 3 only, as a preview',
    },
    {
      url: 'https://github.com/openai/openai-agents-python/issues/656',
      detail: 'earlier models refuse JSON beside tools',
    },
  ],
  anthropic: [
    {
      url: 'https://platform.claude.com/docs/en/api/openai-sdk',
      detail: '`response_format` and `strict` are ignored',
    },
  ],
  cerebras: [
    { url: 'https://inference-docs.cerebras.ai/resources/openai', detail: 'fields that are not supported' },
    { url: 'https://inference-docs.cerebras.ai/capabilities/structured-outputs', detail: 'strict schemas' },
    {
      url: 'https://github.com/BerriAI/litellm/pull/31445',
      detail: '`response_format` beside tools is refused',
    },
    {
      url: 'https://github.com/RooCodeInc/Roo-Code/pull/9692',
      detail: 'all tools of a request have to be strict, or none',
    },
  ],
  zai: [
    {
      url: 'https://docs.z.ai/api-reference/llm/chat-completion',
      detail: 'the fields; `tool_choice` only as `auto`; JSON mode',
    },
    { url: 'https://docs.z.ai/guides/capabilities/struct-output', detail: 'JSON mode, without a schema' },
  ],
  cloudflare: [
    {
      url: 'https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/',
      detail: 'the addresses',
    },
    {
      url: 'https://developers.cloudflare.com/workers-ai/features/json-mode/',
      detail: 'JSON mode for some models, not in streams, with the bare schema',
    },
    {
      url: 'https://developers.cloudflare.com/ai-gateway/usage/providers/openai/',
      detail: 'the gateway passes a key on to the vendor in its path',
    },
    {
      url: 'https://github.com/juspay/neurolink/blob/195cc3be04003c99f3ba164094871e7517a16c3c/src/lib/providers/catalog/cloudflare.json',
      detail: 'content that is no text is refused, `null` as well',
    },
  ],
  databricks: [
    {
      url: 'https://docs.databricks.com/aws/en/machine-learning/foundation-model-apis/api-reference',
      detail: 'the fields; a stream reports its usage',
    },
    {
      url: 'https://docs.databricks.com/aws/en/machine-learning/model-serving/structured-outputs',
      detail: 'schemas',
    },
    {
      url: 'https://github.com/pydantic/pydantic-ai/blob/main/pydantic_ai_slim/pydantic_ai/profiles/databricks.py',
      detail: 'models that refuse `required` and `stream_options`',
    },
    {
      url: 'https://github.com/continuedev/continue/issues/12936',
      detail: 'unknown fields are refused, `stream_options` among them',
    },
  ],
  together: [
    { url: 'https://docs.together.ai/reference/chat-completions-1', detail: 'the fields' },
    { url: 'https://docs.together.ai/docs/json-mode', detail: 'schemas' },
    {
      url: 'https://github.com/togethercomputer/together-py/blob/main/src/together/types/chat/completion_create_params.py',
      detail: 'the fields, as its own client has them',
    },
  ],
  fireworks: [
    {
      url: 'https://docs.fireworks.ai/api-reference/post-chatcompletions',
      detail: 'the fields and choices; `reasoning_content` goes back',
    },
    {
      url: 'https://docs.fireworks.ai/structured-responses/structured-response-formatting',
      detail: 'schemas',
    },
    {
      url: 'https://github.com/anomalyco/opencode/issues/4386',
      detail: 'unknown fields are refused',
    },
  ],
  nvidia: [
    { url: 'https://docs.api.nvidia.com/nim/reference/llm-apis', detail: 'the fields, by model' },
    {
      url: 'https://docs.nvidia.com/nim/large-language-models/latest/structured-generation.html',
      detail: 'schemas by a field of its own',
    },
    { url: 'https://github.com/sipeed/picoclaw/issues/1019', detail: 'unknown fields are refused' },
    {
      url: 'https://github.com/pydantic/pydantic-ai/blob/main/pydantic_ai_slim/pydantic_ai/profiles/nvidia.py',
      detail: '`required` is answered by text',
    },
  ],
  sambanova: [
    { url: 'https://docs.sambanova.ai/docs/en/features/openai-compatibility', detail: 'the addresses' },
    { url: 'https://docs.sambanova.ai/docs/en/features/function-calling', detail: 'tools, JSON mode, schemas' },
    {
      url: 'https://github.com/sambanova/sambanova-python/blob/main/src/sambanova/types/chat/completion_create_params.py',
      detail: 'the fields, as its own client has them',
    },
  ],
  perplexity: [
    { url: 'https://docs.perplexity.ai/api-reference/chat-completions-post', detail: 'the fields' },
    { url: 'https://docs.perplexity.ai/guides/structured-outputs', detail: 'schemas' },
    {
      url: 'https://github.com/perplexityai/perplexity-py/blob/main/src/perplexity/types/chat/completion_create_params.py',
      detail: 'the fields and choices, as its own client has them',
    },
  ],
  huggingface: [
    { url: 'https://huggingface.co/docs/inference-providers/tasks/chat-completion', detail: 'the fields' },
    {
      url: 'https://huggingface.co/docs/inference-providers/guides/structured-output',
      detail: 'schemas, which depend on the vendor behind',
    },
  ],
  litellm: [
    { url: 'https://docs.litellm.ai/docs/completion/input', detail: 'the fields' },
    { url: 'https://docs.litellm.ai/docs/completion/json_mode', detail: 'schemas, which depend on the vendor behind' },
  ],
  openrouter: [
    { url: 'https://openrouter.ai/docs/api-reference/chat-completion', detail: 'the fields' },
    { url: 'https://openrouter.ai/docs/features/structured-outputs', detail: 'strict schemas' },
    { url: 'https://openrouter.ai/docs/use-cases/reasoning-tokens', detail: 'reasoning goes back' },
  ],
  legacy: [
    {
      url: 'https://platform.openai.com/docs/api-reference/chat/create#chat-create-functions',
      detail: '`functions` and `function_call`',
    },
  ],
};
