import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

/** A server, or the `send` of a model, made by hand. `createAgentServer` is ours. */
const FAKES =
  /\bcreate(?!AgentServer)\w*Server\(|^\s*(async )?send\((?!')(?!text: string).*\{$|^(?!\s*readonly).*\bsend: (async )?\((?!path)|\bsend: \w+ => /;
const REASON = /(\/\/|\/\*\*) By hand: \S/;

/**
 * Lists the lines of a test that fake a model or a server, without a comment above that says why `@pawl/testing`
 * cannot.
 */
function unexplained(text: string): readonly string[] {
  const lines = text.split('\n');
  return lines.flatMap((line, at) => {
    if (!FAKES.test(line) || line.startsWith('import ')) return [];
    const above = lines.slice(Math.max(0, at - 12), at + 1);
    return above.some((each) => REASON.test(each)) ? [] : [line.trim()];
  });
}

// The tests of the tools need servers that are not models: web sites, sockets and attackers.
const tests = globSync(['test/**/*.ts', 'packages/{core,dbos,testing}/src/**/*.test.ts'], { cwd: root }).filter(
  (path) => path !== 'test/package/fakes.test.ts',
);

test('tests use the models and servers of @pawl/testing, or say why they cannot', () => {
  expect(tests.length).toBeGreaterThan(150);
  const found = tests.flatMap((path) => {
    return unexplained(readFileSync(join(root, path), 'utf8')).map((line) => `${path}: ${line}`);
  });
  expect(found).toEqual([]);
});

test.each([
  'const server = createServer((request, response) => {',
  'const server = http.createServer(listener);',
  '  send(request, context) {',
  '  async send() {',
  "const model: ChatModel = { name: 'm', send: async () => answer };",
  '    send: (request, context = {}) => {',
])('detects a fake: %s', (line) => {
  expect(unexplained(`test('a test', () => {\n${line}`)).toEqual([line.trim()]);
  expect(unexplained(`// By hand: it breaks off.\n${line}`)).toEqual([]);
  expect(unexplained(`// By hand:\n${line}`)).toEqual([line.trim()]);
});
