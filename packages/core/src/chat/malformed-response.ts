import type { ServerError } from './server-error.ts';

/**
 * Whether an error says that the model wrote something that the server cannot read: an invalid call, or JSON in the wrong form.
 * The same request usually succeeds the next time.
 */
export function isMalformedResponse({ text, codes, failedGeneration }: ServerError): boolean {
  if (failedGeneration !== undefined || codes.some((code) => CODES.test(code))) return true;
  return PHRASES.some((phrase) => phrase.test(text));
}

/** Finds the text to show the model about its mistake; `undefined` if the server gives no details. */
export function findMalformedText({ text, failedGeneration }: ServerError): string | undefined {
  if (failedGeneration !== undefined) return failedGeneration;
  const quoted = QUOTED.flatMap((pattern) => pattern.exec(text)?.[1]?.trim() ?? []);
  return quoted.find((part) => part !== '');
}

/**
 * - `tool_use_failed`, `json_validate_failed`, `output_parse_failed`: Groq.
 *   https://github.com/groq/groq-typescript/issues/28, https://github.com/thepersonalaicompany/amurex-backend/issues/38
 * - `tool_error`: TGI. https://github.com/huggingface/text-generation-inference/pull/2353
 */
const CODES = /^(tool_use_failed|json_validate_failed|output_parse_failed|tool_error|malformed_function_call)$/i;

const PHRASES: readonly RegExp[] = [
  /failed to (call a function|validate json|generate (valid )?json)\b/i, // Groq
  /failed to generate tool[_ ]calls?/i, // Cerebras: https://github.com/Cerebras/cerebras-cloud-sdk-node/issues/4
  /tool call validation failed|attempted to call tool '.*' which was not in request/i, // Groq: https://github.com/mastra-ai/mastra/issues/9688
  /error parsing tool call/i, // Ollama: https://github.com/ollama/ollama/issues/17638
  /model produced (output that does not match|invalid content)/i, // llama.cpp: https://github.com/mostlygeek/llama-swap/issues/856; OpenAI
  /failed to parse input at pos \d+/i, // llama.cpp: https://github.com/ggml-org/llama.cpp/issues/23838
  /validation errors? for list\[(function-wrap|FunctionDefinition)/i, // vLLM: https://github.com/kubernetes-sigs/inference-perf/issues/695
  /generated output that could not be parsed|failed to parse (the )?(generated|model('s)?) (text|tool|output|response)/i, // Groq, TGI
  /(failed to|could not|cannot) parse (the )?(tool|function)[ _]calls?\b(?! arguments)/i,
  /model (generated|produced|returned|emitted) (an? )?(invalid|malformed|unparsable)|malformed (function|tool) call/i,
  /unexpected tokens? (\d+ while expecting|remaining in message header)/i, // openai_harmony, in vLLM
];

/** Match the part of a message that quotes the model's text, or says what was wrong with it. */
const QUOTED: readonly RegExp[] = [
  /\braw='([\s\S]*?)'?(?:, err=|$)/, // Ollama
  /failed to parse input at pos \d+: ([\s\S]+)/i, // llama.cpp
  /input_value='([\s\S]*?)', input_type/, // vLLM
  /(tool call validation failed: [\s\S]+)/i, // Groq
  /Exception: ([\s\S]+)/, // Cerebras
];
