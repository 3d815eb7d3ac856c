import type { ComponentChildren } from "preact";

interface ScrollingProps {
  readonly label: string;
  readonly table?: boolean;
  readonly children: ComponentChildren;
}

/** What may be larger than its place. */
export function Scrolling({ label, table = false, children }: ScrollingProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section class={table ? "scrolls table" : "scrolls"} tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
