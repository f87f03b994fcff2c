/**
 * Runs every check of scripts/check/ over assembly/, host/, the table of requirements and the built core, and prints what
 * it finds.
 *
 * Usage: npm run check
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles, readSources } from './files.mjs';
import { exitWith, isMain, root, StepFailed } from './process.mjs';
import { install } from './setup.mjs';

/** Installs and builds what is stale, then prints every finding; the process ends with code 1 if there is any. */
async function check() {
  install();
  const findings = [...(await checkSources()), ...(await checkBinary())];
  for (const { path, line, message } of findings) {
    console.error(`${line === undefined ? path : `${path}:${line}`}: ${message}`);
  }
  console.log(findings.length === 0 ? 'Every check passes.' : `Findings: ${findings.length}.`);
  if (findings.length > 0) process.exitCode = 1;
}

/** @returns {Promise<import('./check/syntax.mjs').Finding[]>} */
async function checkSources() {
  const { checkAllocation } = await import('./check/allocation.mjs');
  const { checkBudgets } = await import('./check/budgets.mjs');
  const { checkLayout, checkTables } = await import('./check/layout.mjs');
  const { checkRequirements, TABLE } = await import('./check/requirements.mjs');
  const { checkSequence } = await import('./check/sequence.mjs');
  const assembly = readSources('assembly');
  const both = [...assembly, ...readSources('host')];
  return [
    ...checkLayout(both),
    ...checkTables(both),
    ...checkSequence(assembly),
    ...checkBudgets(both),
    ...checkAllocation(assembly),
    ...checkRequirements(
      { path: TABLE, text: readFileSync(join(root, TABLE), 'utf8') },
      readSources('test'),
      listFiles('test').filter((path) => path.endsWith('.pkt')),
    ),
  ];
}

/** @returns {Promise<import('./check/syntax.mjs').Finding[]>} */
async function checkBinary() {
  const { build } = await import('./build.mjs');
  const { checkWasm } = await import('./check/wasm.mjs');
  const path = 'dist/core.wasm';
  try {
    await build();
  } catch (error) {
    if (error instanceof StepFailed) return [{ path, message: `not checked, since ${error.message}` }];
    throw error;
  }
  return checkWasm(path, readFileSync(join(root, path)));
}

if (isMain(import.meta.url)) await check().catch(exitWith);
