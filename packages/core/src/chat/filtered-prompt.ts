import { isRecord } from '../base/json.ts';
import type { ServerError } from './server-error.ts';

/** Whether an error says that a content filter stopped the prompt or the response. */
export function isFilterError({ text, codes, layers }: Pick<ServerError, 'text' | 'codes' | 'layers'>): boolean {
  if (ACCOUNT.test(text)) return false;
  if (codes.some((code) => CODES.test(code)) || PHRASES.some((phrase) => phrase.test(text))) return true;
  return layers.some(isFlagged) || layers.some(({ status_code }) => status_code === 1026 || status_code === 1027);
}

/**
 * - `content_filter`: Azure, https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter; Moonshot (as `type`),
 *   https://github.com/MoonshotAI/kimi-cli/issues/1002. `ResponsibleAIPolicyViolation`: Azure's `innererror`.
 * - `content_policy_violation`: OpenAI, OpenRouter, https://openrouter.ai/docs/api/reference/errors-and-debugging
 * - `data_inspection_failed`: Qwen, https://github.com/Samueli924/chaoxing/issues/539
 * - 1301: Z.ai, https://github.com/langchain4j/langchain4j/issues/1079
 * - 1026 and 1027: MiniMax's `base_resp`, https://platform.minimax.io/docs/api-reference/errorcode.md
 * - `sensitive_words_detected`: One API and New API, https://github.com/openai/openai-cookbook/issues/1224
 * - `SensitiveContentDetected`, `InputTextRiskDetection` and relatives: Volcengine Ark, https://www.volcengine.com/docs/82379/1099476
 * - `PROHIBITED_CONTENT`, `BLOCKLIST`: Gemini's `blockReason`, https://ai.google.dev/api/generate-content#BlockReason
 * - `guardrail_intervened`: Bedrock.
 */
const CODES =
  /^(content_?filter(ed)?|ResponsibleAIPolicyViolation|content_policy|\w+_policy_violation|content_moderation|moderation_blocked|(content|prompt)_blocked|safety_violation|(in|out)put_guardrail_triggered|data_?inspection_?failed|1301|sensitive_words_detected|\w*SensitiveContentDetected(\.\w+)?|(in|out)put\w+RiskDetection|PROHIBITED_CONTENT|BLOCKLIST|IMAGE_SAFETY|guardrail_intervened)$/i;

const PHRASES: readonly RegExp[] = [
  /content management policy|ResponsibleAIPolicyViolation/i, // Azure
  /flagged as potentially violating|(rejected|failed) as a result of (our|the) safety system|not allowed by our safety system/i, // OpenAI: https://github.com/openai/codex/issues/7250, https://portkey.ai/error-library/safety-violation-error-10079
  /blocked by (the |our |a )?(content|safety) filter/i, // Anthropic: https://github.com/anthropics/claude-code/issues/58367
  /content exists risk/i, // DeepSeek: https://github.com/deepseek-ai/DeepSeek-V2/issues/30
  /content violates usage guidelines|SAFETY_CHECK_TYPE/i, // xAI: https://github.com/UKGovernmentBEIS/inspect_ai/pull/2267
  /rejected because it was considered high risk/i, // Moonshot: https://github.com/MoonshotAI/kimi-cli/issues/1002
  /(in|out)put data may contain inappropriate content/i, // Qwen: https://github.com/langgenius/dify/issues/7932
  /敏感(内容|词|信息)|sensitive (words|content|information) (detected|found)|contains? sensitive (words|content|information)/i, // Z.ai, One API
  /prompt (was|is|has been) (blocked|filtered|flagged)/i, // Gemini
  /(input|request|content|output|response) (was |is |were |has been )?(blocked|filtered|flagged)\b[^.\n]{0,60}\b(content|safety|moderation|usage polic|harmful|PROHIBITED|inappropriate|injection)/i, // Gemini, OpenRouter
  /(requires|failed) moderation/i, // OpenRouter: https://openrouter.ai/docs/errors
  /(violat\w+|against|non-?complian\w+)[^.\n]{0,40}\b(content|usage|safety|moderation|responsible ai)[ -](management )?(polic(y|ies)|guidelines|rules)/i, // gateways
  /guardrail[^.\n]{0,40}(interven|violat|block|trigger)|(blocked|violat\w*)[^.\n]{0,20}guardrail/i, // Bedrock, LiteLLM, OpenRouter
];

/** Errors about the account, not about the content. */
const ACCOUNT =
  /\b(account|organization|access|project|user|team|api key|key)\b (has been |was |is |have been )?(blocked|banned|suspended|terminated|deactivated|disabled|flagged)/i;

/** OpenRouter's moderation: `metadata: { reasons: ["violence"], flagged_input: "…" }`. https://openrouter.ai/docs/errors */
function isFlagged({ flagged_input, blockReason, block_reason, content_filter_result: result }: Layer): boolean {
  if (typeof flagged_input === 'string') return true;
  if ([blockReason, block_reason].some((reason) => typeof reason === 'string' && reason !== '')) return true;
  return isRecord(result) && Object.values(result).some((each) => isRecord(each) && each['filtered'] === true);
}

type Layer = ServerError['layers'][number];
