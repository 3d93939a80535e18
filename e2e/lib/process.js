// Starting and stopping programs. What a test leaves running ends with the test runner.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { poll } from "./poll.js";

const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** A program under way, and what it printed so far. */
export class Program {
  constructor(command, args) {
    this.name = args.find((arg) => !arg.startsWith("-") && !arg.includes("/")) ?? command;
    this.output = "";
    this.child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    running.add(this.child);
    this.exited = once(this.child, "exit").then(([code, signal]) => {
      running.delete(this.child);
      return { code, signal };
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => (this.output += text));
    }
  }

  /** The first match in what the program prints. */
  printed(pattern) {
    return poll(`${this.name} prints ${pattern}`, () => {
      this.mustRun();
      return pattern.exec(this.output);
    });
  }

  mustRun() {
    const { exitCode, signalCode } = this.child;
    if (exitCode !== null || signalCode !== null) {
      throw new Error(`${this.name} ended early (${exitCode ?? signalCode}):\n${this.output}`);
    }
  }

  /** Sends a signal and waits for the end. */
  async end(signal = "SIGTERM") {
    this.child.kill(signal);
    return this.exited;
  }
}

/** Runs a program to its end. */
export async function run(command, args, input) {
  const child = spawn(command, args, { stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  child.stdin?.end(input);
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}
