/** As in package.json; the hub hears it at the handshake. */
export const SDK_VERSION = '0.1.0'
