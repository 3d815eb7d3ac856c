import drawings from "../../../models/nano/evaluation/CREDITS?raw";
import photographs from "../../../models/nano/photographs/CREDITS?raw";
import { longestEdge } from "../pictures/read-picture.ts";
import { base, place } from "../state/connection.ts";
import { Scrolling } from "./scrolling.tsx";

export function Footer() {
  const inPage = place.value.in === "page";
  return (
    <footer>
      <p>
        {inPage ? "Pictures stay in this page: nothing is sent anywhere." : "Pictures go to the server and nowhere else."} Those larger than {longestEdge}{" "}
        pixels are made smaller first, as no model sees more. <kbd>Ctrl</kbd>+<kbd>S</kbd> saves, <kbd>Ctrl</kbd>+<kbd>Enter</kbd> asks again, <kbd>Esc</kbd>{" "}
        stops, <kbd>Alt</kbd>+<kbd>↑</kbd>
        <kbd>↓</kbd> move an example. {!inPage && <a href={new URL("docs", base.value).href}>The API</a>}
      </p>
      <details>
        <summary>Whose pictures these are</summary>
        <Scrolling label="Credits">
          <pre>{`${photographs.trim()}\n\n${drawings.trim()}`}</pre>
        </Scrolling>
      </details>
    </footer>
  );
}
