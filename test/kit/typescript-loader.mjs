/**
 * Lets a child process run the TypeScript sources as they are, in all its threads: `node --import <this file> script.ts`.
 * Node 20 strips no types, and `dist/` may be stale. Not for: how (`typescript-hooks.mjs`).
 */
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
