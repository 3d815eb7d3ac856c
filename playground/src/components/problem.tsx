/** What is wrong, in a sentence, where it happened. */
export function Problem({ text, forget }: { readonly text: string; readonly forget?: () => void }) {
  if (text === "") return null;
  return (
    <div class="problem" role="alert">
      <p>{text}</p>
      {forget !== undefined && (
        <button type="button" class="small" aria-label="Dismiss" onClick={forget}>
          ×
        </button>
      )}
    </div>
  );
}
