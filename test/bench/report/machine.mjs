/** What the numbers were taken on. */
import { cpus, release } from 'node:os';

export function machineLine() {
  const processors = cpus();
  return `${processors.length} × ${processors[0]?.model.trim()}, Linux ${release()}, Node ${process.versions.node}`;
}
