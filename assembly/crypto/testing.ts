// The ciphers by themselves, built to dist/crypto.test.wasm with the flags of the release: the test of constant time
// instruments every instruction of it. Not for: anything that ships.

import '../abi/fault'; // the compiler is told to look for `abort` there

export { aeadExpand, aeadKeySize, aeadOpen, aeadSeal } from './aead';
