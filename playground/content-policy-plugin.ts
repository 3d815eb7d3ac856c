import type { Plugin } from "vite";

/** Everything comes from the page's own host; only what somebody gives as a server's address is asked beside it. */
const policy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self' http: https:; base-uri 'none'; form-action 'none'";

/** The policy that a server gives its page in a header stands in the page itself where the host is any. */
export function contentPolicy(): Plugin {
  return {
    name: "content-policy",
    apply: "build",
    transformIndexHtml: () => [{ tag: "meta", attrs: { "http-equiv": "content-security-policy", content: policy }, injectTo: "head-prepend" }],
  };
}
