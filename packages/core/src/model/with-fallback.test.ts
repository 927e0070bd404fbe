import { expect, test } from 'vitest';
import type { ChatModel } from './chat-model.ts';
import { withFallback } from './with-fallback.ts';

// By hand: a class, whose methods `{ ...model }` does not copy.
class Answering implements ChatModel {
  readonly name: string;
  readonly price = { input: 1, output: 2 };

  constructor(name: string) {
    this.name = name;
  }

  send(): ReturnType<ChatModel['send']> {
    return Promise.resolve({
      choices: [{ index: 0, message: { role: 'assistant', content: this.name }, finish_reason: 'stop' }],
    });
  }
}

test('adds further models at the end of the chain and leaves the given models unchanged', async () => {
  const [a, b, c] = [new Answering('a'), new Answering('b'), new Answering('c')];
  const chain = withFallback(withFallback(a, b), c);
  const models = [chain, chain.fallback, chain.fallback?.fallback];
  const responses = await Promise.all(models.map((model) => model?.send({ messages: [] })));
  expect({
    names: models.map((model) => model?.name),
    prices: models.map((model) => model?.price),
    texts: responses.map((response) => response?.choices[0].message.content),
    end: chain.fallback?.fallback?.fallback,
    given: 'fallback' in a || 'fallback' in b,
  }).toEqual({
    names: ['a', 'b', 'c'],
    prices: Array(3).fill({ input: 1, output: 2 }),
    texts: ['a', 'b', 'c'],
    end: undefined,
    given: false,
  });
});
