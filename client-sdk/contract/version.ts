/** Raised when an old client could no longer understand the server. Additions do not raise it. */
export const PROTOCOL_VERSION = 1
/** The oldest protocol that this server still speaks. */
export const LOWEST_PROTOCOL_VERSION = 1
