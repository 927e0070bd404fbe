import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4Prompt,
  LanguageModelV4StreamPart,
} from '@ai-sdk/provider';

// The only file that imports from the AI SDK, and it imports types only. What v3 and v4 have in common is written in the terms of v4.

export type CallOptions = LanguageModelV4CallOptions;
export type CallOptionsV3 = LanguageModelV3CallOptions;
export type Prompt = LanguageModelV4Prompt;
export type PromptMessage = LanguageModelV4Prompt[number];
export type StreamPart = LanguageModelV4StreamPart;
export type Content = LanguageModelV4Content;
export type GenerateResult = LanguageModelV4GenerateResult;
export type PromptV3 = LanguageModelV3CallOptions['prompt'];

type MessageOf<Role extends PromptMessage['role']> = Extract<PromptMessage, { readonly role: Role }>;

export type UserPart = MessageOf<'user'>['content'][number];
export type AssistantPart = MessageOf<'assistant'>['content'][number];
export type ToolResultPart = Extract<MessageOf<'tool'>['content'][number], { readonly type: 'tool-result' }>;
export type ResultOutput = ToolResultPart['output'];
export type FilePart = Extract<UserPart, { readonly type: 'file' }>;
export type FunctionTool = Extract<NonNullable<CallOptions['tools']>[number], { readonly type: 'function' }>;
export type Metadata = NonNullable<FilePart['providerOptions']>;
export type ProviderNote = Extract<StreamPart, { readonly type: 'stream-start' }>['warnings'][number];
export type FinishPart = Extract<StreamPart, { readonly type: 'finish' }>;

/** A model of either version. The results of v3 are read as those of v4: what differs is checked where it is read. */
export interface Model extends Pick<LanguageModelV4, 'provider' | 'modelId'> {
  readonly specificationVersion: (LanguageModelV4 | LanguageModelV3)['specificationVersion'];
  doGenerate(options: CallOptions | CallOptionsV3): PromiseLike<GenerateResult>;
  doStream(options: CallOptions | CallOptionsV3): PromiseLike<{ readonly stream: ReadableStream<StreamPart> }>;
}
