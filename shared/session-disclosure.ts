/** What a person reads before the companion gets a claude.ai session: over the API, in the terminal and in the popup. */

/** Plain text. The popup has the same words in its own list of texts, where the second paragraph is a box to tick. */
export const sessionDisclosure = {
  title: 'Use your claude.ai session',
  paragraphs: [
    'The session you are signed in with on claude.ai is read and kept by the companion on this computer. It is sent to ' +
      'nobody but claude.ai.',
    'Handing it over says: “I want this, for my own account. Anthropic’s terms may not allow automated use.”',
  ],
} as const;

/** The same in one text, with an empty line between each. */
export function sessionDisclosureText(): string {
  return [sessionDisclosure.title, ...sessionDisclosure.paragraphs].join('\n\n');
}
