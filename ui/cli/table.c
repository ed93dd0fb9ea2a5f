/* SPDX-License-Identifier: GPL-3.0-or-later */
/* table.c - the commands: what they are called, what they take, what their help says. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/cli/cli.h"
#include "ui/cli/columns.h"

#define OPTION_END                                                                                                     \
  {                                                                                                                    \
    NULL, NULL, 0, false, NULL                                                                                         \
  }
#define PASSWORD_OPTION                                                                                                \
  {                                                                                                                    \
    "password-fd", "N", 'n', true, N_ ("read the password from descriptor N, up to the first newline or the end")      \
  }

static const struct cf_cli_option init_options[] = {
  { "identity", "FPR", 't', false, N_ ("the fingerprint of a secret key in your keyring") },
  { "generate", "USERID", 't', false, N_ ("make a new key for \"NAME <MAIL>\"") },
  OPTION_END,
};
static const struct cf_cli_option watch_options[] = {
  { "watch", NULL, 0, false, N_ ("go on, with a line for each change") },
  OPTION_END,
};
static const struct cf_cli_option open_options[] = {
  PASSWORD_OPTION,
  { "note", "TEXT", 't', false, N_ ("a word that the other person sees with the request; it is not a secret") },
  OPTION_END,
};
static const struct cf_cli_option verify_options[] = { PASSWORD_OPTION, OPTION_END };
static const struct cf_cli_option add_options[] = {
  { "check", NULL, 0, false, N_ ("only say who it is") },
  OPTION_END,
};
static const struct cf_cli_option certify_options[] = {
  { "exportable", NULL, 0, false, N_ ("for others, too: it goes along when the key is exported") },
  { "unverified", NULL, 0, false, N_ ("although they are not verified: you have compared the fingerprint") },
  OPTION_END,
};
static const struct cf_cli_option accept_options[] = { PASSWORD_OPTION, OPTION_END };
static const struct cf_cli_option expect_options[] = {
  PASSWORD_OPTION,
  { "for", "DURATION", 'd', false, N_ ("for how long: 90s, 10m, 2h, 3d") },
  OPTION_END,
};
static const struct cf_cli_option visibility_options[] = {
  { "for", "DURATION", 'd', false, N_ ("for so long, then as before: 90s, 10m, 2h, 3d") },
  OPTION_END,
};
static const struct cf_cli_option refuse_options[] = {
  { "block", NULL, 0, false, N_ ("and hear nothing from that person any more") },
  OPTION_END,
};
static const struct cf_cli_option send_options[] = {
  { "lines", NULL, 0, false, N_ ("each line of the standard input is a message; empty ones are skipped") },
  { "reply-to", "ID", 't', false, N_ ("the message that this one answers") },
  { "wait", "STATE", 't', false, N_ ("until it is queued, sent (if not given), held, delivered or read") },
  OPTION_END,
};
static const struct cf_cli_option address_options[] = {
  { "qr", NULL, 0, true, N_ ("also as a QR code, for a camera") },
  { "renew", NULL, 0, false, N_ ("a new one: strangers who have an old one find you no more") },
  OPTION_END,
};
static const struct cf_cli_option revoke_options[] = {
  { "yes", NULL, 0, true, N_ ("do not ask whether it is meant") },
  OPTION_END,
};
static const struct cf_cli_option demo_options[] = {
  { "for", "DURATION", 'd', true, N_ ("end by itself after that long, as 90s, 10m or 2h") },
  OPTION_END,
};
static const struct cf_cli_option history_options[] = {
  { "limit", "N", 'n', false, N_ ("at most N messages, the latest") },
  { "before", "ID", 't', false, N_ ("only those before message ID") },
  { "after", "ID", 't', false, N_ ("only those after message ID, the first of them") },
  { "around", "ID", 't', false, N_ ("message ID, with as many before as after it") },
  { "search", "WORDS", 't', false, N_ ("only those with these words") },
  OPTION_END,
};
static const struct cf_cli_option search_options[] = {
  { "limit", "N", 'n', false, N_ ("at most N messages, the latest") },
  { "before", "ID", 't', false, N_ ("only those before message ID") },
  OPTION_END,
};
static const struct cf_cli_option delete_message_options[] = {
  { "here", NULL, 0, false, N_ ("any messages, from your side only") },
  OPTION_END,
};
static const struct cf_cli_option mute_options[] = {
  { "for", "DURATION", 'd', false, N_ ("for so long: 90s, 10m, 2h, 3d") },
  OPTION_END,
};
static const struct cf_cli_option send_file_options[] = {
  { "wait", "STATE", 't', true, N_ ("until the offer is queued or sent (if not given), or all is done") },
  OPTION_END,
};
static const struct cf_cli_option accept_file_options[] = {
  { "to", "DIR", 't', true, N_ ("into DIR, not the folder of the setting download-dir") },
  { "wait", NULL, 0, true, N_ ("until it is here, showing how far it is") },
  OPTION_END,
};
static const struct cf_cli_option wait_options[] = {
  { "wait", NULL, 0, true, N_ ("until it is here, showing how far it is") },
  OPTION_END,
};
static const struct cf_cli_option transfers_options[] = {
  { "watch", NULL, 0, true, N_ ("go on, with a line for each change") },
  { "all", NULL, 0, false, N_ ("also those that ended more than a day ago") },
  { "conversation", "CONV", 't', false, N_ ("only those of this conversation") },
  OPTION_END,
};
static const struct cf_cli_option events_options[] = {
  { "since", "CURSOR", 'n', false, N_ ("first all that came after CURSOR; 0: all that is kept") },
  OPTION_END,
};
static const struct cf_cli_option export_options[] = {
  { "format", "FORMAT", 't', false, N_ ("mbox (if not given: PGP/MIME, for mail programs and gpg), json or envelopes") },
  { "secret", NULL, 0, false, N_ ("instead of the history: what gpg needs to decrypt it. Keep it secret") },
  OPTION_END,
};

#define CONVERSATION_FIELDS                                                                                            \
  "conversation, kind, title, peer, user_id, state (requested, open, closed), asked, online, unread, marked_unread, "  \
  "last_activity, opened_at, verified (null, or how and when), own_key, peer_key, route, closed_by_peer, note, "       \
  "trouble, trouble_code, trouble_args, key_state (ok, expired, revoked, disabled, weak), own_key_state, stopped, blocked, pinned, muted, muted_until, "          \
  "expire_after (seconds, or null), draft, last_message (null, or message, direction, kind, text, sent_at, state, "    \
  "deleted)"
#define MESSAGE_FIELDS                                                                                                 \
  "message, conversation, direction (in, out), author, sent_at, received_at, kind (text, file, notice, timer, "        \
  "other), text, state, signature (valid, bad, key_changed), reply_to, quote (null, or message, author, direction, text, "     \
  "deleted), edited, edited_at, deleted, reactions (a list of emoji, author, direction), expire_after, expires_at, "   \
  "attachment (null, or transfer, name, kind, size, files, media_type, state, done, path), notice (true: no message, "  \
  "but what became of a key)"
#define PEER_FIELDS                                                                                                    \
  "fingerprint, user_id, name, addr (a list of ip:port), source, last_seen, contact, validity, key_state (ok, "        \
  "expired, "                                                                                                          \
  "revoked, disabled, weak), expires_at, present, blocked, warning (null, or whom this only looks like), "       \
  "looks_like (that contact's fingerprint, or null)"
#define CONTACT_FIELDS PEER_FIELDS ", verified (null, or how and when), online, route, reach (detail, hint, code, args: how they are reached, or why not)"
#define REQUEST_FIELDS                                                                                                 \
  "request, purpose (open, verify), conversation (to be verified, or null), fingerprint, user_id, name, validity, "    \
  "key_state, since, note, contact, state, warning (null, or whom this only looks like), tries_left (how many more passwords "   \
  "may be wrong), silent_until (null, or when the next may be tried)"
#define TRANSFER_FIELDS                                                                                                \
  "transfer, conversation, peer, message, direction (in, out), name, kind (file, directory), files, size, done, rate " \
  "(bytes a second), eta (seconds, or null), state (offered, active, paused, verifying, done, failed, cancelled), "    \
  "paused_by (null, us, peer, both), reason, reason_code, reason_args, hint, path (or null), media_type, modified, offered_at, ended_at, skipped, can_retry"
#define TRANSFER_WORD                                                                                                  \
  N_ ("T is the id of a transfer, or six or more digits of its beginning; \"confab transfers\" shows them. On a terminal it "    \
      "may be left out when there is only one to choose.")
#define PEER_WORD                                                                                                      \
  N_ ("PEER is a fingerprint, an address, a name or a first name, or a mail address of a user ID, if it fits one person only.")
#define CONV_WORD                                                                                                      \
  N_ ("CONV is an id of a conversation, six or more digits of its beginning, or the other person's name if you have one "  \
      "conversation with them.")

/* clang-format off */
const struct cf_cli_command cf_cli_commands[] = {
  { .name = "init", .verb = "INIT", .args = "", .options = init_options, .run = cf_cli_run_init,
    .summary = N_ ("choose your identity, or make one"),
    .help = N_ ("Your identity is an OpenPGP key of your own keyring. With neither option, the usable secret keys are "
            "shown and one is proposed; nothing is made without asking."),
    .fields = "fingerprint, user_id, address", .show = cf_show_identity },
  { .name = "identities", .verb = "IDENTITIES", .args = "",
    .summary = N_ ("your secret keys that could be the identity"),
    .fields = "fingerprint, user_id, algorithm, expires_at, key_state, on_card, usable",
    .columns = cf_columns_identities,
    .empty = N_ ("There is no secret key in your keyring. Make one with: confab init --generate \"NAME <MAIL>\"") },
  { .name = "status", .verb = "STATUS", .args = "[PEER]", .max_args = 1, .options = watch_options,
    .summary = N_ ("who you are, how things stand, and what to mend; or how PEER is reached"),
    .help = N_ ("The steps at the end stand on one another: the first that says no is the one to mend. Of PEER, they are the "
                "ways to reach them, the best first: what was tried, what came of it, what can be done."),
    .fields = "version, state, home, fingerprint, user_id, name, address, listen (a list), visibility, "
              "visibility_until, peers, conversations, cursor, network (a list of step, ok, detail, hint, code, args); of "
              "PEER: fingerprint, user_id, name, online, route, next_try_at, detail, hint, code, args, network (a list of step, "
              "state, ok, tried, at, detail, hint, code, args, tries)",
    .show = cf_show_status },
  { .name = "start", .args = "", .run = cf_cli_run_start,
    .summary = N_ ("start the daemon if it does not run, and unlock it"),
    .help = N_ ("Every command does so by itself; this one tells how it went."),
    .fields = "running, started, state, fingerprint, user_id, version" },
  { .name = "stop", .args = "", .run = cf_cli_run_stop, .summary = N_ ("end the daemon; what waits to be sent is kept"),
    .fields = "running, stopped" },
  { .name = "salvage", .verb = "SALVAGE", .args = "", .run = cf_cli_run_salvage,
    .summary = N_ ("a damaged store: keep what can still be read, in a new one"),
    .help = N_ ("The daemon is ended and started for it. The damaged store is kept, in the home. A backup of the home is better, "
            "if there is one: conversations cannot go on where what was said last is lost."),
    .fields = "saved, missing (messages), ended (conversations), tables (a list of table, rows, damaged)",
    .show = cf_show_salvaged },
  { .name = "address", .verb = "ADDRESS", .args = "", .options = address_options, .run = cf_cli_run_address,
    .summary = N_ ("your address: give it to people who want to find you"),
    .help = N_ ("Whoever has it can ask you for a conversation, also while you are not visible to everyone. With --renew that "
            "ends for those who have it from before, unless they are your contacts."),
    .fields = "fingerprint, user_id, address", .show = cf_show_identity },
  { .name = "revoke-devices", .verb = "REVOKE-DEVICES", .args = "", .options = revoke_options, .run = cf_cli_run_revoke,
    .summary = N_ ("void all device keys up to now: after a disk or a machine was lost"),
    .help = N_ ("Whoever has a copy of one is then taken for nobody by those who hear of it from you. This installation has a "
            "new one at once, and a new address; others of yours have to be made anew. Conversations stay, and their keys: "
            "delete those that somebody else may read now."),
    .fields = "fingerprint, user_id, address", .show = cf_show_identity },
  { .name = "visibility", .verb = "VISIBILITY", .args = "[everyone|contacts|nobody]", .max_args = 1,
    .options = visibility_options, .summary = N_ ("who on the local network sees you"),
    .help = N_ ("everyone: whoever is near sees your name and key. contacts: only contacts with whom you have opened a "
            "conversation by password, which is how they recognise you; others see that somebody runs Confab, but not "
            "who. nobody: you see others, and are not seen; contacts who know where you are can still reach you. With "
            "--for it falls back to what you chose last without."),
    .fields = "visibility, until (or null), unrecognised (how many contacts cannot recognise you, because no "
              "conversation with them was opened by password)",
    .show = cf_show_visibility },
  { .name = "config", .verb = "CONFIG", .args = "[KEY [VALUE]]", .max_args = 2, .summary = N_ ("settings"),
    .fields = "key, value, default, meaning, code, args", .columns = cf_columns_settings },
  { .name = "peers", .verb = "PEERS", .args = "", .options = watch_options, .summary = N_ ("who is near"),
    .fields = PEER_FIELDS, .columns = cf_columns_peers, .show = cf_show_peer_line,
    .empty = N_ ("Nobody is near. Invite people with your address (confab address), add a contact's key (confab add "
             "FILE), or check the network (confab status). To try it alone: confab demo.") },
  { .name = "contacts", .verb = "CONTACTS", .args = "", .summary = N_ ("whom you know, or have blocked"), .fields = CONTACT_FIELDS,
    .columns = cf_columns_contacts,
    .empty = N_ ("There are no contacts yet. Who is near: confab peers. Others: confab add.") },
  { .name = "add", .verb = "ADD", .args = "ADDRESS|FILE|-", .min_args = 1, .max_args = 1, .run = cf_cli_run_add,
    .options = add_options,
    .summary = N_ ("a new contact, from an address, an exported key or a contact file"),
    .help = N_ ("ADDRESS is what \"confab address\" shows there, or a fingerprint; FILE holds an OpenPGP public key, or a line "
            "HOST:PORT and a name for each of those who are to be asked who they are; - reads it from the standard input."),
    .fields = CONTACT_FIELDS "; of a contact file: file, added, known, malformed (a list of line, message, code and args)",
    .show = cf_show_contact_line },
  { .name = "remove", .verb = "REMOVE", .args = "PEER", .min_args = 1, .max_args = 1, .summary = N_ ("forget a contact"),
    .about = PEER_WORD, .fields = "fingerprint", .show = cf_show_done },
  { .name = "block", .verb = "BLOCK", .args = "PEER", .min_args = 1, .max_args = 1,
    .summary = N_ ("hear nothing from somebody any more"),
    .help = N_ ("They see somebody who is not at home; conversations with them are stopped. It is kept, also for a "
            "fingerprint that was never seen."), .about = PEER_WORD,
    .fields = CONTACT_FIELDS, .show = cf_show_block_line },
  { .name = "unblock", .verb = "UNBLOCK", .args = "PEER", .min_args = 1, .max_args = 1,
    .summary = N_ ("hear from them again; conversations go on"), .about = PEER_WORD, .fields = CONTACT_FIELDS,
    .show = cf_show_block_line },
  { .name = "certify", .verb = "CERTIFY", .args = "PEER", .min_args = 1, .max_args = 1, .options = certify_options,
    .summary = N_ ("certify a contact's key in your keyring"),
    .help = N_ ("Your own key says that this one is theirs, to your gpg and what uses it: for you alone (a local "
            "certification), unless it is exportable. Only the main user ID is certified. The key is put into your "
            "keyring if it is not there. They must be verified by a password."), .about = PEER_WORD,
    .fields = "fingerprint, user_id (that is certified), exportable, already (it was before), imported, validity",
    .show = cf_show_certified },
  { .name = "open", .verb = "OPEN", .args = "PEER", .min_args = 1, .max_args = 1, .options = open_options,
    .password = true, .summary = N_ ("ask for a conversation, gated by a password"),
    .help = N_ ("Agree on the password with the other person by voice or in person. The conversation opens when both "
            "have typed the same; a wrong one tells nobody anything but that it was wrong. Waits until it is open, "
            "refused or wrong."), .about = PEER_WORD,
    .fields = "conversation, peer, state", .show = cf_show_opened },
  { .name = "requests", .verb = "REQUESTS", .args = "", .options = watch_options,
    .summary = N_ ("who asks you for a conversation, or to be verified"), .fields = REQUEST_FIELDS, .columns = cf_columns_requests,
    .show = cf_show_request_line, .empty = N_ ("Nobody is waiting for an answer.") },
  { .name = "accept", .verb = "ACCEPT", .args = "REQUEST", .min_args = 1, .max_args = 1, .options = accept_options,
    .password = true, .summary = N_ ("answer a request with the password"),
    .help = N_ ("REQUEST is what \"confab requests\" shows, or the name of who asks. On a terminal it may be left out when only one waits."),
    .fields = "conversation, peer, state (open, verified)",
    .show = cf_show_opened },
  { .name = "verify", .verb = "VERIFY", .args = "CONV", .min_args = 1, .max_args = 1, .options = verify_options,
    .password = true, .summary = N_ ("verify the other person once more, with a password that both type"),
    .help = N_ ("Agree on a password by voice or in person; then both type it, each with \"confab verify\", or one with "
            "\"confab accept\". The conversation stays as it is. Waits until you have verified each other, the other "
            "refuses, or the passwords differ, which counts as a wrong try."), .about = CONV_WORD,
    .fields = "conversation, peer, state (verified)", .show = cf_show_opened },
  { .name = "expect", .verb = "EXPECT", .args = "PEER", .min_args = 1, .max_args = 1, .options = expect_options,
    .password = true, .summary = N_ ("give the password beforehand, so that PEER's request opens by itself"),
    .about = PEER_WORD, .fields = "peer, until", .show = cf_show_expected },
  { .name = "refuse", .verb = "REFUSE", .args = "REQUEST", .min_args = 1, .max_args = 1, .options = refuse_options,
    .summary = N_ ("refuse a request"),
    .help = N_ ("REQUEST is what \"confab requests\" shows, or the name of who asks. On a terminal it may be left out when only one waits."),
    .fields = "request, state", .show = cf_show_done },
  { .name = "conversations", .verb = "CONVERSATIONS", .args = "", .summary = N_ ("your conversations"),
    .fields = CONVERSATION_FIELDS, .columns = cf_columns_conversations,
    .empty = N_ ("There are no conversations yet. See who is near (confab peers), then: confab open PEER") },
  { .name = "chat", .args = "CONV", .min_args = 1, .max_args = 1, .run = cf_cli_run_chat,
    .summary = N_ ("talk, line by line"),
    .help = N_ ("What you type is sent at the end of the line; a line that begins with / is a command. Plain lines "
            "only, for screen readers and simple terminals. What it shows is marked as read."), .about = CONV_WORD,
    .fields = "with --json, those of \"confab history\", a line for each message" },
  { .name = "send", .verb = "SEND", .args = "CONV [TEXT...|-]", .min_args = 1, .max_args = 10000,
    .options = send_options, .run = cf_cli_run_send, .summary = N_ ("send a message"),
    .help = N_ ("Several words are joined by spaces; - or no TEXT reads the standard input. Once it is queued it is on "
            "disk and goes out as soon as it can. Without --timeout, waiting for the state ends after 30 seconds, "
            "with exit code 6. With --lines, what has come is handed over together, all of it or none: fast for many."), .about = CONV_WORD,
    .fields = "message, state (queued, sent, held, delivered, read, failed); with --lines, a row for each",
    .show = cf_show_sent },
  { .name = "send-file", .verb = "SEND-FILE", .args = "CONV PATH...", .min_args = 2, .max_args = 10000,
    .options = send_file_options, .run = cf_cli_run_send_file, .summary = N_ ("offer files or folders"),
    .help = N_ ("Each PATH is offered; it goes when the other side accepts it, and on by itself after an interruption of "
            "either side. Keep it where it is until then. With --wait done, shows how far it is, and ends when all is "
            "there, with exit code 3 if something failed or was refused."), .about = CONV_WORD,
    .fields = TRANSFER_FIELDS, .show = cf_show_transfer },
  { .name = "transfers", .verb = "TRANSFERS", .args = "", .options = transfers_options, .run = cf_cli_run_transfers,
    .summary = N_ ("files on their way, and those of the last day"), .fields = TRANSFER_FIELDS,
    .columns = cf_columns_transfers, .show = cf_show_transfer,
    .empty = N_ ("No files are on their way. To send one: confab send-file CONV PATH") },
  { .name = "transfer", .verb = "TRANSFER", .args = "T", .min_args = 1, .max_args = 1, .run = cf_cli_run_transfer,
    .summary = N_ ("how one transfer stands"), .about = TRANSFER_WORD, .fields = TRANSFER_FIELDS,
    .show = cf_show_transfer },
  { .name = "accept-file", .verb = "ACCEPT-FILE", .args = "T", .min_args = 1, .max_args = 1,
    .options = accept_file_options, .run = cf_cli_run_transfer, .summary = N_ ("take a file that is offered"),
    .help = N_ ("Nothing that is there already is overwritten: a name that is taken gets a number."),
    .about = TRANSFER_WORD, .fields = TRANSFER_FIELDS, .show = cf_show_transfer },
  { .name = "refuse-file", .verb = "REFUSE-FILE", .args = "T", .min_args = 1, .max_args = 1,
    .run = cf_cli_run_transfer, .summary = N_ ("refuse a file that is offered"), .about = TRANSFER_WORD,
    .fields = TRANSFER_FIELDS, .show = cf_show_transfer },
  { .name = "pause", .verb = "PAUSE", .args = "T", .min_args = 1, .max_args = 1, .run = cf_cli_run_transfer,
    .summary = N_ ("let a file rest on its way"), .about = TRANSFER_WORD, .fields = TRANSFER_FIELDS,
    .show = cf_show_transfer },
  { .name = "resume", .verb = "RESUME", .args = "T", .min_args = 1, .max_args = 1, .options = wait_options,
    .run = cf_cli_run_transfer, .summary = N_ ("let it go on"), .about = TRANSFER_WORD, .fields = TRANSFER_FIELDS,
    .show = cf_show_transfer },
  { .name = "cancel", .verb = "CANCEL", .args = "T", .min_args = 1, .max_args = 1, .run = cf_cli_run_transfer,
    .summary = N_ ("give a transfer up; what has come of it is removed"), .about = TRANSFER_WORD,
    .fields = TRANSFER_FIELDS, .show = cf_show_transfer },
  { .name = "history", .verb = "HISTORY", .args = "CONV", .min_args = 1, .max_args = 1, .options = history_options,
    .run = cf_cli_run_named, .summary = N_ ("what was said, oldest first"), .about = CONV_WORD,
    .fields = MESSAGE_FIELDS, .show = cf_show_message },
  { .name = "search", .verb = "SEARCH", .args = "WORDS...", .min_args = 1, .max_args = 16, .options = search_options,
    .run = cf_cli_run_named, .summary = N_ ("what was said in all conversations, newest first"),
    .help = N_ ("Only messages that have all of the WORDS."), .fields = MESSAGE_FIELDS, .show = cf_show_message },
  { .name = "message", .verb = "MESSAGE", .args = "CONV ID", .min_args = 2, .max_args = 2, .run = cf_cli_run_named,
    .summary = N_ ("all that is known of one message"), .about = CONV_WORD,
    .fields = MESSAGE_FIELDS ", own_key, peer_key, signed_by, delivered_at, read_at, envelope (null, or number, "
              "bytes), route", .show = cf_show_message_details },
  { .name = "edit", .verb = "EDIT", .args = "CONV ID [TEXT...|-]", .min_args = 2, .max_args = 10000,
    .run = cf_cli_run_text, .summary = N_ ("give one of your messages another text, on both sides"),
    .help = N_ ("Several words are joined by spaces; - or no TEXT reads the standard input."), .about = CONV_WORD,
    .fields = MESSAGE_FIELDS, .show = cf_show_message },
  { .name = "delete-message", .verb = "DELETE-MESSAGE", .args = "CONV ID...", .min_args = 2, .max_args = 16,
    .options = delete_message_options, .run = cf_cli_run_named,
    .summary = N_ ("take messages of yours back, on both sides"),
    .help = N_ ("That there was a message stays to be seen. Nobody can be made to forget: the other side may keep a copy."), .about = CONV_WORD, .fields = MESSAGE_FIELDS "; with --here, message, conversation, removed",
    .show = cf_show_message },
  { .name = "react", .verb = "REACT", .args = "CONV ID [EMOJI]", .min_args = 2, .max_args = 3,
    .run = cf_cli_run_named, .summary = N_ ("what you think of a message, in one emoji; without, nothing any more"),
    .about = CONV_WORD, .fields = MESSAGE_FIELDS, .show = cf_show_message },
  { .name = "timer", .verb = "TIMER", .args = "CONV [DURATION|off]", .min_args = 1, .max_args = 2,
    .run = cf_cli_run_named, .summary = N_ ("what either of you writes from now on disappears after a while"),
    .help = N_ ("DURATION is 90s, 10m, 2h or 7d, from when a message was read, or for your own was delivered. Nobody can be "
            "made to forget: the other side may keep a copy."), .about = CONV_WORD,
    .fields = CONVERSATION_FIELDS, .show = cf_show_marks },
  { .name = "read", .verb = "READ", .args = "CONV [MESSAGE]", .min_args = 1, .max_args = 2,
    .summary = N_ ("mark messages as read, up to MESSAGE or all"), .about = CONV_WORD, .fields = "conversation, unread",
    .show = cf_show_done },
  { .name = "typing", .verb = "TYPING", .args = "CONV [on|off]", .min_args = 1, .max_args = 2,
    .summary = N_ ("tell the other side that you are typing"), .about = CONV_WORD, .fields = "none", .show = cf_show_done },
  { .name = "draft", .verb = "DRAFT", .args = "CONV [TEXT...|-]", .min_args = 1, .max_args = 10000,
    .run = cf_cli_run_text, .summary = N_ ("keep what you have typed and not sent"),
    .help = N_ ("Several words are joined by spaces; - or no TEXT reads the standard input; an empty TEXT (\"\") forgets it."), .about = CONV_WORD, .fields = "conversation, draft", .show = cf_show_done },
  { .name = "unread", .verb = "UNREAD", .args = "CONV", .min_args = 1, .max_args = 1, .run = cf_cli_run_named,
    .summary = N_ ("mark a conversation as unread; the other side is told nothing"), .about = CONV_WORD,
    .fields = CONVERSATION_FIELDS, .show = cf_show_marks },
  { .name = "pin", .verb = "PIN", .args = "CONV", .min_args = 1, .max_args = 1, .run = cf_cli_run_named,
    .summary = N_ ("keep a conversation at the top"), .about = CONV_WORD, .fields = CONVERSATION_FIELDS,
    .show = cf_show_marks },
  { .name = "unpin", .verb = "UNPIN", .args = "CONV", .min_args = 1, .max_args = 1, .run = cf_cli_run_named,
    .summary = N_ ("let it go from there"), .about = CONV_WORD, .fields = CONVERSATION_FIELDS, .show = cf_show_marks },
  { .name = "mute", .verb = "MUTE", .args = "CONV", .min_args = 1, .max_args = 1, .options = mute_options,
    .run = cf_cli_run_named, .summary = N_ ("hear nothing of its new messages, for a while or until unmute"),
    .about = CONV_WORD, .fields = CONVERSATION_FIELDS, .show = cf_show_marks },
  { .name = "unmute", .verb = "UNMUTE", .args = "CONV", .min_args = 1, .max_args = 1, .run = cf_cli_run_named,
    .summary = N_ ("hear of its new messages again"), .about = CONV_WORD, .fields = CONVERSATION_FIELDS,
    .show = cf_show_marks },
  { .name = "close", .verb = "CLOSE", .args = "CONV", .min_args = 1, .max_args = 1, .run = cf_cli_run_named,
    .summary = N_ ("close a conversation; the other side is told"), .about = CONV_WORD, .fields = CONVERSATION_FIELDS,
    .show = cf_show_conversation_line },
  { .name = "delete", .verb = "DELETE", .args = "CONV", .min_args = 1, .max_args = 1, .run = cf_cli_run_named,
    .summary = N_ ("close, then destroy its secret key and its history"), .about = CONV_WORD,
    .fields = "conversation, state, deleted", .show = cf_show_conversation_line },
  { .name = "export", .verb = "EXPORT", .args = "CONV", .min_args = 1, .max_args = 1, .options = export_options,
    .summary = N_ ("the history, for other programs"), .about = CONV_WORD,
    .fields = "for mbox, mail; for json, those of \"confab history\"; for envelopes, direction, first, last, "
              "created_at, envelope (base64); with --secret, own_key, peer_key, homedir, passphrase",
    .show = cf_show_export },
  { .name = "events", .verb = "EVENTS", .args = "", .options = events_options, .streams = true,
    .run = cf_cli_run_named, .summary = N_ ("what happens, as it happens"),
    .fields = "event (peer_seen, peer_gone, request, request_state, conversation, message, message_changed, message_removed, "
              "message_state, typing, contact, link, transfer, draft, setting, network, visibility, error, gap), cursor, at, and those of "
              "what it is about: of gap since (some after that cursor cannot be told any more), of contact those of \"confab contacts\" and removed (true: no more), of link fingerprint, "
              "user_id, name, online, route",
    .show = cf_show_event },
  { .name = "console", .args = "", .run = cf_cli_run_console, .summary = N_ ("a console of lines, for simple terminals"),
    .help = N_ ("What \"confab\" alone is where the terminal cannot move its cursor: commands without typing \"confab\", and "
            "what happens as it happens. For screen readers and simple terminals."),
    .fields = "none" },
  { .name = "demo", .args = "", .options = demo_options, .run = cf_cli_run_demo,
    .summary = N_ ("somebody on this machine to try everything with, who then vanishes"),
    .help = N_ ("A throw-away identity, Echo, shows up among who is near, says which password to type, and sends back what "
            "you write; \"help\" to it says what else there is to try. It stays on this machine. Ctrl-C, the end of the "
            "terminal (or of a pipe on the standard input) or of the time given end it and remove all of it."),
    .fields = "state (ready, request, wrong, open, message), fingerprint, conversation, text, password (when ready)" },
  { .name = "help", .args = "[COMMAND]", .max_args = 1, .run = cf_cli_run_help,
    .summary = N_ ("this list, or more of one command"),
    .fields = "none" },
  { .name = NULL },
};
/* clang-format on */
