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

// Ours differ from the types of the `openai` package in this: everything is readonly, and enums of the server are open.
// `Plain` takes that out of ours. Where a server may leave out what theirs promise, the test says so by name.

/** Without `readonly`, and without the open end of enums. */
type Plain<T> = PlainText<Extract<T, string>> | PlainOther<Exclude<T, string>>;
type PlainText<S extends string> = [Literals<S>] extends [never] ? S : Literals<S>;
type Literals<S extends string> = S extends string ? (string extends S ? never : S) : never;
type PlainOther<T> = T extends readonly (infer Element)[]
  ? Plain<Element>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Plain<T[Key]> }
    : T;

type Needed<T, Name extends keyof T> = Omit<T, Name> & Required<Pick<T, Name>>;

describe('the request', () => {
  type Request = Theirs.ChatCompletionCreateParams;

  test('has the same fields', () => {
    expectTypeOf<keyof ChatRequest>().toEqualTypeOf<keyof Request>();
  });

  test('is mutually assignable, but for the model, which a request of ours may leave out', () => {
    expectTypeOf<Request>().toExtend<ChatRequest>();
    expectTypeOf<Needed<Plain<ChatRequest>, 'model'>>().toExtend<Theirs.ChatCompletionCreateParamsBase>();
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

describe('the reply', () => {
  // A server may leave these out, or give parts as content.
  type OurMessage = Omit<Needed<Plain<AssistantMessage>, 'refusal'>, 'content' | 'audio'> & {
    content: string | null;
    audio?: Required<Plain<ResponseAudio>> | null;
  };
  type OurChoice = Omit<Needed<Plain<ChatChoice>, 'logprobs'>, 'message' | 'finish_reason'> & {
    message: OurMessage;
    finish_reason: NonNullable<Plain<ChatChoice['finish_reason']>>;
  };
  type OurReply = Omit<
    Needed<Plain<ChatResponse>, 'id' | 'object' | 'created' | 'model'>,
    'choices' | 'service_tier' | 'system_fingerprint'
  > & { choices: OurChoice[]; system_fingerprint?: string };

  test('has the same fields', () => {
    expectTypeOf<keyof ChatResponse>().toEqualTypeOf<keyof Theirs.ChatCompletion>();
    expectTypeOf<keyof ChatChoice>().toEqualTypeOf<keyof Theirs.ChatCompletion.Choice>();
    // One type for what was said and for what is sent again: `name` is of the latter. OpenAI does not show its reasoning.
    type Reasoning = 'reasoning_content' | 'reasoning' | 'reasoning_details';
    expectTypeOf<Exclude<keyof AssistantMessage, 'name' | Reasoning>>().toEqualTypeOf<
      keyof Theirs.ChatCompletionMessage
    >();
    expectTypeOf<AssistantMessage['reasoning_content']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<keyof CompletionUsage>().toEqualTypeOf<keyof TheirUsage>();
    expectTypeOf<keyof ResponseAudio>().toEqualTypeOf<keyof Theirs.ChatCompletionAudio>();
  });

  test('is mutually assignable, once what a server may leave out is there', () => {
    expectTypeOf<Theirs.ChatCompletion['choices'][number]>().toExtend<ChatChoice>();
    expectTypeOf<Omit<Theirs.ChatCompletion, 'choices'>>().toExtend<Omit<ChatResponse, 'choices'>>();
    expectTypeOf<Theirs.ChatCompletionMessage>().toExtend<AssistantMessage>();
    expectTypeOf<OurReply>().toExtend<Theirs.ChatCompletion>();
    expectTypeOf<OurMessage>().toExtend<Theirs.ChatCompletionMessage>();
  });

  test('has the same usage and calls', () => {
    expectTypeOf<Plain<CompletionUsage>>().toEqualTypeOf<TheirUsage>();
    expectTypeOf<Plain<ToolCall>>().toExtend<Theirs.ChatCompletionMessageToolCall>();
    expectTypeOf<Theirs.ChatCompletionMessageToolCall>().toExtend<ToolCall>();
  });
});

describe('the chunk', () => {
  type Choice = ChatChunk['choices'][number];
  type TheirChoice = Theirs.ChatCompletionChunk.Choice;
  type OurChunk = Omit<Plain<ChatChunk>, 'service_tier' | 'system_fingerprint'> & { system_fingerprint?: string };

  test('has the same fields', () => {
    expectTypeOf<keyof ChatChunk>().toEqualTypeOf<keyof Theirs.ChatCompletionChunk>();
    expectTypeOf<keyof Choice>().toEqualTypeOf<keyof TheirChoice>();
    expectTypeOf<keyof Choice['delta']>().toEqualTypeOf<keyof TheirChoice['delta']>();
  });

  test('is mutually assignable, but for texts of the server, which are open', () => {
    expectTypeOf<Theirs.ChatCompletionChunk>().toExtend<ChatChunk>();
    expectTypeOf<OurChunk>().toExtend<Theirs.ChatCompletionChunk>();
  });
});

test('a difference is seen', () => {
  type Request = Theirs.ChatCompletionCreateParamsBase;
  type Loud = Omit<Needed<Plain<ChatRequest>, 'model'>, 'verbosity'> & { verbosity: 'loud' };
  type Seeded = Omit<Request, 'seed'> & { seed: string };
  // @ts-expect-error A field that theirs do not have.
  expectTypeOf<keyof ChatRequest | 'temprature'>().toEqualTypeOf<keyof Request>();
  // @ts-expect-error A value that theirs do not take.
  expectTypeOf<Loud>().toExtend<Request>();
  // @ts-expect-error A field of another type.
  expectTypeOf<Seeded>().toExtend<ChatRequest>();
});
