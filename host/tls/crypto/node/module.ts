/**
 * `node:crypto`, where the runtime has it: asked for when it is needed, never imported, so that the host also loads in a
 * browser. Not for: what is done with it (`../node.ts`).
 */
export type NodeCrypto = typeof import('node:crypto');

/** @returns `undefined` in runtimes without it */
export function nodeCrypto(): NodeCrypto | undefined {
  if (typeof process === 'undefined') return undefined;
  return process.getBuiltinModule?.('node:crypto');
}

/** What `node:crypto` gave, as plain bytes; its buffers are not shared with anybody. */
export function owned(buffer: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.byteLength);
}
