declare module "virtual:ready-tasks" {
  /** Tasks as they are saved, with addresses in the place of data URLs. */
  export const readyTasks: readonly (import("./task/task.ts").WrittenTask & { readonly title: string })[];
}
