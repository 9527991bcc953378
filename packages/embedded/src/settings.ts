// The server settings, and how they are written down. Durability is never weakened here: fsync, full_page_writes and
// synchronous_commit keep PostgreSQL's own safe defaults, and a commit that was answered survives a power cut.

export type Settings = Readonly<Record<string, string>>;

/** Chosen for a laptop with two cores and short bursts of many small transactions. */
const defaults: Settings = {
  max_connections: "100",
  shared_buffers: "128MB",
  /** A burst may fill this much log before a checkpoint is forced on it. */
  max_wal_size: "1GB",
  min_wal_size: "80MB",
  /** Compiling a query costs more than these short queries run. */
  jit: "off",
  /** Times look the same on every machine. */
  timezone: "UTC",
  log_timezone: "UTC",
  log_line_prefix: "%m [%p] ",
  log_checkpoints: "off",
  cluster_name: "evenkeel",
};

/** Where clients reach the server: a private socket folder, or a port of this machine alone. */
export type Transport = { readonly socketFolder: string } | { readonly port: number };

function transportSettings(transport: Transport): Settings {
  return "port" in transport
    ? { listen_addresses: "127.0.0.1", port: String(transport.port), unix_socket_directories: "" }
    : { listen_addresses: "", port: "5432", unix_socket_directories: transport.socketFolder, unix_socket_permissions: "0700" };
}

/** The text of the settings file; the caller's own settings win. */
export function renderSettings(transport: Transport, own: Settings): string {
  const all = { ...defaults, ...transportSettings(transport), ...own };
  const lines = Object.entries(all).map(([name, value]) => `${name} = '${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`);
  return ["# Written at every start by @evenkeel/embedded: change the `settings` option, or use ALTER SYSTEM.", ...lines, ""].join("\n");
}
