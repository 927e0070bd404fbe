import type { JsonObject } from '@pawl/core';

export interface FilteredError {
  readonly server: string;
  readonly status: number;
  readonly body: JsonObject;
}

/** How servers report a prompt that a filter blocked. The public sources are in `packages/core/src/chat/filtered-prompt.ts`. */
export const filteredErrors: readonly FilteredError[] = [
  {
    server: 'Azure',
    status: 400,
    body: {
      error: {
        message: 'The prompt was stopped by the content management policy.',
        type: null,
        param: 'prompt',
        code: 'content_filter',
        status: 400,
        innererror: {
          code: 'ResponsibleAIPolicyViolation',
          content_filter_result: { violence: { filtered: true, severity: 'high' } },
        },
      },
    },
  },
  {
    server: 'Azure, older',
    status: 400,
    body: { error: { message: 'No.', innererror: { code: 'ResponsibleAIPolicyViolation' } } },
  },
  {
    server: 'OpenAI',
    status: 400,
    body: {
      error: {
        message:
          'Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a different prompt.',
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_prompt',
      },
    },
  },
  {
    server: 'OpenAI, by its code',
    status: 400,
    body: { error: { message: 'Your request was rejected.', code: 'content_policy_violation' } },
  },
  {
    server: 'Anthropic',
    status: 400,
    body: {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'Output blocked by content filtering policy' },
    },
  },
  {
    server: 'DeepSeek',
    status: 400,
    body: {
      error: {
        message: 'Content Exists Risk',
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_request_error',
      },
    },
  },
  { server: 'DeepSeek, older', status: 400, body: { detail: 'Content Exists Risk' } },
  {
    server: 'xAI',
    status: 403,
    body: {
      code: 'The caller does not have permission to execute the specified operation',
      error:
        'Content violates usage guidelines. Team: t, API key ID: k, Model: grok-4-0709, Failed check: SAFETY_CHECK_TYPE_BIO',
    },
  },
  {
    server: 'Moonshot',
    status: 400,
    body: {
      error: {
        code: 400,
        message: 'The request was rejected because it was considered high risk',
        param: 'prompt',
        type: 'content_filter',
      },
    },
  },
  {
    server: 'Qwen',
    status: 400,
    body: {
      error: {
        code: 'data_inspection_failed',
        param: null,
        message: 'Input data may contain inappropriate content.',
        type: 'data_inspection_failed',
      },
      request_id: 'r',
    },
  },
  {
    server: 'Qwen, DashScope',
    status: 400,
    body: { code: 'DataInspectionFailed', message: 'Input data may contain inappropriate content.' },
  },
  {
    server: 'Z.ai',
    status: 400,
    body: { error: { code: '1301', message: '系统检测到输入或生成内容可能包含不安全或敏感内容' } },
  },
  {
    server: 'MiniMax',
    status: 200,
    body: { base_resp: { status_code: 1026, status_msg: 'input new_sensitive' }, choices: null },
  },
  {
    server: 'One API',
    status: 400,
    body: {
      error: {
        message: 'input contains sensitive words: [test]',
        type: 'new_api_error',
        param: '',
        code: 'sensitive_words_detected',
      },
    },
  },
  {
    server: 'Volcengine Ark',
    status: 400,
    body: { error: { code: 'InputTextSensitiveContentDetected', message: 'The request failed.', type: 'BadRequest' } },
  },
  {
    server: 'Volcengine Ark, its risk detection',
    status: 400,
    body: {
      error: {
        code: 'InputTextRiskDetection',
        message: 'The request could not be processed because the input text includes sensitive content.',
        type: 'BadRequest',
      },
    },
  },
  { server: 'Gemini', status: 200, body: { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } } },
  {
    server: 'Gemini, in a list',
    status: 400,
    body: { error: { code: 400, message: 'The prompt was blocked due to: SAFETY', status: 'INVALID_ARGUMENT' } },
  },
  {
    server: 'OpenRouter',
    status: 403,
    body: {
      error: {
        code: 403,
        message: 'Your chosen model requires moderation and your input was flagged',
        metadata: { reasons: ['violence'], flagged_input: 'How do I …', provider_name: 'OpenAI' },
      },
    },
  },
  {
    server: 'OpenRouter, with the words of Azure',
    status: 400,
    body: {
      error: {
        code: 400,
        message: 'Provider returned error',
        metadata: { raw: JSON.stringify({ error: { message: 'No.', code: 'content_filter' } }) },
      },
    },
  },
  {
    server: 'LiteLLM, with the words of Azure',
    status: 400,
    body: {
      error: {
        message:
          "litellm.ContentPolicyViolationError: AzureException - The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        type: null,
        param: null,
        code: '400',
      },
    },
  },
  {
    server: 'a guardrail',
    status: 400,
    body: { error: { message: 'Violated guardrail policy', type: 'None', code: '400' } },
  },
];
