/** A configuration that the agent does not start with. The message is Consul's where Consul has one. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ConfigError";
  }
}

/** `1 error occurred:\n\t* a\n\n`, the way Consul lists what it found. */
export function errorList(messages: readonly string[]): string {
  const head = messages.length === 1 ? "1 error occurred:" : `${messages.length} errors occurred:`;
  return `${head}\n${messages.map((message) => `\t* ${message}`).join("\n")}\n\n`;
}
