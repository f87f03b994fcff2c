/**
 * The provider that is used unless a program says otherwise. Not for: what providers do (`provider.ts`).
 */
import { nodeProvider } from './node.js';
import type { CryptoProvider } from './provider.js';

/** `node:crypto` where the runtime has it, `@noble/*` elsewhere; always the same object. */
export function defaultProvider(): CryptoProvider {
  return provider;
}

/** Noble's curves take longer to load than all else together: whoever does not need them does not wait for them. */
const provider = nodeProvider() ?? (await import('./noble.js')).nobleProvider;
