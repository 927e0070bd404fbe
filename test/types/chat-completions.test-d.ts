import type {
  AssistantMessage,
  ChatChoice,
  ChatChunk,
  ChatRequest,
  ChatResponse,
  CompletionUsage,
  Message,
  ResponseAudio,
  ToolCall,
  ToolChoice,
  ToolObject,
} from '@pawl/core/chat';
import type * as Theirs from 'openai/resources/chat/completions';
import type { CompletionUsage as TheirUsage } from 'openai/resources/completions';
import { describe, expectTypeOf, test } from 'vitest';

// Our types differ from those of the `openai` package: everything is readonly, and enums of the server are open.
// `Plain` removes these differences. Where a server may omit a field that OpenAI promises, the test names it.

/** Removes `readonly` and the open end of enums. */
type Plain<T> = PlainText<Extract<T, string>> | PlainOther<Exclude<T, string>>;
type PlainText<S extends string> = [Literals<S>] extends [never] ? S : Literals<S>;
type Literals<S extends string> = S extends string ? (string extends S ? never : S) : never;
type PlainOther<T> = T extends readonly (infer Element)[]
  ? Plain<Element>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Plain<T[Key]> }
    : T;

type RequiredFields<T, Name extends keyof T> = Omit<T, Name> & Required<Pick<T, Name>>;

describe('ChatRequest', () => {
  type Request = Theirs.ChatCompletionCreateParams;

  test("has the same fields as OpenAI's type", () => {
    expectTypeOf<keyof ChatRequest>().toEqualTypeOf<keyof Request>();
  });

  test("is mutually assignable with OpenAI's type, except for the optional model", () => {
    expectTypeOf<Request>().toExtend<ChatRequest>();
    expectTypeOf<RequiredFields<Plain<ChatRequest>, 'model'>>().toExtend<Theirs.ChatCompletionCreateParamsBase>();
  });

  test('has the same messages, tools and choices', () => {
    expectTypeOf<Theirs.ChatCompletionMessageParam>().toExtend<Message>();
    expectTypeOf<Message['role']>().toEqualTypeOf<Theirs.ChatCompletionMessageParam['role']>();
    expectTypeOf<Theirs.ChatCompletionTool>().toExtend<ToolObject>();
    expectTypeOf<Plain<ToolObject>>().toExtend<Theirs.ChatCompletionTool>();
    expectTypeOf<Theirs.ChatCompletionToolChoiceOption>().toExtend<ToolChoice>();
    expectTypeOf<Plain<ToolChoice>>().toExtend<Theirs.ChatCompletionToolChoiceOption>();
  });
});

describe('ChatResponse', () => {
  // Servers may omit these fields, or send parts as content.
  type OurMessage = Omit<RequiredFields<Plain<AssistantMessage>, 'refusal'>, 'content' | 'audio'> & {
    content: string | null;
    audio?: Required<Plain<ResponseAudio>> | null;
  };
  type OurChoice = Omit<RequiredFields<Plain<ChatChoice>, 'logprobs'>, 'message' | 'finish_reason'> & {
    message: OurMessage;
    finish_reason: NonNullable<Plain<ChatChoice['finish_reason']>>;
  };
  type OurResponse = Omit<
    RequiredFields<Plain<ChatResponse>, 'id' | 'object' | 'created' | 'model'>,
    'choices' | 'service_tier' | 'system_fingerprint'
  > & { choices: OurChoice[]; system_fingerprint?: string };

  test("has the same fields as OpenAI's type", () => {
    expectTypeOf<keyof ChatResponse>().toEqualTypeOf<keyof Theirs.ChatCompletion>();
    expectTypeOf<keyof ChatChoice>().toEqualTypeOf<keyof Theirs.ChatCompletion.Choice>();
    // Received and sent messages have one type; only sent ones have `name`. OpenAI's type has no reasoning, and no field
    // of Pawl's own, which is never sent.
    type ReasoningField = 'reasoning_content' | 'reasoning' | 'reasoning_details';
    expectTypeOf<Exclude<keyof AssistantMessage, 'name' | 'pawl_kept' | ReasoningField>>().toEqualTypeOf<
      keyof Theirs.ChatCompletionMessage
    >();
    expectTypeOf<AssistantMessage['reasoning_content']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<keyof CompletionUsage>().toEqualTypeOf<keyof TheirUsage>();
    expectTypeOf<keyof ResponseAudio>().toEqualTypeOf<keyof Theirs.ChatCompletionAudio>();
  });

  test("is mutually assignable with OpenAI's type, with the omitted fields", () => {
    expectTypeOf<Theirs.ChatCompletion['choices'][number]>().toExtend<ChatChoice>();
    expectTypeOf<Omit<Theirs.ChatCompletion, 'choices'>>().toExtend<Omit<ChatResponse, 'choices'>>();
    expectTypeOf<Theirs.ChatCompletionMessage>().toExtend<AssistantMessage>();
    expectTypeOf<OurResponse>().toExtend<Theirs.ChatCompletion>();
    expectTypeOf<OurMessage>().toExtend<Theirs.ChatCompletionMessage>();
  });

  test('has the same usage and calls', () => {
    expectTypeOf<Plain<CompletionUsage>>().toEqualTypeOf<TheirUsage>();
    expectTypeOf<Plain<ToolCall>>().toExtend<Theirs.ChatCompletionMessageToolCall>();
    expectTypeOf<Theirs.ChatCompletionMessageToolCall>().toExtend<ToolCall>();
  });
});

describe('ChatChunk', () => {
  type Choice = ChatChunk['choices'][number];
  type TheirChoice = Theirs.ChatCompletionChunk.Choice;
  type OurChunk = Omit<Plain<ChatChunk>, 'service_tier' | 'system_fingerprint'> & { system_fingerprint?: string };

  test("has the same fields as OpenAI's type", () => {
    expectTypeOf<keyof ChatChunk>().toEqualTypeOf<keyof Theirs.ChatCompletionChunk>();
    expectTypeOf<keyof Choice>().toEqualTypeOf<keyof TheirChoice>();
    expectTypeOf<keyof Choice['delta']>().toEqualTypeOf<keyof TheirChoice['delta']>();
  });

  test("is mutually assignable with OpenAI's type, except for open enums", () => {
    expectTypeOf<Theirs.ChatCompletionChunk>().toExtend<ChatChunk>();
    expectTypeOf<OurChunk>().toExtend<Theirs.ChatCompletionChunk>();
  });
});

test('rejects an incompatible field', () => {
  type Request = Theirs.ChatCompletionCreateParamsBase;
  type Loud = Omit<RequiredFields<Plain<ChatRequest>, 'model'>, 'verbosity'> & { verbosity: 'loud' };
  type SeededRequest = Omit<Request, 'seed'> & { seed: string };
  // @ts-expect-error A field that OpenAI's type does not have.
  expectTypeOf<keyof ChatRequest | 'temprature'>().toEqualTypeOf<keyof Request>();
  // @ts-expect-error A value that OpenAI's type does not accept.
  expectTypeOf<Loud>().toExtend<Request>();
  // @ts-expect-error A field of another type.
  expectTypeOf<SeededRequest>().toExtend<ChatRequest>();
});
