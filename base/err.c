/* SPDX-License-Identifier: GPL-3.0-or-later */
/* err.c - what a person is told about an error.
 *
 * One table: code, whose error it must be, stable name, exit code, sentence,
 * remedy.  Sentences and remedies start with a capital and have no full stop at
 * the end; the client joins them.  What is not in the table should not have
 * reached a person and is UNEXPECTED.
 */
#include "base/err.h"

#include <stddef.h>

/* Whose error an entry speaks of.  The first entry that fits is taken, so that
   those for a certain origin stand before CF_ANY ones of the same code. */
enum origin {
  CF_ANY,
  CF_OURS,  /* source Confab, or none given */
  CF_AGENT, /* anything from GnuPG: gpg-agent, pinentry, scdaemon, gpg, GPGME */
};

struct entry {
  gpg_err_code_t code;
  enum origin origin;
  struct cf_err_info info;
};

/* clang-format off */
#define SAY(code, origin, name, exit, message, hint) \
  { code, origin, { name, exit, message, hint } }
/* clang-format on */

/* Shared remedies. */
#define HINT_HELP "See \"confab --help\", or \"confab COMMAND --help\" for one command"
#define HINT_NET "Check this machine's network, then see \"confab status\""
#define HINT_LOG "Try again; if it stays, run \"confabd --foreground\" and report what it prints"
#define HINT_CARD "Insert the card that holds your identity; \"gpg --card-status\" must show it"
#define HINT_AGENT                                                                                 \
  "Run \"gpgconf --kill gpg-agent\" and try again; \"gpg-connect-agent /bye\" must succeed"
#define HINT_PINENTRY                                                                              \
  "On a terminal, run \"export GPG_TTY=$(tty)\" first; \"gpgconf --check-programs\" tests pinentry"
#define HINT_BAD_ITEM "Ask for a fresh copy of it, or of the address, and try again"

static const struct entry table[] = {

  /* ---- the other person, and the network between ---- */
  SAY (CF_ERR_NOT_REACHABLE, CF_ANY, "NOT_REACHABLE", CF_EXIT_NETWORK,
       "The peer cannot be reached: none of the ways to it gave an answer",
       "Ask whether Confab runs there; see \"confab peers\", and \"confab status\" for this side"),
  SAY (GPG_ERR_TIMEOUT, CF_AGENT, "PINENTRY_TIMEOUT", CF_EXIT_AGENT,
       "GnuPG waited too long for an answer, from the passphrase dialog or from a card",
       "Try again and answer the dialog in time"),
  SAY (GPG_ERR_TIMEOUT, CF_ANY, "TIMEOUT", CF_EXIT_NETWORK, "No answer came in time",
       "Try again with a longer --timeout; \"confab peers\" shows who is there"),
  SAY (GPG_ERR_ETIMEDOUT, CF_ANY, "TIMEOUT", CF_EXIT_NETWORK, "No answer came in time",
       "Try again with a longer --timeout; \"confab peers\" shows who is there"),
  SAY (GPG_ERR_ECONNREFUSED, CF_ANY, "CONNECTION_REFUSED", CF_EXIT_NETWORK,
       "The connection was refused: nothing listens at that address and port",
       "Ask whether Confab runs there, or for a new address (\"confab address\")"),
  SAY (GPG_ERR_ECONNRESET, CF_ANY, "CONNECTION_LOST", CF_EXIT_NETWORK,
       "The connection was broken by the other end",
       "Nothing is lost: Confab connects again; see \"confab status\" if it does not"),
  SAY (GPG_ERR_ECONNABORTED, CF_ANY, "CONNECTION_LOST", CF_EXIT_NETWORK,
       "The connection was broken off on the way",
       "Nothing is lost: Confab connects again; see \"confab status\" if it does not"),
  SAY (GPG_ERR_EPIPE, CF_ANY, "CONNECTION_LOST", CF_EXIT_NETWORK,
       "The other end has closed the connection",
       "Start Confab's daemon with \"confab start\" if it was the one that ended"),
  SAY (GPG_ERR_EOF, CF_ANY, "CONNECTION_LOST", CF_EXIT_NETWORK,
       "The other end closed the connection before it had answered",
       "Start Confab's daemon with \"confab start\" if it was the one that ended"),
  SAY (GPG_ERR_ENOTCONN, CF_ANY, "NOT_CONNECTED", CF_EXIT_NETWORK,
       "There is no connection to the peer at the moment",
       "What you sent waits and goes out later; see \"confab conversations\""),
  SAY (GPG_ERR_ENETUNREACH, CF_ANY, "NO_NETWORK", CF_EXIT_NETWORK,
       "This machine has no route to that network", HINT_NET),
  SAY (GPG_ERR_ENETDOWN, CF_ANY, "NO_NETWORK", CF_EXIT_NETWORK,
       "The network of this machine is down", HINT_NET),
  SAY (GPG_ERR_EHOSTDOWN, CF_ANY, "NOT_REACHABLE", CF_EXIT_NETWORK,
       "The peer's machine is down, says the network",
       "Ask whether that machine is on; see \"confab peers\""),
  SAY (GPG_ERR_EAFNOSUPPORT, CF_ANY, "NO_ADDRESS_FAMILY", CF_EXIT_NETWORK,
       "This machine lacks that kind of network (IPv4 or IPv6)",
       "Use an address of the other kind, or turn that kind on"),
  SAY (GPG_ERR_EADDRINUSE, CF_ANY, "PORT_IN_USE", CF_EXIT_NETWORK,
       "The port to listen on is in use by another program",
       "Choose another with \"confabd --listen ADDR:PORT\", or end that program"),
  SAY (GPG_ERR_EADDRNOTAVAIL, CF_ANY, "NO_SUCH_ADDRESS", CF_EXIT_NETWORK,
       "The address to listen on is not one of this machine",
       "Give one of its own to \"confabd --listen ADDR:PORT\""),
  SAY (GPG_ERR_UNKNOWN_HOST, CF_ANY, "UNKNOWN_HOST", CF_EXIT_NETWORK,
       "No machine of that name is known", "Check the spelling, then this machine's DNS"),
  SAY (GPG_ERR_DNS_TIMEOUT, CF_ANY, "DNS", CF_EXIT_NETWORK,
       "The name server did not answer in time", HINT_NET),
  SAY (GPG_ERR_DNS_NO_ANSWER, CF_ANY, "DNS", CF_EXIT_NETWORK,
       "The name server knows no key under that name",
       "Check the spelling, or ask the person for an address (\"confab address\")"),
  SAY (GPG_ERR_DNS_VERIFY, CF_ANY, "DNS_FORGED", CF_EXIT_TRUST,
       "What the name server said is not signed as it should be (DNSSEC)",
       "Ask the person for an address (\"confab address\") instead"),
  SAY (GPG_ERR_UNSUPPORTED_PROTOCOL, CF_ANY, "VERSION", CF_EXIT_NETWORK,
       "The peer speaks no version of the protocol that this Confab knows",
       "Bring the older of the two up to date"),
  SAY (GPG_ERR_UNKNOWN_VERSION, CF_ANY, "VERSION", CF_EXIT_UNEXPECTED,
       "This was written by a newer Confab than this one",
       "Bring Confab up to date on this machine"),
  SAY (CF_ERR_PROTOCOL, CF_ANY, "PROTOCOL", CF_EXIT_NETWORK,
       "The peer did not keep to the protocol, so the connection was ended",
       "Bring Confab up to date on both sides; if it stays, report it"),

  /* ---- trust ---- */
  SAY (CF_ERR_WRONG_PASSWORD, CF_OURS, "WRONG_PASSWORD", CF_EXIT_TRUST,
       "The two passwords were not the same",
       "Agree on the password once more, by voice or in person, and try again"),
  SAY (CF_ERR_WRONG_PASSWORD, CF_AGENT, "BAD_PASSPHRASE", CF_EXIT_AGENT,
       "The passphrase of your key was wrong, or none was given",
       "Try again; it is the passphrase of your PGP key, not a conversation's password"),
  SAY (CF_ERR_REFUSED, CF_AGENT, "NOT_CONFIRMED", CF_EXIT_AGENT,
       "The question in the passphrase dialog was answered with no",
       "Try again and confirm it if you meant to"),
  SAY (CF_ERR_REFUSED, CF_ANY, "REFUSED", CF_EXIT_TRUST, "The other person refused",
       "Talk to them another way before you ask again"),
  SAY (CF_ERR_KEY_EXPIRED, CF_ANY, "KEY_EXPIRED", CF_EXIT_TRUST, "The key has expired",
       "Extend your own with \"gpg --quick-set-expire FPR 1y\"; ask a contact for the extended key "
       "and "
       "\"confab add\" it"),
  SAY (GPG_ERR_SIG_EXPIRED, CF_ANY, "SIGNATURE_EXPIRED", CF_EXIT_TRUST, "The signature has expired",
       "Check the clocks of both machines, then try again"),
  SAY (GPG_ERR_CERT_EXPIRED, CF_ANY, "STATEMENT_EXPIRED", CF_EXIT_TRUST,
       "The peer's signed statement has expired",
       "It is renewed by itself while Confab runs there; check the clocks of both machines"),
  SAY (GPG_ERR_SUBKEYS_EXP_OR_REV, CF_ANY, "KEY_EXPIRED", CF_EXIT_TRUST,
       "Every subkey that could be used has expired or is revoked",
       "Extend or add one with \"gpg --edit-key FPR\"; ask a contact for the mended key"),
  SAY (CF_ERR_KEY_REVOKED, CF_ANY, "KEY_REVOKED", CF_EXIT_TRUST,
       "The key is revoked: its owner took it out of use",
       "Ask its owner, by voice or in person, for the new key and \"confab add\" it"),
  SAY (CF_ERR_KEY_DISABLED, CF_ANY, "KEY_DISABLED", CF_EXIT_TRUST,
       "The key is disabled in your keyring",
       "If you trust it again: \"gpg --edit-key FPR\", then \"enable\""),
  SAY (CF_ERR_KEY_WEAK, CF_ANY, "KEY_WEAK", CF_EXIT_TRUST,
       "The key or its signature is too weak to be trusted",
       "A new key is needed: \"confab init --generate\" makes one; ask a contact for theirs"),
  SAY (CF_ERR_KEY_WRONG, CF_ANY, "KEY_WRONG", CF_EXIT_TRUST,
       "This is not the key that was expected",
       "Compare fingerprints by voice or in person; \"confab contacts\" shows the one you know"),
  SAY (CF_ERR_STATEMENT, CF_ANY, "BAD_STATEMENT", CF_EXIT_TRUST,
       "A signed statement does not hold: its signature is not right",
       "Try again; if it stays, somebody may be in between: compare fingerprints by voice"),
  SAY (CF_ERR_FORGERY, CF_ANY, "FORGERY", CF_EXIT_TRUST,
       "A message is not from whom it claims to be, and was not accepted",
       "Ask the sender by another way; \"confab verify CONV\" checks the conversation again"),
  SAY (GPG_ERR_BAD_MAC, CF_ANY, "FORGERY", CF_EXIT_TRUST,
       "What came was changed on its way, and was not accepted",
       "Try again; if it stays, \"confab verify CONV\" checks the conversation again"),
  SAY (GPG_ERR_CHECKSUM, CF_ANY, "DAMAGED", CF_EXIT_TRUST,
       "What came is not what was sent: the sums differ", "Ask the sender to send it again"),
  SAY (GPG_ERR_DECRYPT_FAILED, CF_ANY, "DECRYPT_FAILED", CF_EXIT_TRUST,
       "It cannot be decrypted: it was made for another key, or is damaged",
       "Ask the sender to send it again; \"confab conversations\" shows the keys in use"),
  SAY (GPG_ERR_NOT_TRUSTED, CF_ANY, "NOT_TRUSTED", CF_EXIT_TRUST,
       "The contact is not verified, and this needs it to be",
       "Run \"confab verify CONV\" together with the other person"),
  SAY (GPG_ERR_FORBIDDEN, CF_ANY, "NOT_ALLOWED", CF_EXIT_TRUST, "This is not allowed for you here",
       "Ask whoever may allow it"),
  SAY (GPG_ERR_BAD_AUTH, CF_ANY, "NOT_ALLOWED", CF_EXIT_TRUST,
       "The other end could not prove who it is", "Compare fingerprints by voice, then try again"),
  SAY (GPG_ERR_UNUSABLE_PUBKEY, CF_ANY, "KEY_UNUSABLE", CF_EXIT_TRUST,
       "The contact's key cannot be used: it has no valid key to encrypt to, or has expired",
       "Ask the contact for their current key and \"confab add\" it"),
  SAY (GPG_ERR_UNUSABLE_SECKEY, CF_ANY, "IDENTITY_UNUSABLE", CF_EXIT_TRUST,
       "Your identity cannot sign: its key has expired, is revoked, or has no signing key",
       "See \"gpg --list-secret-keys\"; choose another with \"confab init --identity FPR\""),
  SAY (GPG_ERR_NO_USER_ID, CF_ANY, "NO_USER_ID", CF_EXIT_TRUST,
       "The key has no user ID that is in force", "Ask its owner for the current key and \"confab add\" it"),
  SAY (GPG_ERR_WRONG_KEY_USAGE, CF_ANY, "KEY_UNUSABLE", CF_EXIT_TRUST,
       "The key is not made for this use",
       "Use a key that may sign and encrypt; \"gpg --list-keys FPR\" shows what one may do"),
  SAY (GPG_ERR_UNSUPPORTED_ALGORITHM, CF_ANY, "KEY_UNSUPPORTED", CF_EXIT_TRUST,
       "The key uses an algorithm that GnuPG here does not know",
       "Bring GnuPG up to date, or ask for a key of a common kind (Ed25519, RSA)"),
  SAY (GPG_ERR_NO_PUBKEY, CF_ANY, "NO_KEY", CF_EXIT_USER, "The public key is not known here",
       "Add it with \"confab add FILE\" or \"confab add ADDRESS\""),
  SAY (CF_ERR_NO_IDENTITY, CF_ANY, "NO_IDENTITY", CF_EXIT_USER,
       "There is no identity: no secret key is chosen, or it is not in your keyring",
       "Choose or make one with \"confab init\"; \"gpg --list-secret-keys\" lists yours"),
  SAY (GPG_ERR_NOT_INITIALIZED, CF_ANY, "NO_IDENTITY", CF_EXIT_USER,
       "This home has no identity yet", "Choose or make one with \"confab init\""),
  SAY (CF_ERR_RATE, CF_ANY, "TOO_MANY_TRIES", CF_EXIT_RATE,
       "That was tried too often in a short time, or a limit is reached",
       "Wait a while (passwords: an hour), then try again"),

  /* ---- GnuPG's helpers ---- */
  SAY (GPG_ERR_NO_AGENT, CF_ANY, "NO_AGENT", CF_EXIT_AGENT,
       "GnuPG's agent (gpg-agent) does not run and could not be started", HINT_AGENT),
  SAY (GPG_ERR_AGENT, CF_ANY, "AGENT", CF_EXIT_AGENT, "GnuPG's agent (gpg-agent) failed",
       HINT_AGENT),
  SAY (GPG_ERR_NO_PIN_ENTRY, CF_ANY, "NO_PINENTRY", CF_EXIT_AGENT,
       "There is no pinentry program to ask for the passphrase",
       "Install one (Debian: pinentry-curses or pinentry-gnome3), then \"gpgconf --reload "
       "gpg-agent\""),
  SAY (GPG_ERR_PIN_ENTRY, CF_ANY, "PINENTRY", CF_EXIT_AGENT,
       "The pinentry program failed, so no passphrase could be asked for",
       HINT_PINENTRY),
  SAY (GPG_ERR_ENOTTY, CF_AGENT, "PINENTRY", CF_EXIT_AGENT, /* one for terminals, started without one */
       "The pinentry program failed, so no passphrase could be asked for",
       HINT_PINENTRY),
  SAY (GPG_ERR_MISSING_KEY, CF_ANY, "NO_PRIMARY_KEY", CF_EXIT_AGENT,
       "The secret part of your primary key is not on this machine, and only it certifies",
       "Do it with gpg where it is (\"gpg --quick-lsign-key FPR\"), or insert the card that holds it"),
  SAY (GPG_ERR_CANCELED, CF_ANY, "CANCELED", CF_EXIT_AGENT,
       "It was cancelled in the passphrase dialog", "Try again and enter the passphrase"),
  SAY (GPG_ERR_FULLY_CANCELED, CF_ANY, "CANCELED", CF_EXIT_AGENT,
       "It was cancelled in the passphrase dialog", "Try again and enter the passphrase"),
  SAY (GPG_ERR_ASS_CANCELED, CF_ANY, "CANCELED", CF_EXIT_AGENT,
       "It was cancelled before it was done", "Try again and let it finish"),
  SAY (GPG_ERR_BAD_PIN, CF_ANY, "BAD_PIN", CF_EXIT_AGENT, "The PIN of the card was wrong",
       "Try again with care: after three wrong ones the card blocks it (\"gpg --card-status\")"),
  SAY (GPG_ERR_PIN_BLOCKED, CF_ANY, "PIN_BLOCKED", CF_EXIT_AGENT,
       "The card blocks its PIN after too many wrong ones",
       "Unblock it with \"gpg --card-edit\": admin, passwd"),
  SAY (GPG_ERR_NO_PASSPHRASE, CF_ANY, "NO_PASSPHRASE", CF_EXIT_AGENT,
       "No passphrase was given for your key", "Try again and enter it in the dialog"),
  SAY (GPG_ERR_NO_PIN, CF_ANY, "NO_PASSPHRASE", CF_EXIT_AGENT, "No PIN was given for the card",
       "Try again and enter it in the dialog"),
  SAY (GPG_ERR_CARD_NOT_PRESENT, CF_ANY, "NO_CARD", CF_EXIT_AGENT,
       "The card with the secret key is not in a reader", HINT_CARD),
  SAY (GPG_ERR_CARD_REMOVED, CF_ANY, "NO_CARD", CF_EXIT_AGENT,
       "The card was removed while it was in use", HINT_CARD),
  SAY (GPG_ERR_WRONG_CARD, CF_ANY, "WRONG_CARD", CF_EXIT_AGENT,
       "The card in the reader holds another key", HINT_CARD),
  SAY (GPG_ERR_CARD, CF_ANY, "CARD", CF_EXIT_AGENT, "The card gave an error", HINT_CARD),
  SAY (GPG_ERR_NO_SCDAEMON, CF_ANY, "NO_SCDAEMON", CF_EXIT_AGENT,
       "GnuPG's card daemon is not installed or does not start", "Install it (Debian: scdaemon)"),
  SAY (GPG_ERR_SCDAEMON, CF_ANY, "SCDAEMON", CF_EXIT_AGENT, "GnuPG's card daemon failed",
       "Run \"gpgconf --kill scdaemon\", insert the card again, and try again"),
  SAY (GPG_ERR_INV_ENGINE, CF_ANY, "NO_GPG", CF_EXIT_AGENT,
       "GnuPG is missing, or too old for Confab",
       "Install GnuPG 2.2 or newer; \"gpg --version\" must work"),

  /* ---- the user's input ---- */
  SAY (GPG_ERR_NOT_FOUND, CF_ANY, "NOT_FOUND", CF_EXIT_USER,
       "Nothing of that name or number is known",
       "See \"confab contacts\", \"confab peers\" or \"confab conversations\" for what is"),
  SAY (GPG_ERR_UNKNOWN_NAME, CF_ANY, "NOT_FOUND", CF_EXIT_USER, "Nobody of that name is known",
       "See \"confab contacts\" and \"confab peers\" for who is"),
  SAY (GPG_ERR_ENOENT, CF_ANY, "NO_SUCH_FILE", CF_EXIT_USER, "There is no such file or directory",
       "Check the path and its spelling"),
  SAY (GPG_ERR_AMBIGUOUS_NAME, CF_ANY, "AMBIGUOUS_NAME", CF_EXIT_USER,
       "More than one has that name", "Use the full fingerprint, or the conversation's id"),
  SAY (GPG_ERR_AMBIGUOUS, CF_ANY, "AMBIGUOUS_NAME", CF_EXIT_USER,
       "More than one fits what you gave", "Use the full fingerprint, or the conversation's id"),
  SAY (GPG_ERR_INV_ARG, CF_ANY, "INVALID_ARGUMENT", CF_EXIT_USER,
       "An argument is not of a kind that fits here", HINT_HELP),
  SAY (GPG_ERR_INV_VALUE, CF_ANY, "INVALID_VALUE", CF_EXIT_USER,
       "A value is not one that fits here", HINT_HELP),
  SAY (GPG_ERR_INV_NAME, CF_ANY, "INVALID_NAME", CF_EXIT_USER, "That cannot be a name",
       "Use one without control characters or slashes"),
  SAY (GPG_ERR_INV_USER_ID, CF_ANY, "INVALID_USER_ID", CF_EXIT_USER, "That is not a user ID",
       "Write it as \"NAME <MAIL>\"; a name has letters, and the mail address may be left out"),
  SAY (GPG_ERR_INV_TIME, CF_ANY, "INVALID_TIME", CF_EXIT_USER, "That is not a time or a duration",
       "Write times as 2026-11-21T22:47:26Z and durations as 30s, 10m, 2h or 7d"),
  SAY (GPG_ERR_INV_URI, CF_ANY, "INVALID_ADDRESS", CF_EXIT_USER,
       "That is not an address of Confab, or it is not complete",
       "Copy all of what \"confab address\" shows on the other side"),
  SAY (GPG_ERR_SYNTAX, CF_ANY, "SYNTAX", CF_EXIT_USER, "The command is not written as it has to be",
       HINT_HELP),
  SAY (GPG_ERR_ASS_PARAMETER, CF_ANY, "SYNTAX", CF_EXIT_USER,
       "A parameter of the command is missing or wrong", HINT_HELP),
  SAY (GPG_ERR_ASS_SYNTAX, CF_ANY, "SYNTAX", CF_EXIT_USER,
       "The command is not written as it has to be", HINT_HELP),
  SAY (GPG_ERR_UNKNOWN_COMMAND, CF_ANY, "UNKNOWN_COMMAND", CF_EXIT_USER, "There is no such command",
       HINT_HELP),
  SAY (GPG_ERR_ASS_UNKNOWN_CMD, CF_ANY, "UNKNOWN_COMMAND", CF_EXIT_USER,
       "The daemon knows no such command",
       "Run \"confab stop\" and \"confab start\": it may be older than this program"),
  SAY (GPG_ERR_UNKNOWN_OPTION, CF_ANY, "UNKNOWN_OPTION", CF_EXIT_USER, "There is no such option",
       HINT_HELP),
  SAY (GPG_ERR_MISSING_VALUE, CF_ANY, "MISSING_VALUE", CF_EXIT_USER,
       "Something that this needs was not given", HINT_HELP),
  SAY (GPG_ERR_NO_DATA, CF_ANY, "NO_DATA", CF_EXIT_USER, "There is nothing in what was given",
       "Give what is to be used, or sent"),
  SAY (GPG_ERR_CONFLICT, CF_ANY, "CONFLICT", CF_EXIT_USER,
       "This does not go together with what is already so",
       "See \"confab conversations\" or \"confab contacts\" for how things stand"),
  SAY (GPG_ERR_INV_STATE, CF_ANY, "WRONG_STATE", CF_EXIT_USER,
       "This cannot be done as things stand now",
       "See \"confab conversations\", \"confab requests\" or \"confab transfers\" for how they "
       "stand"),
  SAY (CF_ERR_CLOSED, CF_ANY, "CLOSED", CF_EXIT_USER, "The conversation is closed",
       "Start a new one with \"confab open PEER\""),
  SAY (GPG_ERR_TOO_LARGE, CF_ANY, "TOO_LARGE", CF_EXIT_USER, "It is larger than is allowed here",
       "Shorten it, or send it as a file with \"confab send-file\""),
  SAY (GPG_ERR_TOO_SHORT, CF_ANY, "TOO_SHORT", CF_EXIT_USER,
       "It is not complete: its end is missing", HINT_BAD_ITEM),
  SAY (GPG_ERR_INV_LENGTH, CF_ANY, "INVALID_LENGTH", CF_EXIT_USER,
       "It is not of the length that it should have", HINT_BAD_ITEM),
  SAY (GPG_ERR_INV_DATA, CF_ANY, "INVALID_DATA", CF_EXIT_USER,
       "It is not of the form that it should have", HINT_BAD_ITEM),
  SAY (GPG_ERR_BAD_PUBKEY, CF_ANY, "NOT_A_KEY", CF_EXIT_USER,
       "That is not one OpenPGP public key, or not a sound one",
       "Export it again, one key to a file: \"gpg --armor --export FPR\""),
  SAY (GPG_ERR_INV_PACKET, CF_ANY, "INVALID_DATA", CF_EXIT_USER,
       "That is not OpenPGP data, or it is damaged", HINT_BAD_ITEM),
  SAY (GPG_ERR_TOO_MANY, CF_ANY, "TOO_MANY", CF_EXIT_USER, "There are more of them than is allowed",
       "Do it in several smaller steps"),
  SAY (GPG_ERR_EEXIST, CF_ANY, "EXISTS", CF_EXIT_USER,
       "A file of that name exists already, and is not overwritten",
       "Choose another name, or move that file away"),
  SAY (GPG_ERR_EISDIR, CF_ANY, "IS_DIRECTORY", CF_EXIT_USER, "That is a directory, not a file",
       "Give the path of a file"),
  SAY (GPG_ERR_ENOTDIR, CF_ANY, "NOT_A_DIRECTORY", CF_EXIT_USER,
       "A part of the path is not a directory (a link is not taken for one)",
       "Check the path; give the directory itself instead of a link to it"),
  SAY (GPG_ERR_ENAMETOOLONG, CF_ANY, "NAME_TOO_LONG", CF_EXIT_USER, "The path is too long",
       "Use a shorter one, for example for --home"),
  SAY (GPG_ERR_ELOOP, CF_ANY, "LINK", CF_EXIT_USER, "The path holds a link where none is allowed",
       "Give the real path instead"),
  SAY (GPG_ERR_NOT_SUPPORTED, CF_ANY, "NOT_SUPPORTED", CF_EXIT_USER,
       "This is not possible here, or not with that peer",
       "Bring Confab up to date on both sides; \"confab --help\" lists what there is"),
  SAY (GPG_ERR_NOT_ENABLED, CF_ANY, "NOT_ENABLED", CF_EXIT_USER,
       "This is turned off in the settings", "See \"confab config\""),

  /* ---- this machine, and we ourselves ---- */
  SAY (CF_ERR_LOCKED, CF_ANY, "LOCKED", CF_EXIT_AGENT,
       "The store is locked: your key has not opened it yet",
       "Answer the passphrase dialog; \"confab start\" asks again"),
  SAY (CF_ERR_RUNNING, CF_AGENT, "CARD_BUSY", CF_EXIT_AGENT,
       "The card or key is in use by another program",
       "Wait until that is done, or run \"gpgconf --kill scdaemon\""),
  SAY (CF_ERR_RUNNING, CF_ANY, "RUNNING", CF_EXIT_USER, "Another confabd already holds this home",
       "Use that one, end it with \"confab stop\", or give another --home"),
  SAY (CF_ERR_STORE, CF_OURS, "STORE_DAMAGED", CF_EXIT_UNEXPECTED,
       "The store is damaged, or not the one that your identity made",
       "Put the home back from a backup; or \"confab salvage\" keeps what can still be read"),
  SAY (CF_ERR_STORE, CF_ANY, "INVALID_DATA", CF_EXIT_USER, "GnuPG cannot read what it was given",
       HINT_BAD_ITEM),
  SAY (GPG_ERR_NO_SERVICE, CF_ANY, "NOT_RUNNING", CF_EXIT_UNEXPECTED,
       "Confab's daemon does not run", "Start it with \"confab start\""),
  SAY (GPG_ERR_ASS_CONNECT_FAILED, CF_ANY, "NOT_RUNNING", CF_EXIT_UNEXPECTED,
       "Confab's daemon cannot be reached on its socket",
       "Start it with \"confab start\"; give both programs the same --home"),
  SAY (GPG_ERR_ASS_SERVER_START, CF_ANY, "NOT_RUNNING", CF_EXIT_UNEXPECTED,
       "Confab's daemon could not be started", "Run \"confabd --foreground\" to see why"),
  SAY (GPG_ERR_ENOSPC, CF_ANY, "DISK_FULL", CF_EXIT_UNEXPECTED, "The disk is full",
       "Make room and try again; nothing that was stored is lost"),
  SAY (GPG_ERR_EDQUOT, CF_ANY, "DISK_FULL", CF_EXIT_UNEXPECTED, "Your share of the disk is used up",
       "Make room and try again; nothing that was stored is lost"),
  SAY (GPG_ERR_EFBIG, CF_ANY, "DISK_FULL", CF_EXIT_UNEXPECTED,
       "The file is larger than this file system or your limits allow",
       "Store it elsewhere, or raise the limit (\"ulimit -f\")"),
  SAY (GPG_ERR_EROFS, CF_ANY, "READ_ONLY", CF_EXIT_UNEXPECTED, "The file system can only be read",
       "Mount it for writing, or give another --home"),
  SAY (GPG_ERR_EACCES, CF_ANY, "PERMISSION", CF_EXIT_UNEXPECTED,
       "The system does not permit it: the permissions of a file or directory",
       "Check them with \"ls -ld\"; the home must be yours"),
  SAY (GPG_ERR_EPERM, CF_ANY, "PERMISSION", CF_EXIT_UNEXPECTED,
       "A file or directory belongs to someone else, or is open to others",
       "It must be yours alone: check with \"ls -ld\", mend with \"chmod 700\""),
  SAY (GPG_ERR_EIO, CF_ANY, "DISK_ERROR", CF_EXIT_UNEXPECTED,
       "The disk gave an error while reading or writing",
       "Look into the system's log (\"dmesg\"), and make a backup of the home"),
  SAY (GPG_ERR_EMFILE, CF_ANY, "TOO_MANY_FILES", CF_EXIT_UNEXPECTED,
       "Too many files and connections are open in this program",
       "Raise the limit (\"ulimit -n\") and start it again"),
  SAY (GPG_ERR_ENFILE, CF_ANY, "TOO_MANY_FILES", CF_EXIT_UNEXPECTED,
       "Too many files are open on this machine", "End some programs, then try again"),
  SAY (GPG_ERR_ENOMEM, CF_ANY, "NO_MEMORY", CF_EXIT_UNEXPECTED, "There is not enough memory",
       "End some programs, then try again"),
  SAY (GPG_ERR_EAGAIN, CF_ANY, "BUSY", CF_EXIT_UNEXPECTED, "It cannot be done at this moment",
       "Try again in a moment"),
  SAY (GPG_ERR_NOT_IMPLEMENTED, CF_ANY, "NOT_IMPLEMENTED", CF_EXIT_UNEXPECTED,
       "This version of Confab cannot do that", "Bring Confab up to date"),
  SAY (GPG_ERR_INTERNAL, CF_ANY, "INTERNAL", CF_EXIT_UNEXPECTED,
       "Confab, or a library that it uses, made a mistake", HINT_LOG),
};

static const struct cf_err_info success = { "OK", CF_EXIT_OK, "It is done", "" };
static const struct cf_err_info unexpected = { "UNEXPECTED", CF_EXIT_UNEXPECTED,
                                               "Something went wrong that should not have",
                                               HINT_LOG };

static enum origin
origin_of (gpg_error_t err)
{
  switch (gpg_err_source (err)) {
  case GPG_ERR_SOURCE_GPG:
  case GPG_ERR_SOURCE_GPGAGENT:
  case GPG_ERR_SOURCE_PINENTRY:
  case GPG_ERR_SOURCE_SCD:
  case GPG_ERR_SOURCE_GPGME:
  case GPG_ERR_SOURCE_KEYBOX:
  case GPG_ERR_SOURCE_TPM2D:
    return CF_AGENT;
  default:
    return CF_OURS;
  }
}

const struct cf_err_info *
cf_err_info (gpg_error_t err)
{
  gpg_err_code_t code = gpg_err_code (err);
  enum origin origin = origin_of (err);

  if (!code)
    return &success;
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (table[i].code == code && (table[i].origin == CF_ANY || table[i].origin == origin))
      return &table[i].info;
  return &unexpected;
}

gpg_error_t
cf_err_errno (void)
{
  return cf_err (gpg_err_code_from_syserror ());
}
