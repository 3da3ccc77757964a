/** `claude-sonnet-4` of `claude-sonnet-4-20250514` and of `claude-sonnet-4-latest`. */
export function withoutDate(model: string): string {
  return model.replace(/-(?:20\d{6}|latest)$/, '');
}
