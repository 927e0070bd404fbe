import type { UiChunk, UiMessage } from '@pawl/serve/encode';
import type { UIMessage, UIMessageChunk } from 'ai';
import { expectTypeOf, test } from 'vitest';

test('chunks and messages are those of ai', () => {
  expectTypeOf<UiChunk>().toExtend<UIMessageChunk>();
  expectTypeOf<UiMessage>().toExtend<UIMessage>();
});
