// Whose the words of packages/core/src/chat/finish-reason.ts are, for docs/reference/finish-reasons.md.

export interface Vendor {
  readonly server: string;
  /** Where the words are documented, or were seen, in public. */
  readonly source?: string;
  /** As the vendor writes them. */
  readonly words: readonly string[];
}

/** Whose words they are. */
export const VENDORS: readonly Vendor[] = [
  {
    server: 'OpenAI',
    source: 'https://platform.openai.com/docs/api-reference/chat/object',
    words: ['stop', 'length', 'tool_calls', 'content_filter', 'function_call'],
  },
  {
    server: 'OpenAI (Responses)',
    source: 'https://platform.openai.com/docs/api-reference/responses/object',
    words: ['completed', 'failed', 'cancelled', 'incomplete', 'max_output_tokens', 'content_filter'],
  },
  {
    server: 'Azure AI Inference',
    source:
      'https://azuresdkdocs.z19.web.core.windows.net/java/azure-ai-inference/1.0.0-beta.5/com/azure/ai/inference/models/CompletionsFinishReason.html',
    words: ['stopped', 'token_limit_reached', 'content_filtered', 'tool_calls'],
  },
  {
    server: 'Gemini',
    source: 'https://ai.google.dev/api/generate-content#FinishReason',
    words: [
      'STOP',
      'MAX_TOKENS',
      'SAFETY',
      'RECITATION',
      'LANGUAGE',
      'BLOCKLIST',
      'PROHIBITED_CONTENT',
      'SPII',
      'IMAGE_SAFETY',
      'IMAGE_PROHIBITED_CONTENT',
      'IMAGE_RECITATION',
      'IMAGE_OTHER',
      'NO_IMAGE',
      'OTHER',
      'MALFORMED_FUNCTION_CALL',
      'UNEXPECTED_TOOL_CALL',
      'TOO_MANY_TOOL_CALLS',
      'MISSING_THOUGHT_SIGNATURE',
      'MALFORMED_RESPONSE',
    ],
  },
  {
    server: 'Gemini (its OpenAI endpoint)',
    source: 'https://github.com/HKUDS/Vibe-Trading/pull/308',
    words: ['SAFETY', 'RECITATION', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII'],
  },
  {
    server: 'Gemini (its OpenAI endpoint), as programs that ask it have met it',
    words: ['content_filter: RECITATION', 'function_call_filter: MALFORMED_FUNCTION_CALL'],
  },
  {
    server: 'Vertex AI',
    source: 'https://cloud.google.com/vertex-ai/docs/reference/rest/v1beta1/GenerateContentResponse',
    words: ['MODEL_ARMOR', 'SAFETY', 'SPII'],
  },
  {
    server: 'Anthropic',
    source: 'https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons',
    words: [
      'end_turn',
      'stop_sequence',
      'tool_use',
      'max_tokens',
      'model_context_window_exceeded',
      'pause_turn',
      'compaction',
      'refusal',
    ],
  },
  {
    server: 'Bedrock',
    source: 'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html',
    words: [
      'end_turn',
      'tool_use',
      'max_tokens',
      'stop_sequence',
      'guardrail_intervened',
      'content_filtered',
      'malformed_model_output',
      'malformed_tool_use',
      'model_context_window_exceeded',
    ],
  },
  {
    server: 'Amazon Titan',
    source: 'https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html',
    words: ['FINISHED', 'FINISH', 'LENGTH', 'STOP_CRITERIA_MET', 'CONTENT_FILTERED'],
  },
  {
    server: 'Cohere',
    source: 'https://docs.cohere.com/reference/chat',
    words: ['COMPLETE', 'STOP_SEQUENCE', 'MAX_TOKENS', 'TOOL_CALL', 'ERROR', 'TIMEOUT'],
  },
  {
    server: 'Cohere (v1)',
    source: 'https://docs.cohere.com/v1/reference/chat',
    words: ['COMPLETE', 'ERROR_LIMIT', 'ERROR_TOXIC', 'USER_CANCEL'],
  },
  {
    server: 'Z.ai',
    source: 'https://docs.z.ai/api-reference/llm/chat-completion',
    words: ['stop', 'tool_calls', 'length', 'sensitive', 'model_context_window_exceeded', 'network_error'],
  },
  {
    server: 'DeepSeek',
    source: 'https://api-docs.deepseek.com/api/create-chat-completion',
    words: ['stop', 'length', 'content_filter', 'tool_calls', 'insufficient_system_resource'],
  },
  {
    server: 'Mistral',
    source: 'https://docs.mistral.ai/api/endpoint/chat',
    words: ['stop', 'length', 'model_length', 'error', 'tool_calls'],
  },
  {
    server: 'OpenRouter',
    source: 'https://openrouter.ai/docs/api-reference/overview',
    words: ['stop', 'length', 'tool_calls', 'content_filter', 'error'],
  },
  {
    server: 'xAI',
    source: 'https://docs.x.ai/docs/api-reference',
    words: ['stop', 'length', 'end_turn', 'tool_calls'],
  },
  {
    server: 'xAI (gRPC)',
    source: 'https://github.com/xai-org/xai-proto/blob/main/proto/xai/api/v1/sample.proto',
    words: ['REASON_STOP', 'REASON_MAX_LEN', 'REASON_MAX_CONTEXT', 'REASON_TOOL_CALLS', 'REASON_TIME_LIMIT'],
  },
  {
    server: 'Moonshot',
    source: 'https://github.com/MoonshotAI/moonpalace/pull/3',
    words: ['stop', 'length', 'tool_calls', 'content_filter', 'repeat'],
  },
  {
    server: 'Qwen (DashScope)',
    source: 'https://www.alibabacloud.com/help/en/model-studio/qwen-api-via-dashscope',
    words: ['stop', 'length', 'tool_calls'],
  },
  {
    server: 'MiniMax',
    source: 'https://platform.minimaxi.com/docs/api-reference/text-post',
    words: ['stop', 'length', 'tool_calls', 'max_output'],
  },
  {
    server: 'Qianfan',
    source: 'https://cloud.baidu.com/doc/qianfan-api/s/3m7of64lb',
    words: ['normal', 'stop', 'length', 'content_filter', 'tool_calls'],
  },
  {
    server: 'Hunyuan',
    source: 'https://cloud.tencent.com/document/product/1729/105701',
    words: ['stop', 'sensitive', 'tool_calls'],
  },
  {
    server: 'GigaChat',
    source: 'https://developers.sber.ru/docs/ru/gigachat/api/reference/rest/post-chat',
    words: ['stop', 'length', 'function_call', 'blacklist', 'error'],
  },
  {
    server: 'YandexGPT',
    source: 'https://yandex.cloud/en/docs/foundation-models/text-generation/api-ref/TextGeneration/completion',
    words: [
      'ALTERNATIVE_STATUS_FINAL',
      'ALTERNATIVE_STATUS_TRUNCATED_FINAL',
      'ALTERNATIVE_STATUS_CONTENT_FILTER',
      'ALTERNATIVE_STATUS_TOOL_CALLS',
    ],
  },
  {
    server: 'watsonx',
    source:
      'https://ibm.github.io/watsonx-ai-node-sdk/enums/1_7_x.WatsonXAI.TextChatResultChoice.Constants.FinishReason.html',
    words: ['stop', 'length', 'tool_calls', 'time_limit', 'cancelled', 'error'],
  },
  {
    server: 'watsonx (text)',
    source: 'https://cloud.ibm.com/apidocs/watsonx-ai#text-generation',
    words: ['eos_token', 'max_tokens', 'token_limit', 'time_limit', 'stop_sequence', 'cancelled', 'error'],
  },
  {
    server: 'Aleph Alpha',
    source: 'https://docs.aleph-alpha.com/api/complete/',
    words: ['end_of_text', 'stop_sequence_reached', 'maximum_tokens'],
  },
  {
    server: 'Llama Stack',
    source: 'https://github.com/meta-llama/llama-stack/blob/main/docs/_static/llama-stack-spec.yaml',
    words: ['end_of_turn', 'end_of_message', 'out_of_tokens'],
  },
  {
    server: 'vLLM',
    source: 'https://github.com/vllm-project/vllm/blob/main/vllm/v1/engine/__init__.py',
    words: ['stop', 'length', 'tool_calls', 'abort', 'error', 'repetition'],
  },
  {
    server: 'SGLang',
    source: 'https://github.com/sgl-project/sglang/blob/main/python/sglang/srt/managers/schedule_batch.py',
    words: ['stop', 'length', 'tool_calls', 'content_filter', 'function_call', 'abort'],
  },
  {
    server: 'TGI',
    source: 'https://huggingface.github.io/text-generation-inference/',
    words: ['length', 'eos_token', 'stop_sequence'],
  },
  {
    server: 'Together',
    source: 'https://github.com/togethercomputer/together-python/pull/153',
    words: ['stop', 'eos', 'length', 'tool_calls', 'function_call', 'error'],
  },
  {
    server: 'Fireworks',
    source: 'https://docs.fireworks.ai/api-reference/post-chatcompletions',
    words: ['stop', 'length', 'tool_calls', 'function_call', 'error'],
  },
  {
    server: 'Ollama',
    source: 'https://github.com/ollama/ollama/blob/main/docs/api.md',
    words: ['stop', 'length', 'load', 'unload'],
  },
  {
    server: 'LM Studio',
    source: 'https://lmstudio.ai/docs/typescript/api-reference/llm-prediction-stop-reason',
    words: [
      'eosFound',
      'stopStringFound',
      'toolCalls',
      'maxPredictedTokensReached',
      'contextLengthReached',
      'userStopped',
      'modelUnloaded',
      'failed',
    ],
  },
  {
    server: 'llama.cpp',
    source: 'https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md',
    words: ['stop', 'length', 'tool_calls', 'eos', 'limit', 'word'],
  },
  {
    server: 'LiteLLM',
    source: 'https://github.com/BerriAI/litellm/blob/main/litellm/litellm_core_utils/core_helpers.py',
    words: ['ESCALATION', 'guardrail_intervened', 'malformed_function_call', 'compaction', 'sensitive'],
  },
  {
    server: 'AI SDK',
    source: 'https://ai-sdk.dev/docs/reference/ai-sdk-core/generate-text',
    words: ['stop', 'length', 'content-filter', 'tool-calls', 'error', 'other'],
  },
  {
    server: 'Strands',
    source: 'https://strandsagents.com/docs/api/typescript/StopReason/',
    words: ['endTurn', 'toolUse', 'maxTokens', 'contentFiltered', 'guardrailIntervened', 'cancelled'],
  },
  {
    server: 'pi',
    source: 'https://github.com/badlogic/pi-mono/blob/main/packages/ai/src/types.ts',
    words: ['stop', 'length', 'toolUse', 'error', 'aborted'],
  },
  {
    server:
      'servers without words of their own that are known: Azure OpenAI, Groq, Cerebras, Perplexity, Databricks, Cloudflare, NVIDIA NIM, SambaNova, Hugging Face, Snowflake',
    source: 'https://platform.openai.com/docs/api-reference/chat/object',
    words: ['stop', 'length', 'tool_calls', 'content_filter', 'function_call'],
  },
  {
    server: 'no vendor that is known: other forms of the words above',
    words:
      'finish function_calls max_token max_length max_completion_tokens max_new_tokens context_length_exceeded truncated moderation blocked flagged failure cancel canceled timed_out overloaded resource_exhausted rate_limit_exceeded interrupted token_limit_exceeded max_tokens_reached context_window_exceeded content_policy content_policy_violation safety_filter guardrail unsafe malformed_tool_call'.split(
        ' ',
      ),
  },
];
