import { openInPage } from "#in-page";

/** Where answers come from: this page, or a server, whose `/v1` lies under an address. */
export type Place = { readonly in: "page" } | { readonly in: "server"; readonly address: URL };

const name = "flamingo-place";

/** As somebody chose it; else the page itself where it holds the model, and where it does not the server that it came from. */
export function keptPlace(): Place {
  if (openInPage === undefined) return { in: "server", address: new URL(".", document.baseURI) };
  const kept = localStorage.getItem(name);
  return (kept === null ? undefined : serverAt(kept)) ?? { in: "page" };
}

export function keepPlace(place: Place): void {
  if (place.in === "server") localStorage.setItem(name, place.address.href);
  else localStorage.removeItem(name);
}

/** @returns undefined when it is no address of a server */
export function serverAt(text: string): Place | undefined {
  const address = text.trim();
  const whole = /^[a-z]+:\/\//i.test(address) ? address : `http://${address}`;
  // Browsers do not agree on what a space in a name is.
  if (/\s/.test(address) || !URL.canParse(whole)) return undefined;
  const url = new URL(whole);
  if (!/^https?:$/.test(url.protocol)) return undefined;
  url.search = url.hash = "";
  // People copy the address that clients are given.
  url.pathname = `${url.pathname.replace(/\/$/, "").replace(/\/v1$/, "")}/`;
  return { in: "server", address: url };
}
