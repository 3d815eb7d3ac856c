/** What is told about a support set. */
export interface SupportSetFacts {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly examples: number;
  readonly tokens: number;
  readonly bytes: number;
  /** That it took to read its examples. */
  readonly seconds: number;
  readonly inMemory: boolean;
  readonly onDisk: boolean;
}
