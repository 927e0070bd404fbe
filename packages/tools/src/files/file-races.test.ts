import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listFiles } from '../list-files/list-files.ts';
import { readFile } from '../read-file/read-file.ts';
import { callTool, createSandbox, SECRET } from './sandbox.fixture.ts';

const box = createSandbox();
const { root, resolve: at, write } = box;
const read = readFile({ roots: root });
const list = listFiles({ roots: root });
const ROUNDS = 400;
const PAUSES = 13;

beforeAll(() => {
  write('hello.txt', 'hello');
  write('../outside/a.txt', SECRET);
  write(`../outside/${SECRET}.txt`, '');
});

afterAll(() => box.remove());

interface Race {
  /** Called between the calls and whenever a call waits. */
  readonly swap: (round: number) => void;
  readonly call: () => Promise<string>;
}

/** Calls a tool repeatedly while files are replaced, and returns the different results. */
async function race({ swap, call }: Race): Promise<readonly string[]> {
  const answers = new Set<string>();
  let isOver = false;
  const swapping = (async () => {
    for (let round = 0; !isOver; round++) {
      swap(round);
      // Pauses of different lengths, so that a swap happens at every await of a call.
      for (let pause = round % PAUSES; pause >= 0; pause--) await setImmediate();
    }
  })();
  try {
    for (let round = 0; round < ROUNDS; round++) answers.add(await call());
  } finally {
    isOver = true;
    await swapping;
  }
  return [...answers].map((each) => each.replace(/ Did you mean.*$/, '')).sort();
}

const OUT = 'is outside the accessible folders, or leads nowhere. Pass a path relative to the root.';

function expectOnly(answers: readonly string[], allowed: readonly string[]): void {
  expect(answers.filter((each) => !allowed.includes(each))).toEqual([]);
}

test('never reads through a file that becomes a link to outside', async () => {
  const swap = (round: number): void => {
    if (round % 2 === 0) symlinkSync('../outside/a.txt', at('next'));
    else writeFileSync(at('next'), 'hello');
    renameSync(at('next'), at('file.txt'));
  };
  swap(1);
  const answers = await race({ swap, call: () => callTool(read, { path: 'file.txt' }) });
  expectOnly(answers, [
    'hello',
    `refused: "file.txt" ${OUT}`,
    'refused: "file.txt" keeps changing, so it could not be opened. Try again.',
  ]);
  expect(answers).toContain('hello');
});

test('never reads through a folder that becomes a link to outside', async () => {
  mkdirSync(at('way'));
  write('way/a.txt', 'hello');
  const swap = (round: number): void => {
    if (round % 2 === 0) {
      renameSync(at('way'), at('way-kept'));
      symlinkSync('../outside', at('way'));
    } else {
      rmSync(at('way'));
      renameSync(at('way-kept'), at('way'));
    }
  };
  const answers = await race({ swap, call: () => callTool(read, { path: 'way/a.txt' }) });
  expectOnly(answers, [
    'hello',
    `refused: "way/a.txt" ${OUT}`,
    'refused: "way/a.txt" does not exist.',
    'refused: "way/a.txt" keeps changing, so it could not be opened. Try again.',
  ]);
});

test('never lists a folder that becomes a link to outside', async () => {
  write('tree/inner/deep.txt', '');
  const swap = (round: number): void => {
    if (round % 2 === 0) {
      renameSync(at('tree/inner'), at('tree-kept'));
      symlinkSync(at('../outside'), at('tree/inner'));
    } else {
      rmSync(at('tree/inner'));
      renameSync(at('tree-kept'), at('tree/inner'));
    }
  };
  const answers = await race({ swap, call: () => callTool(list, { path: 'tree' }) });
  expectOnly(answers, [
    'The folder is empty.',
    'tree/inner',
    'tree/inner/',
    'tree/inner/\ntree/inner/deep.txt',
    'tree/inner/\n[1 folder could not be read]',
  ]);
});

test('never waits for a file that becomes a pipe', async () => {
  execFileSync('mkfifo', [at('pipe')]);
  writeFileSync(at('turning'), 'hello');
  const swap = (round: number): void => {
    if (round % 2 === 0) {
      renameSync(at('turning'), at('turning-kept'));
      renameSync(at('pipe'), at('turning'));
    } else {
      renameSync(at('turning'), at('pipe'));
      renameSync(at('turning-kept'), at('turning'));
    }
  };
  const answers = await race({ swap, call: () => callTool(read, { path: 'turning' }) });
  expectOnly(answers, [
    'hello',
    'refused: "turning" is a pipe, not a file.',
    'refused: "turning" does not exist.',
    'refused: "turning" keeps changing, so it could not be opened. Try again.',
  ]);
});

test('reads a file that is replaced repeatedly as a whole, in its old or new version', async () => {
  const texts = ['a'.repeat(10_000), 'b'.repeat(20_000)];
  const swap = (round: number): void => {
    writeFileSync(at('status.next'), texts[round % 2] ?? '');
    renameSync(at('status.next'), at('status.txt'));
  };
  swap(1);
  const answers = await race({ swap, call: () => callTool(read, { path: 'status.txt' }) });
  // Outside Linux the path of a replaced file is unknown.
  const busy = 'refused: "status.txt" keeps changing, so it could not be opened. Try again.';
  expectOnly(answers, process.platform === 'linux' ? texts : [...texts, busy]);
});
