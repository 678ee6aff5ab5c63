/** Members that are known at once, dead ones too: forged messages about more are not taken. */
export const MEMBERS_MAX = 65_536;
/** UTF-16 units. Names that Serf checks have up to 128. */
export const NAME_LENGTH_MAX = 255;
/** memberlist's MetaMaxSize: no peer sends more. */
export const META_BYTES_MAX = 512;
/** An incarnation has 32 bits on the wire. */
export const INCARNATION_MAX = 2 ** 32 - 1;
/** Pings on behalf of others in a second; a pool of thousands with half of its members dead asks for three. */
export const RELAYS_PER_SECOND_MAX = 128;
/** Refutations that are told again in a second, to those who have missed them. */
export const REMINDERS_PER_SECOND_MAX = 16;
/** Lines of the log in a second about what comes from the network: that can be any number of forged messages. */
export const WARNINGS_PER_SECOND_MAX = 4;
