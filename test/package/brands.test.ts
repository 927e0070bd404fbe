import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as core from '@pawl/core';
import * as coreFlow from '@pawl/core/flow';
import * as middleware from '@pawl/core/middleware';
import * as mcp from '@pawl/mcp';
import * as encode from '@pawl/serve/encode';
import * as testing from '@pawl/testing';
import * as cassette from '@pawl/testing/cassette';
import * as conformance from '@pawl/testing/conformance';
import * as explore from '@pawl/testing/explore';
import * as host from '@pawl/testing/host';
import { describe, expect, test } from 'vitest';
import { listSubPaths } from '../../scripts/published.ts';

const packages = join(import.meta.dirname, '..', '..', 'packages');

/** The fields of an exported error class that the tests read. */
interface ErrorClass {
  readonly name: string;
  readonly prototype: Error;
  isInstance(error: unknown): boolean;
}

const outcome = { status: 'aborted', runId: 'r' } as never; // Nothing else is read.
const code = { code: 'thing.broken' };

/** One error of each exported class. */
const made: Readonly<Record<string, () => Error>> = {
  AbortRun: () => new core.AbortRun('enough'),
  ApprovalError: () => new core.ApprovalError('Wrong.', code),
  HostContractError: () => new host.HostContractError('Wrong.'),
  CallError: () => new coreFlow.CallError({ tool: 't', reason: 'denied', content: 'No.' }),
  CassetteError: () => new cassette.CassetteError('Wrong.', code),
  ConfigError: () => new core.ConfigError('Wrong.'),
  ConformanceError: () => new conformance.ConformanceError('Wrong.', code),
  ContextLengthError: () => new core.ContextLengthError('Wrong.'),
  ConversationError: () => new core.ConversationError({ conversationId: 'c', outcome, added: [] }),
  HostError: () => new core.HostError('Wrong.', code),
  EmptyResponseError: () => new core.EmptyResponseError('Wrong.', code),
  ExplorationError: () =>
    new explore.ExplorationError({ seed: 1, exercise: 'text', broken: [], run: { outcome, events: [] } } as never), // As above.
  GuardError: () => new middleware.GuardError('Wrong.', { guard: 'g' }),
  HttpProblem: () => new encode.HttpProblem('Wrong.', { status: 400 }),
  HttpError: () => new core.HttpError('Wrong.', { status: 400 }),
  McpError: () => new mcp.McpError('Wrong.', { code: 'mcp.closed' }),
  ModelError: () => new core.ModelError('Wrong.', code),
  NetworkBlockedError: () => new testing.NetworkBlockedError('example.com:443'),
  NetworkError: () => new core.NetworkError('Wrong.', { code: 'network.reset', address: 'x:1', phase: 'connect' }),
  InvalidOutputError: () => new core.InvalidOutputError('Wrong.', { text: '', issues: '' }),
  PawlError: () => new core.PawlError('Wrong.', code),
  ProtocolError: () => new core.ProtocolError('Wrong.', { code: 'response.garbage' }),
  RefuseRun: () => new core.RefuseRun('not that'),
  RunAbortedError: () => new core.RunAbortedError('Wrong.', { outcome }),
  RunFailedError: () => new core.RunFailedError('Wrong.', { outcome }),
  RunFilteredError: () => new core.RunFilteredError('Wrong.', { outcome }),
  RunLimitedError: () => new core.RunLimitedError('Wrong.', { outcome }),
  RunRefusedError: () => new core.RunRefusedError('Wrong.', { outcome }),
  RunSuspendedError: () => new core.RunSuspendedError('Wrong.', { outcome }),
  RunTruncatedError: () => new core.RunTruncatedError('Wrong.', { outcome }),
  ScriptError: () => new testing.ScriptError('Wrong.', code),
  RepeatedToolFailureError: () => new core.RepeatedToolFailureError('Wrong.', code),
  SuspendRun: () => new core.SuspendRun('waits'),
  TimeoutError: () => new core.TimeoutError('Wrong.', { phase: 'idle', timeoutMs: 1 }),
  InvalidToolInputError: () => new core.InvalidToolInputError('Wrong.', { tool: 't', issue: '' }),
  ToolError: () => new core.ToolError('Wrong.'),
  UnknownOutcomeError: () => new core.UnknownOutcomeError('Wrong.'),
  ToolTimeoutError: () => new core.ToolTimeoutError('t', 1),
};

/** Every exported class by its name. */
async function exportedClasses(): Promise<ReadonlyMap<string, ErrorClass>> {
  const found = new Map<string, ErrorClass>();
  for (const { name } of listSubPaths().filter(({ name }) => !name.startsWith('@pawl/testing/vitest'))) {
    for (const [exported, value] of Object.entries(await import(name))) {
      if (typeof value === 'function' && /^class\s/.test(String(value))) found.set(exported, value as never);
    }
  }
  return found;
}

const classes = await exportedClasses();
const errors = [...classes].filter(([, { prototype }]) => prototype instanceof Error);

describe('the exported error classes', () => {
  test('are all tested here', () => {
    expect(errors.map(([name]) => name).sort()).toEqual(['RunError', ...Object.keys(made)].sort());
  });

  test.each(errors)('%s.isInstance recognizes the class and its subclasses only', (_, { isInstance, prototype }) => {
    for (const [name, make] of Object.entries(made)) {
      expect({ name, isInstance: isInstance(make()) }).toEqual({
        name,
        isInstance: make() instanceof prototype.constructor,
      });
    }
  });

  test.each(errors)('%s has the same brand in every copy of its package', (name, { isInstance }) => {
    expect(isInstance(Object.assign(new Error('From afar.'), { [Symbol.for(`pawl.${name}`)]: true }))).toBe(true);
  });

  test.each(errors)('%s.isInstance returns false for any other value and never throws', (name, { isInstance }) => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const value of [undefined, null, name, new Error(name), { name }, () => name, proxy]) {
      expect(isInstance(value)).toBe(false);
    }
  });

  test.each(Object.entries(made))('%s hides its brands from lists of its fields', (_, make) => {
    expect(JSON.stringify(make())).not.toContain('pawl.');
    expect(Object.getOwnPropertySymbols({ ...make() })).toEqual([]);
  });

  test.each(Object.entries(made))(
    '%s is a PawlError with a code, unless it is for the model or for Node',
    (name, make) => {
      const isOurs = name !== 'ToolError' && name !== 'NetworkBlockedError';
      expect(core.PawlError.isInstance(make())).toBe(isOurs);
      if (isOurs) expect(make()).toMatchObject({ code: expect.stringMatching(/^[a-z_]+\.[a-z_0-9]+$/) });
    },
  );
});

test('no source tests an exported class with instanceof, which fails across copies', () => {
  const sources = readdirSync(packages, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /^\w+\/src\/.*(?<!\.test|\.fixture)\.ts$/.test(path),
  );
  const found = sources.flatMap((path) =>
    [...readFileSync(join(packages, path), 'utf8').matchAll(/instanceof (\w+)/g)]
      .filter(([, name = '']) => classes.has(name))
      .map(([text]) => `${path}: ${text}`),
  );
  expect(sources.length).toBeGreaterThan(300);
  expect(found).toEqual([]);
});
