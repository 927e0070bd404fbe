/** What turns thinking on, which makes a vendor insist on signatures. */
export const THINKING: Readonly<Record<string, object>> = {
  'anthropic.messages': { anthropic: { thinking: { type: 'enabled', budgetTokens: 1024 } } },
  'google.generative-ai': { google: { thinkingConfig: { includeThoughts: true } } },
  'openai.responses': { openai: { reasoningSummary: 'auto' } },
  'amazon-bedrock': { bedrock: { reasoningConfig: { type: 'enabled', budgetTokens: 1024 } } },
};
