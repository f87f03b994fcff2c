/** Milliseconds that this process has computed: unlike a clock, it does not go on while others have the machine. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
