/** Text that cannot steer a terminal. Names in it may come from any program that calls us. */

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const steering = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * JSON with everything escaped that some terminal obeys, the same value still: `JSON.stringify` leaves the second set of
 * control characters, and those that turn the direction of text, as they are.
 */
export function escapeControls(json: string): string {
  return json.replaceAll(steering, (found) =>
    [...Array(found.length).keys()].map((at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
}
