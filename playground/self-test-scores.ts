/** Prints what nano on the CPU makes of the self-test, as JSON. */
import { Flamingo } from "flamingo-vlm";
import { selfTestScores } from "./src/in-page/self-test.ts";

const model = await Flamingo.load("nano", { device: "cpu" });
process.stdout.write(JSON.stringify(await selfTestScores(model)));
await model.dispose();
