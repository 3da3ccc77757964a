/** Text in pieces. */

/** In pieces of so many characters, none of them cut in two. */
export function cut(text: string, characters: number): readonly string[] {
  if (text.length <= characters) return text === '' ? [] : [text];
  const pieces: string[] = [];
  for (let from = 0; from < text.length;) {
    let to = Math.min(text.length, from + characters);
    const last = text.charCodeAt(to - 1);
    if (last >= 0xd8_00 && last < 0xdc_00) to += 1;
    pieces.push(text.slice(from, to));
    from = to;
  }
  return pieces;
}
