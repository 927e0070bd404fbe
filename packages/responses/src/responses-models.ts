/**
 * The models that only Responses serves. Source: the type `ResponsesModel` of `openai` 7.57.0 without those of its `ChatModel`.
 */
export const RESPONSES_ONLY_MODELS = [
  'o1-pro',
  'o1-pro-2025-03-19',
  'o3-pro',
  'o3-pro-2025-06-10',
  'o3-deep-research',
  'o3-deep-research-2025-06-26',
  'o4-mini-deep-research',
  'o4-mini-deep-research-2025-06-26',
  'computer-use-preview',
  'computer-use-preview-2025-03-11',
  'gpt-5.5-pro',
  'gpt-5.5-pro-2026-04-23',
  'gpt-5-codex',
  'gpt-5-pro',
  'gpt-5-pro-2025-10-06',
  'gpt-5.1-codex-max',
  'gpt-daybreak-blue-latest',
  'gpt-daybreak-red-latest',
  'gpt-5.6-cyber',
  'gpt-6-cyber',
  'gpt-rosalind-research',
  'gpt-6-rosalind',
] as const;

/**
 * Whether a model reasons: OpenAI refuses `include: ['reasoning.encrypted_content']` for one that does not. Those are the GPT models up to 4.5, and
 * those of ChatGPT.
 */
export function isReasoningModel(model: string): boolean {
  return !/(^|[/:])(gpt-[34]|chatgpt-|gpt-\d+(\.\d+)?-chat)/.test(model);
}
