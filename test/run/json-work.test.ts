import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { offlineServer, respond } from '@pawl/testing';
import { expect, onTestFinished, test } from 'vitest';

const TURNS = 200;
const usage = { prompt_tokens: 8, completion_tokens: 4, total_tokens: 12 };

test.each(['whole', 'streamed'])(
  'serializes each message and tool once in a run of 200 turns, and does no more work in late turns than in early ones: %s',
  async (how) => {
    const server = await offlineServer({
      keepRequests: 1,
      script: ({ messages }) => {
        const turn = messages.filter(({ role }) => role === 'tool').length;
        return turn === TURNS - 1
          ? respond.text('Done.', { usage })
          : respond.call('add', { turn }, { id: `call_${turn}`, usage });
      },
    });
    onTestFinished(() => server.close());
    const args = [join(import.meta.dirname, 'count-json.ts'), server.baseURL, String(TURNS), how];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { output, names, byTurn } = JSON.parse(stdout);
    const calls = Array.from({ length: TURNS - 1 }, (_, turn) => [`assistant call_${turn}`, `tool call_${turn}`]);
    expect({ output, names }).toEqual({
      output: 'Done.',
      names: ['add', 'multiply', 'subtract', 'system', 'user', ...calls.flat()].sort(),
    });
    // Between turns whose numbers have as many digits.
    for (const what of ['written', 'encoded']) {
      const between = (from: number, to: number): number => byTurn[to][what] - byTurn[from][what];
      expect(between(110, 190), what).toBe(between(100, 180));
      expect(between(110, 190) / between(10, 90), what).toBeLessThan(1.05);
    }
  },
);
