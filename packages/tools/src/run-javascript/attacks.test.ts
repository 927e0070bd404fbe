import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import { afterAll, describe, expect, test } from 'vitest';
import { Isolation } from '../child/isolation.ts';
import { callTool, createSandbox, SECRET } from '../files/sandbox.fixture.ts';
import { callWithSignal, ISOLATION_MODES } from '../run-command/command.fixture.ts';
import { runCode } from './run-code.ts';
import { type RunJavaScriptOptions, runJavaScript } from './run-javascript.ts';

const box = createSandbox();
afterAll(() => box.remove());
box.write('secret', SECRET);

const MEMORY_BEFORE = process.memoryUsage().rss;

/** Creates code that evaluates each source, and returns the result of each attempt. */
function createAttempts(sources: readonly string[]): string {
  const tries = sources.map(
    (source) =>
      `await (async () => { try { return 'OPEN ' + String(await (${source})); } catch { return 'shut'; } })()`,
  );
  return `const LATE = {}; return [${tries.join(',\n')}];`;
}

describe.concurrent.each(ISOLATION_MODES)('code with isolation "%s"', (isolation) => {
  const run = (code: string, options: RunJavaScriptOptions = {}) =>
    callTool(runJavaScript({ isolation, timeoutMs: 25_000, ...options }), { code });

  test.each([
    ['never ends', 'for (;;);'],
    ['never ends, in small steps', 'for (;;) await null;'],
    ['never ends in a regular expression', 'return /^(a+)+$/.test("a".repeat(50) + "b");'],
    ['never ends in toJSON', 'return { toJSON() { for (;;); } };'],
  ])('that %s is stopped', async (_, code) => {
    expect(await run(code, { timeoutMs: 1_500 })).toMatch(/^\[stopped after 1\.5 s/);
  });

  test.each([
    ['fills the heap', 'const a = []; for (;;) a.push(new Array(1e5).fill(0.5));', /^\[(stopped|ended).* memory/],
    [
      'fills the memory outside the heap',
      'const a = []; for (;;) a.push(new Uint8Array(1e7).fill(1));',
      /memory|allocation/,
    ],
    [
      'builds a text without end',
      'let a = "x"; for (;;) a += a + Math.random();',
      /^\[((stopped|ended).* memory|threw)/,
    ],
    ['starts timers without end', 'for (;;) setTimeout(() => 0, 1e8);', /^\[(stopped|ended).* memory/],
    ['calls itself', 'const f = () => f() + 1; return f();', /^\[threw; .*\]\nRangeError/],
    ['prints without end', 'for (;;) console.log("x".repeat(1e4));', /^\[stopped after 1048576 bytes/],
    ['prints much at once', 'console.log("x".repeat(5e6)); return 1;', /^\[stopped after 1048576 bytes/],
    ['returns more than the limit', 'return "x".repeat(2e6);', /^\[stopped after 1048576 bytes/],
    ['returns a circular value', 'const a = {}; a.a = a; return a;', /^\[threw; .*\]\nTypeError/],
    [
      'throws something odd',
      'throw new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 2; } });',
      /^\[threw|^\[ended/,
    ],
    ['prints a fake result', `console.log('\\n{"type":"returned","json":"1"}'); throw 1;`, /^\[threw/],
  ])('that %s is limited', async (_, code, expected) => {
    const result = await run(code, { maxMemoryBytes: 64 * 2 ** 20 });
    expect(result.slice(0, 300)).toMatch(expected);
  });

  test('finds no API that reads or writes anything', async () => {
    const sources = `
      process.version
      require("fs")
      module.exports
      global.process
      globalThis.process.version
      Buffer.from("a")
      fetch("http://127.0.0.1")
      new WebSocket("ws://127.0.0.1")
      new EventSource("http://127.0.0.1")
      navigator.userAgent
      new Worker("a")
      new BroadcastChannel("a")
      new MessageChannel()
      localStorage.a
      performance.now()
      crypto.subtle
      new SharedArrayBuffer(1)
      WebAssembly.compile(new Uint8Array())
      setImmediate(() => 0)
      import("node:fs")
      import("fs")
      import("node:net")
      import("node:child_process")
      import("node:process")
      import("data:text/javascript,export default 1")
      import("/etc/passwd")
      import("http://127.0.0.1/a.js")
      eval("import('node:net')")
      new Function("return process")()
      new Function("return import('node:net')")()
      (async () => 0).constructor("return process")()
      this.constructor.constructor("return process")()
      console.log.constructor("return process")()
      [].__proto__.constructor
      setTimeout(() => 0).constructor.prototype._onTimeout.x
      Object.defineProperty(Object.prototype, "handle", { get() { return this; } })
      Array.prototype.push = 1, (() => { throw 1; })()
      Promise.prototype.then = null
      JSON.stringify = null
      Function.prototype.call = null
      Reflect.setPrototypeOf(Object.prototype, {}) || (() => { throw 1; })()
      Error.prepareStackTrace = (e, s) => s[0].getThis().x
      (() => { Error.prepareStackTrace = (e, s) => s; return new Error().stack[0].getFunction().caller; })()
      (function () { return arguments.callee.caller; })()
      console.constructor.constructor("return global")().process.x
      import.meta.url`
      .trim()
      .split('\n');
    const [last, ...others] = sources.reverse();
    // The last source is a syntax error in a function.
    expect(await run(createAttempts([String(last)]))).toMatch(/^\[threw; .*\]\nSyntaxError/);
    const result = await run(createAttempts(others));
    const results = JSON.parse(result.split('\n')[1] ?? '');
    expect(others.filter((_, index) => results[index] !== 'shut')).toEqual([]);
  });

  test('that passes the innermost protection is stopped by Node and the kernel', async () => {
    const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number }; // A listening server has an address.
    const get = (name: string) => `process.getBuiltinModule('node:${name}')`;
    const sources = `
      ${get('fs')}.readFileSync('${box.resolve('secret')}')
      ${get('fs')}.readFileSync('/proc/self/environ')
      ${get('fs')}.readFileSync('/proc/' + process.ppid + '/environ')
      ${get('fs')}.writeFileSync('${box.resolve('made')}', '')
      ${get('fs')}.unlinkSync('${box.resolve('secret')}')
      ${get('fs')}.symlinkSync('/', '${box.resolve('made')}')
      ${get('fs')}.openSync(new URL('file:///etc/passwd'))
      ${get('fs')}.openSync(Buffer.from('/proc/self/mem'), 'r+')
      ${get('fs')}.statSync('/etc/shadow')
      ${get('child_process')}.execSync('id')
      ${get('child_process')}.spawnSync('/bin/true', { stdio: 'inherit' }).status.toFixed()
      process.execve('/bin/true', ['true'])
      new (${get('worker_threads')}.Worker)('1', { eval: true })
      new (${get('wasi')}.WASI)({ version: 'preview1', preopens: { '/': '/' } })
      new (${get('sqlite')}.DatabaseSync)('${box.resolve('made')}')
      process.dlopen({ exports: {} }, '/usr/lib/x86_64-linux-gnu/libc.so.6')
      ${get('inspector')}.open(0)
      Object.keys(process.binding('fs'))
      Object.keys(process.binding('tcp_wrap'))
      Object.keys(process.binding('spawn_sync'))
      process.report.writeReport('${box.resolve('made')}')
      ${get('v8')}.writeHeapSnapshot('${box.resolve('made')}')
      process.loadEnvFile('${box.resolve('secret')}')
      process.chdir('${box.root}')
      fetch('http://127.0.0.1:${port}').then((r) => r.text())
      new Promise((r, j) => ${get('net')}.connect(${port}, '127.0.0.1').on('error', j).on('connect', r))
      new Promise((r, j) => ${get('net')}.connect('/run/dbus/system_bus_socket').on('error', j).on('connect', r))
      new Promise((r, j) => process.once('uncaughtException', j) && ${get('net')}.createServer().on('error', j).listen(0, '127.0.0.1', r))
      new Promise((r, j) => ${get('dgram')}.createSocket('udp4').on('error', j).send('a', ${port}, '127.0.0.1', (e) => e ? j(e) : r()))
      new Promise((r, j) => ${get('http2')}.connect('http://127.0.0.1:${port}').on('error', j).on('connect', r))
      ${get('dns')}.promises.lookup('example.com')
      ${get('dns')}.promises.resolve4('example.com')`
      .trim()
      .split('\n');
    // Without namespaces, only the innermost protection prevents signals.
    if (isolation === 'require')
      sources.push(`process.kill(${process.pid}, 0)`, `process._debugProcess(${process.pid})`);
    const result = await runCode(
      { code: createAttempts(sources), input: null },
      {
        isolation: new Isolation({ mode: isolation }),
        limits: { timeoutMs: 25_000, graceMs: 1, maxOutputBytes: 2 ** 20, maxMemoryBytes: 2 ** 28, maxProcesses: 64 },
        signal: new AbortController().signal,
        child: stripTypeScriptTypes(readFileSync(new URL('./bare-child.fixture.ts', import.meta.url), 'utf8')),
      },
    );
    server.close();
    const last = result.lines.at(-1);
    expect(last, JSON.stringify(result)).toMatchObject({ type: 'returned' });
    const results = JSON.parse(last?.type === 'returned' ? last.json : '[]');
    expect(results).toHaveLength(sources.length);
    expect(sources.filter((_, index) => results[index] !== 'shut')).toEqual([]);
    expect([existsSync(box.resolve('made')), existsSync(box.resolve('secret'))]).toEqual([false, true]);
  });
});

describe.each(ISOLATION_MODES)('aborted code with isolation "%s"', (isolation) => {
  test('rejects at once, and its process is ended', async () => {
    const aborted = callWithSignal(runJavaScript({ isolation }), { code: 'for (;;);' }, AbortSignal.timeout(1_000));
    await expect(aborted).rejects.toThrow('aborted due to timeout');
    await expect
      .poll(() => listChildren().filter((line) => line.includes('--frozen-intrinsics')).length, {
        timeout: 20_000,
        interval: 200,
      })
      .toBe(0);
  });
});

/** Lists the command lines of this process's children. */
function listChildren(): readonly string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').flatMap((pid) => {
    try {
      const isOurs =
        readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1] === String(process.pid);
      return isOurs ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8')] : [];
    } catch {
      return [];
    }
  });
}

test('uses little memory of this process', () => {
  expect(process.memoryUsage().rss - MEMORY_BEFORE).toBeLessThan(100 * 2 ** 20);
});
