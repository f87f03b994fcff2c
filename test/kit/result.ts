/** What a script in a network namespace prints as its last line, read as JSON. */
import { type NamespaceOptions, runInNamespace } from './namespace.js';

/** @throws Error with all that the script said, when it failed or printed no JSON */
export async function result(script: URL, args: readonly string[], options?: NamespaceOptions): Promise<unknown> {
  const { exit, stdout, stderr } = await runInNamespace(script, args, options);
  if (exit !== 0) throw new Error(`${args.join(' ')} ended with ${exit}:\n${stdout}${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}
