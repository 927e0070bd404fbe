/** The objects of Chat Completions, as servers and models exchange them: https://platform.openai.com/docs/api-reference/chat */

export type { Json } from './base/json.ts';
export type { ChatChunk, MessageDelta, ToolCallDelta } from './chat/chunk.ts';
export type { KeptParts, PartsOfCall } from './chat/kept-parts.ts';
export { isFilesNote } from './chat/kept-parts.ts';
export type {
  Annotation,
  AssistantMessage,
  AudioPart,
  CustomToolCall,
  DeveloperMessage,
  FilePart,
  FunctionMessage,
  FunctionToolCall,
  ImagePart,
  Message,
  PromptCacheBreakpoint,
  RefusalPart,
  ResponseAudio,
  SystemMessage,
  TextPart,
  ToolCall,
  ToolMessage,
  UserMessage,
  UserPart,
} from './chat/message.ts';
export { getCallArguments, getCallName, getMessageText } from './chat/message.ts';
export type {
  ChatRequest,
  ChatSettings,
  CustomFormat,
  CustomToolObject,
  FunctionObject,
  FunctionToolObject,
  ResponseFormat,
  ToolChoice,
  ToolObject,
} from './chat/request.ts';
export type {
  ChatChoice,
  ChatResponse,
  CompletionUsage,
  Delta,
  FinishReason,
  Logprobs,
  ModerationRecord,
  ModerationResult,
  TokenLogprob,
} from './chat/response.ts';
export type { JsonSchema } from './schema/json-schema.ts';
export { markUntrusted } from './tool/mark-untrusted.ts';
