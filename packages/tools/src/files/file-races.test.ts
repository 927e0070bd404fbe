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
  /** Between the calls and within them, wherever they wait. */
  readonly swap: (round: number) => void;
  readonly call: () => Promise<string>;
}

/** What came of a number of calls while something was exchanged below them. */
async function race({ swap, call }: Race): Promise<readonly string[]> {
  const answers = new Set<string>();
  let isOver = false;
  const swapping = (async () => {
    for (let round = 0; !isOver; round++) {
      swap(round);
      // Of different length, so that every place in a call meets a swap.
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

const OUT = 'leads out of the folders that may be looked at, or nowhere. Use a path relative to the root.';

function among(answers: readonly string[], allowed: readonly string[]): void {
  expect(answers.filter((each) => !allowed.includes(each))).toEqual([]);
}

test('a file that turns into a link that leads out, and back, is read as the file or not at all', async () => {
  const swap = (round: number): void => {
    if (round % 2 === 0) symlinkSync('../outside/a.txt', at('next'));
    else writeFileSync(at('next'), 'hello');
    renameSync(at('next'), at('file.txt'));
  };
  swap(1);
  const answers = await race({ swap, call: () => callTool(read, { path: 'file.txt' }) });
  among(answers, [
    'hello',
    `refused: "file.txt" ${OUT}`,
    'refused: "file.txt" changes all the time: it could not be opened. Try again.',
  ]);
  expect(answers).toContain('hello');
});

test('a folder on the way that turns into a link that leads out gives nothing of what is there', async () => {
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
  among(answers, [
    'hello',
    `refused: "way/a.txt" ${OUT}`,
    'refused: There is no "way/a.txt" here.',
    'refused: "way/a.txt" changes all the time: it could not be opened. Try again.',
  ]);
});

test('a folder that turns into a link that leads out is never listed through it', async () => {
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
  among(answers, [
    'Nothing is there.',
    'tree/inner',
    'tree/inner/',
    'tree/inner/\ntree/inner/deep.txt',
    'tree/inner/\n[1 folder could not be read]',
  ]);
});

test('a file that turns into a pipe keeps nobody waiting', async () => {
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
  among(answers, [
    'hello',
    'refused: "turning" is a pipe, not a file.',
    'refused: There is no "turning" here.',
    'refused: "turning" changes all the time: it could not be opened. Try again.',
  ]);
});

test('a file that is replaced over and over is read whole, the old one or the new one', async () => {
  const texts = ['a'.repeat(10_000), 'b'.repeat(20_000)];
  const swap = (round: number): void => {
    writeFileSync(at('status.next'), texts[round % 2] ?? '');
    renameSync(at('status.next'), at('status.txt'));
  };
  swap(1);
  const answers = await race({ swap, call: () => callTool(read, { path: 'status.txt' }) });
  // Elsewhere the handle of what was replaced does not tell its name.
  const busy = 'refused: "status.txt" changes all the time: it could not be opened. Try again.';
  among(answers, process.platform === 'linux' ? texts : [...texts, busy]);
});
