import { ConfigError } from '@pawl/core';
import { expect, test } from 'vitest';
import { type HttpRequestOptions, httpRequest } from './http-request.ts';

const value = (): string => 'Bearer key';

test.each([
  [{ allow: [] }],
  [{ allow: [{ host: 'https://a.test' }] }],
  [{ allow: [{ host: 'a.test', methods: ['TRACE'] }] }],
  [{ allow: [{ host: 'a.test', paths: ['v1'] }] }],
  [{ allow: [{ host: 'a.test' }], headers: ['Host'] }],
  [{ allow: [{ host: 'a.test' }], headers: ['host'] }],
  [{ allow: [{ host: 'a.test' }], headers: ['x-key'], secrets: { a: { hosts: ['a.test'], header: 'x-key', value } } }],
  [{ allow: [{ host: 'a.test' }], secrets: { a: { hosts: [], value } } }],
  [{ allow: [{ host: 'a.test' }], secrets: { a: { hosts: ['a.test'], value: 'text' } } }],
])('options that can not hold are refused where the tool is made', (options) => {
  expect(() => httpRequest(options as HttpRequestOptions)).toThrow(ConfigError);
});
