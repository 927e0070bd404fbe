import {
  type AbortedOutcome,
  AbortRun,
  ConfigError,
  ConversationError,
  HttpError,
  ModelError,
  PawlError,
  RunAbortedError,
  RunError,
  ToolError,
} from '@pawl/core';
import { expectTypeOf, test } from 'vitest';

const error: unknown = new Error();

test('isInstance narrows to its class', () => {
  if (PawlError.isInstance(error)) expectTypeOf(error).toEqualTypeOf<PawlError>();
  if (ToolError.isInstance(error)) expectTypeOf(error).toEqualTypeOf<ToolError>();
  if (HttpError.isInstance(error)) expectTypeOf(error.status).toEqualTypeOf<number>();
  if (ModelError.isInstance(error)) expectTypeOf(error.retryable).toEqualTypeOf<boolean>();
  if (RunError.isInstance(error)) expectTypeOf(error.outcome.runId).toEqualTypeOf<string>();
  if (RunAbortedError.isInstance(error)) expectTypeOf(error.outcome).toEqualTypeOf<AbortedOutcome>();
  if (AbortRun.isInstance(error)) expectTypeOf(error).toEqualTypeOf<AbortRun>();
});

test('isInstance is callable without this', () => {
  expectTypeOf([error].filter(ConversationError.isInstance)).toEqualTypeOf<ConversationError[]>();
});

test('no error class has `is`', () => {
  // @ts-expect-error: each class has isInstance.
  void HttpError.is;
  // @ts-expect-error: as above.
  void ConfigError.is;
});
