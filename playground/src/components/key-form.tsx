import { useRef } from "preact/hooks";
import { apiKey, connection, tryAgain, useKey } from "../state/connection.ts";
import { Problem } from "./problem.tsx";

/** Asks for the server's API key where it wants one, and says why nothing can be asked. */
export function KeyForm() {
  const input = useRef<HTMLInputElement>(null);
  const now = connection.value;
  if (now.state === "failed")
    return (
      <div class="panel key">
        <Problem text={now.message} />
        <button type="button" onClick={() => tryAgain()}>
          Try again
        </button>
      </div>
    );
  if (now.state !== "locked") return null;
  return (
    <form
      class="panel key"
      onSubmit={(event) => {
        event.preventDefault();
        useKey(input.current!.value.trim());
      }}
    >
      <label class="field">
        This server wants an API key
        <input ref={input} type="password" autocomplete="off" required />
      </label>
      <button type="submit">Use it</button>
      <p class="hint">{apiKey.value === "" ? "" : `${now.message} `}It is kept until this tab is closed.</p>
    </form>
  );
}
