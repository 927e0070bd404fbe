export interface Complaint {
  readonly message: string;
  readonly code?: string | undefined;
  readonly type?: string | undefined;
}

/** Whether a server's words mean that the conversation is longer than the model can read. */
export function isContextLength({ message, code, type }: Complaint): boolean {
  if ([code, type].some((name) => name !== undefined && CODES.has(name))) return true;
  return PHRASES.some((phrase) => phrase.test(message));
}

const CODES: ReadonlySet<string> = new Set([
  'context_length_exceeded', // OpenAI, Azure, Groq
  'exceed_context_size_error', // llama.cpp
  'model_max_prompt_tokens_exceeded', // GitHub Copilot
  'tokens_limit_reached', // GitHub Models
]);

const PHRASES: readonly RegExp[] = [
  /maximum context length/i, // OpenAI, vLLM, DeepSeek, Mistral, OpenRouter, Ollama
  /context (window|size|length) of (this|the) model|exceeds? the (available )?context (window|size|length)/i, // OpenAI, llama.cpp
  /(exceeds?|exceeded|larger than|greater than) (the )?(max(imum)? |model's )?context (length|size|limit|window)/i, // llama.cpp, Ollama, LM Studio, Anthropic
  /max context length/i, // Ollama
  /context (window|length|size) (is )?exceed|context window exceeds limit/i, // LiteLLM, MiniMax
  /longer than the (maximum )?(model|context) length/i, // vLLM
  /context (length|size|window) is only/i, // vLLM
  /context (size|length|window) has been exceeded/i, // LM Studio, llama.cpp
  /context overflows|context length of only/i, // LM Studio
  /maximum prompt length is \d+/i, // xAI
  /(prompt|input) is too long|prompt too long/i, // Anthropic, Bedrock, Ollama
  /input token count.*exceeds the maximum/i, // Gemini
  /exceeded model token limit/i, // Moonshot
  /prompt exceeds max length|range of input length should be/i, // Z.ai, Qwen
  /prompt token count of \d+ exceeds the limit/i, // GitHub Copilot
  /`?inputs`? tokens \+ `?max_new_tokens`? must be/i, // TGI, Together
  /reduce the length of the messages/i, // Groq
];
