/** Who is asked. */
export interface CopyContext {
  readonly model: string;
  /** The address that `/v1` lies under, with a slash at its end. */
  readonly base: string;
  /** Whether the server wants an API key. The key itself is never copied. */
  readonly locked: boolean;
}
