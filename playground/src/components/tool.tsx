import type { ComponentChildren } from "preact";

interface ToolProps {
  readonly title: string;
  readonly hint: string;
  /** Whether files can be dropped on it. */
  readonly takes?: string;
  readonly children: ComponentChildren;
}

/** One of the tools below the task, closed until somebody wants it. */
export function Tool({ title, hint, takes, children }: ToolProps) {
  return (
    <details class="panel tool" data-takes={takes}>
      <summary>
        <h2>{title}</h2>
      </summary>
      <p class="hint">{hint}</p>
      {children}
    </details>
  );
}
