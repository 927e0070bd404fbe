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
} from '../../packages/responses/src/wire.ts';

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
