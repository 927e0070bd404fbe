import './vitest.ts';
import { blockNetwork } from '../network/block-network.ts';

// For `setupFiles`: matchers, serializer, and a blocked network.
blockNetwork();
