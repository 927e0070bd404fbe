import { toUiMessages, type UiAssistantMessage, type UiChunk } from '@pawl/serve/encode';
import type { UIMessage, UIMessageChunk } from 'ai';
import { expectTypeOf, test } from 'vitest';

test('chunks and messages are those of ai', () => {
  expectTypeOf<UiChunk>().toExtend<UIMessageChunk>();
  const messages: UIMessage[] = toUiMessages([]);
  expectTypeOf(messages).toEqualTypeOf<UIMessage[]>();
  const part: UIMessage['parts'][number] = {} as UiAssistantMessage['parts'][number];
  expectTypeOf(part).not.toBeAny();
});
