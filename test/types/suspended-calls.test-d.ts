import {
  Agent,
  type Answer,
  type ChatModel,
  SuspendRun,
  type ToolContext,
  tool,
  UnknownOutcomeError,
} from '@pawl/core';
import type { ToolCallDeltaEvent } from '@pawl/core/events';
import { expectTypeOf, test } from 'vitest';
import { z } from 'zod';

declare const model: ChatModel;

type JsonOfState = NonNullable<ToolContext['resumeData']>['state'];

test('a tool gets the state and the value of a suspended call as JSON', () => {
  const ask = tool({
    name: 'ask',
    description: 'Asks.',
    input: z.object({}),
    execute: (_, { resumeData, onRunEnd }) => {
      expectTypeOf(resumeData).toEqualTypeOf<ToolContext['resumeData']>();
      // @ts-expect-error: the call may run for the first time
      resumeData.value;
      onRunEnd(() => undefined);
      onRunEnd(async () => undefined);
      // @ts-expect-error: a callback is a function
      onRunEnd('close');
      if (resumeData === undefined) throw new SuspendRun('A code, please.', { state: { round: 1 }, preview: ['code'] });
      return resumeData.value;
    },
  });
  new Agent({ model, tools: [ask] });
  expectTypeOf<JsonOfState>().toEqualTypeOf<NonNullable<SuspendRun['state']> | null>();
});

test('SuspendRun takes a state that is JSON', () => {
  // @ts-expect-error: a function is not JSON
  new SuspendRun('A code, please.', { state: () => 1 });
  // @ts-expect-error: there is no such option
  new SuspendRun('A code, please.', { status: 1 });
});

test('an answer that resumes has a value', () => {
  expectTypeOf<{ type: 'resume'; fingerprint: string; value: number }>().toExtend<Answer>();
  expectTypeOf<{ type: 'resume'; fingerprint: string }>().not.toExtend<Answer>();
});

test('UnknownOutcomeError has a message, a code and its own isInstance', () => {
  const error: unknown = new UnknownOutcomeError('The connection broke.', { cause: 1 });
  if (UnknownOutcomeError.isInstance(error)) expectTypeOf(error.code).toEqualTypeOf<string>();
  // @ts-expect-error: the model needs a message
  new UnknownOutcomeError();
});

test('a piece of a call has the kind of the call, and an agent says whether it has a text guard', () => {
  expectTypeOf<ToolCallDeltaEvent['kind']>().toEqualTypeOf<'function' | 'custom'>();
  expectTypeOf(new Agent({ model }).hasTextGuard).toEqualTypeOf<boolean>();
});
