/** What happens while a repository is pulled. */
export type PullEvent =
  | { readonly type: "start"; readonly commit: string; readonly files: number; readonly total: number }
  | {
      readonly type: "progress";
      readonly file: string;
      readonly fileBytes: number;
      readonly fileTotal: number;
      /** Of all files: there by now, and to be there at the end. */
      readonly bytes: number;
      readonly total: number;
      readonly filesDone: number;
      readonly files: number;
    }
  /** Something that a person may want to know, such as that another process is waited for. */
  | { readonly type: "notice"; readonly text: string };

/** What happens while a model is pulled, whose parts are in several repositories. */
export type ModelPullEvent = PullEvent & { readonly repository: string };
