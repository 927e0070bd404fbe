import type OpenAI from 'openai';
import { expectTypeOf, test } from 'vitest';
import type {
  CallItem,
  CustomCallItem,
  CustomTool,
  FunctionTool,
  MessageItem,
  OutputItem,
  TextFormat,
  ToolChoice,
} from '../../packages/responses/src/request-wire.ts';
import type { ResponseEvent, ResponseItem, ResponseObject } from '../../packages/responses/src/response-wire.ts';

type Params = OpenAI.Responses.ResponseCreateParams;
type Input = OpenAI.Responses.ResponseInputItem;

/** Removes `readonly` everywhere: OpenAI's types have mutable lists. */
type Writable<T> = T extends readonly (infer Each)[]
  ? Writable<Each>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Writable<T[Key]> }
    : T;

test('what is written of a request has the types of OpenAI', () => {
  expectTypeOf<Writable<FunctionTool>>().toExtend<OpenAI.Responses.FunctionTool>();
  expectTypeOf<Writable<CustomTool>>().toExtend<OpenAI.Responses.CustomTool>();
  expectTypeOf<Writable<CallItem | CustomCallItem>>().toExtend<Input>();
  expectTypeOf<Writable<OutputItem>>().toExtend<Input>();
  expectTypeOf<Writable<MessageItem>>().toExtend<Input>();
  expectTypeOf<Writable<ToolChoice>>().toExtend<NonNullable<Params['tool_choice']>>();
  expectTypeOf<Writable<TextFormat>>().toExtend<NonNullable<NonNullable<Params['text']>['format']>>();
});

test('what is sent of a response has the types of OpenAI', () => {
  expectTypeOf<Writable<ResponseItem>>().toExtend<OpenAI.Responses.ResponseOutputItem>();
  type Sent = Omit<Writable<ResponseObject>, 'tools' | 'metadata'>;
  expectTypeOf<Sent>().toExtend<Omit<OpenAI.Responses.Response, 'tools' | 'metadata' | 'output_text'>>();
  type Item = Extract<ResponseEvent, { readonly output_index: number }>;
  expectTypeOf<Writable<Item>>().toExtend<OpenAI.Responses.ResponseStreamEvent>();
});
