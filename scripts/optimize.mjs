/**
 * Optimizes what `asc` has compiled, in its own process and before it writes the binary, so that the source map stays
 * right: Binaryen's standard passes at level 3, with limits of inlining that were chosen by measurement.
 *
 * Against asc's -O3 the core is an eighth smaller and takes a packet in as fast or faster: what asc flattens and inlines
 * beyond this is mostly code that runs seldom.
 */
import binaryen from 'binaryen';

/** The shape that `asc` asks of a transform. */
export default class Optimizer {
  /** @param {binaryen.Module} module */
  afterCompile(module) {
    binaryen.setOptimizeLevel(3);
    binaryen.setShrinkLevel(0);
    binaryen.setAlwaysInlineMaxSize(ALWAYS);
    binaryen.setOneCallerInlineMaxSize(ONE_CALLER);
    binaryen.setAllowInliningFunctionsWithLoops(false);
    binaryen.setFlexibleInlineMaxSize(WITHOUT_CALLS);
    keepAsCalls(module, SELDOM);
    module.optimize();
    keepAsCalls(module, SETTLED);
    binaryen.setFlexibleInlineMaxSize(OF_CIPHERS);
    module.runPasses(['inlining-optimizing']);
  }
}

/** @param {binaryen.Module} module @param {string[]} functions names, with wildcards */
function keepAsCalls(module, functions) {
  for (const name of functions) {
    binaryen.setPassArgument('no-inline', name);
    module.runPasses(['no-inline']);
  }
}

/** What is long for a standard operation, and done once a key or a record. */
const SELDOM = ['~lib/polyfills/bswap<u64>'];

// Of functions, in Binaryen's nodes.

/** A call to one of this size is no smaller than its body. */
const ALWAYS = 8;
/**
 * V8 does not inline across WebAssembly's functions. From 20, Binaryen's default, to 36 the core grows by 5 %, and a segment
 * costs a tenth less to take in; beyond that it only grows. What fits 56 KB after gzip is taken.
 */
const WITHOUT_CALLS = 24;
/** Whatever has one caller goes there. */
const ONE_CALLER = 2 ** 32 - 1;
/** The rounds of a cipher are one loop, whatever it takes: as calls they are half as fast. */
const OF_CIPHERS = 100;
/** What is not a cipher. */
const SETTLED = ['abi', 'core', 'ip', 'link', 'memory', 'tcp', 'tls', 'trace', 'udp'].map(
  (part) => `assembly/${part}/*`,
);
