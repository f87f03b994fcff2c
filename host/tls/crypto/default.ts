/**
 * The provider that is used unless a program says otherwise. Not for: what providers do (`provider.ts`).
 */
import { nobleProvider } from './noble.js';
import { nodeProvider } from './node.js';
import type { CryptoProvider } from './provider.js';

/** `node:crypto` where the runtime has it, `@noble/*` elsewhere; always the same object. */
export function defaultProvider(): CryptoProvider {
  provider ??= nodeProvider() ?? nobleProvider;
  return provider;
}

/** Made when it is first needed, not when this file is loaded. */
let provider: CryptoProvider | undefined;
