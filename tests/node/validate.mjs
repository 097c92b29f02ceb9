// Prints the Khronos validator's report on one GLB as JSON: node validate.mjs FILE
import { readFile } from "node:fs/promises";
import validator from "gltf-validator";

const bytes = new Uint8Array(await readFile(process.argv[2]));
const report = await validator.validateBytes(bytes, { maxIssues: 100 });
process.stdout.write(JSON.stringify(report));
