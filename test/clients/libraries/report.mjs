/** Runs steps one after the other and prints what came of each, as one line of JSON that a test reads. */

/** What a test wants: `{ gateway: { url, key }, ... }`; the key comes in the environment. */
export const order = { ...JSON.parse(process.argv[2] ?? '{}'), key: process.env['CLIENT_KEY'] };

/** @param {Record<string, () => Promise<unknown>>} steps */
export async function report(steps) {
  const results = {};
  for (const [name, step] of Object.entries(steps)) {
    try {
      results[name] = await step();
    } catch (thrown) {
      results[name] = { error: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown) };
    }
  }
  process.stdout.write(`${JSON.stringify(results)}\n`);
}

/** Reads a stream of texts to its end. */
export async function readAll(pieces) {
  const all = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}
