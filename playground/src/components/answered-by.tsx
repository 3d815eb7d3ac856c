import { useSignal } from "@preact/signals";
import { answerFrom, place } from "../state/connection.ts";
import { serverAt } from "../state/place.ts";
import { Problem } from "./problem.tsx";

/** The switch between the model in this page and a server. */
export function AnsweredBy() {
  const now = place.value;
  const asks = useSignal(false);
  const address = useSignal(now.in === "server" ? now.address.href : "http://127.0.0.1:8000/");
  const problem = useSignal("");
  const connectTo = (): void => {
    const server = serverAt(address.value);
    problem.value = server === undefined ? `${address.value} is no address of a server, such as http://127.0.0.1:8000.` : "";
    if (server !== undefined) answerFrom(server);
  };
  const choose = (server: boolean): void => {
    asks.value = server;
    if (!server && now.in === "server") answerFrom({ in: "page" });
  };
  const toServer = asks.value || now.in === "server";
  return (
    <form
      class="answered-by"
      onSubmit={(event) => {
        event.preventDefault();
        connectTo();
      }}
    >
      <fieldset class="formats">
        <legend class="unseen">Who answers</legend>
        {[false, true].map((server) => (
          <label key={String(server)}>
            <input type="radio" name="place" checked={toServer === server} onChange={() => choose(server)} />
            <span>{server ? "A server" : "In this page"}</span>
          </label>
        ))}
      </fieldset>
      {toServer && (
        <>
          <input
            type="text"
            inputMode="url"
            aria-label="The server's address"
            value={address.value}
            onInput={(event) => {
              address.value = event.currentTarget.value;
            }}
          />
          <button type="submit">Connect</button>
        </>
      )}
      <Problem text={problem.value} />
    </form>
  );
}
