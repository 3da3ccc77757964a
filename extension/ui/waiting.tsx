/** The frame of what is about to come. */
export function Waiting() {
  return (
    <div class="waiting" aria-hidden="true">
      <span />
      <span />
      <span />
    </div>
  );
}
