import { ConfigError } from '@pawl/core';
import { expect, test } from 'vitest';
import { type HttpRequestOptions, httpRequest } from './http-request.ts';

const value = (): string => 'Bearer key';

test.each([
  [{ allow: [] }],
  [{ allow: [{ hostname: 'https://a.test' }] }],
  [{ allow: [{ hostname: 'a.test', methods: ['TRACE'] }] }],
  [{ allow: [{ hostname: 'a.test', paths: ['v1'] }] }],
  [{ allow: [{ hostname: 'a.test' }], headers: ['Host'] }],
  [{ allow: [{ hostname: 'a.test' }], headers: ['host'] }],
  [
    {
      allow: [{ hostname: 'a.test' }],
      headers: ['x-key'],
      secrets: { a: { hosts: ['a.test'], header: 'x-key', value } },
    },
  ],
  [{ allow: [{ hostname: 'a.test' }], secrets: { a: { hosts: [], value } } }],
  [{ allow: [{ hostname: 'a.test' }], secrets: { a: { hosts: ['a.test'], value: 'text' } } }],
])('refuses the options %j with a ConfigError', (options) => {
  expect(() => httpRequest(options as HttpRequestOptions)).toThrow(ConfigError);
});
