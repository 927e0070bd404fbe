import { Agent, type ChatModel, type JsonObject, type Listeners, memoryHost } from '@pawl/core';
import { type LogLevel, logEvents } from '@pawl/core/events';
import { expectTypeOf, test } from 'vitest';

declare const model: ChatModel;

test('logEvents gives listeners for agents and hosts', () => {
  const listeners = logEvents({
    write: (line, level, fields) => {
      expectTypeOf(line).toEqualTypeOf<string>();
      expectTypeOf(level).toEqualTypeOf<LogLevel>();
      expectTypeOf(fields).toEqualTypeOf<JsonObject>();
    },
    content: (event) => (event.type === 'tool.failed' ? event.error.message : undefined),
  });
  expectTypeOf(listeners).toEqualTypeOf<Listeners>();
  new Agent({ model, listeners });
  memoryHost({ listeners });
});

test('a level of console is a level of a log', () => {
  logEvents({ write: (line, level) => console[level](line) });
  // @ts-expect-error: there is no level "trace".
  logEvents({ write: console.log, level: 'trace' });
  // @ts-expect-error: write is missing.
  logEvents({ level: 'info' });
});
