/** Of a snapshot archive. */
export const ARCHIVE_BYTES_MAX = 256 * 1024 * 1024;
