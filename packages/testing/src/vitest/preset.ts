import './vitest.ts';
import { blockNetwork } from '../network/block-network.ts';

// For `setupFiles`: matchers, serializer, and no way out of this machine by accident.
blockNetwork();
