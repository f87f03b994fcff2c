/**
 * A Vitest reporter for CI: a test that was skipped there fails the run. CI has root, /dev/net/tun and every program
 * that the tests use, so a skip means that something is no longer tested.
 */

/** @returns {import('vitest/reporters').Reporter} */
export function forbidSkips() {
  /** @type {import('vitest/node').Vitest | undefined} */
  let vitest;
  return {
    onInit(context) {
      vitest = context;
    },
    onTestRunEnd(modules) {
      // `-t` skips all that its pattern does not name.
      if (vitest?.config.testNamePattern !== undefined) return;
      const skipped = modules.flatMap((module) => [...module.children.allTests('skipped')]);
      if (skipped.length === 0) return;
      console.error(`\nSkipped, which CI forbids:\n${skipped.map((test) => `  ${test.fullName}`).join('\n')}`);
      process.exitCode = 1;
    },
  };
}
