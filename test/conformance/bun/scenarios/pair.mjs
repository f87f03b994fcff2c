/** A listener and a client that is connected to it, both recording. Not for: TLS (`tls/pair.mjs`). */
// @ts-nocheck: these scripts call what does not exist, on purpose.

/**
 * @param t the probe
 * @param serverExtra, clientExtra handlers of theirs, besides recording
 * @param serverOptions, clientOptions
 * @param serverChoice, clientChoice which handlers there are
 */
export async function pair(
  t,
  serverExtra = {},
  clientExtra = {},
  serverOptions = {},
  clientOptions = {},
  serverChoice = {},
  clientChoice = {},
) {
  const l = t.server(serverExtra, serverOptions, serverChoice);
  const c = await t.client(l.port, clientExtra, clientOptions, clientChoice);
  await t.saw('server:open');
  return { l, c, s: t.sockets.server };
}
