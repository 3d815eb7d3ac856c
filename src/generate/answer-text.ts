/** What is said in a turn: without the space that comes between a question and its answer. */
export class AnswerText {
  private begun = false;

  /** @param text - what comes next @returns what is to be shown of it */
  next(text: string): string {
    const shown = this.begun ? text : text.trimStart();
    this.begun ||= shown !== "";
    return shown;
  }
}
