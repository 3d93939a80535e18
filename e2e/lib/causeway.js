// The program under test.

import { fileURLToPath } from "node:url";

/** The binary: a debug build, or the one that the environment names. */
export const CAUSEWAY =
  process.env.CAUSEWAY_BIN ?? fileURLToPath(new URL("../../target/debug/causeway", import.meta.url));
