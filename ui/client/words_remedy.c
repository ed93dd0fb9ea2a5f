/* SPDX-License-Identifier: GPL-3.0-or-later */
/* words_remedy.c - what can be done, in the words of the client that says it.
 *
 * The daemon's hints (base/err.c, base/phrases.def) are for a shell.  In the
 * terminal client a command of the same name begins with a slash; where that is
 * not so, and for windows, this table has another sentence.  A test goes through
 * all hints: none may name a command where it cannot be typed.
 */

#include <config.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ui/client/words_private.h"

static enum cf_words_face face = CF_FACE_SHELL;

void
cf_words_set_face (enum cf_words_face f)
{
  face = f;
}

/* Sentences that several share. */
#define IN_LIST N_("The list at the left shows who is near, and your conversations")
#define ADD_KEY N_("Ask them for their current key, by voice or in person, and add it: New, Add a Contact")
#define ASK_ADDRESS N_("Ask the person for their address, and add it: New, Add a Contact")
#define NETWORK N_("Check this computer's network; Settings, Network says what was tried")
#define VERIFY_AGAIN N_("Ask the sender by another way, then verify each other again: the shield at the top")
#define START_AGAIN N_("End Confab on this computer, and start it again")
#define OTHER_HOME N_("Start Confab with another --home, and choose or make another key there")
#define OTHER_KEY N_("It can be used no more: choose or make another key in another account of this computer")
#define CARD_AGAIN N_("Take the card out, insert it again, and try again")
#define NOTHING ""

/* TERMINAL NULL: the daemon's words, with slashes. */
static const struct remedy {
  const char *hint, *terminal, *window;
} remedies[] = {
  /* what is written wrong: a window leaves no room for it */
  { "See \"confab --help\", or \"confab COMMAND --help\" for one command", N_("See /help, or /help COMMAND"), NOTHING },
  { "Bring Confab up to date on both sides; \"confab --help\" lists what there is",
    N_("Bring Confab up to date on both sides; /help lists what there is"), N_("Bring Confab up to date on both sides") },
  { "\"confab init\" takes --identity FPR or --generate \"NAME <MAIL>\"", N_("See /init"), NOTHING },
  { "\"confab config\" lists the settings", N_("/set lists the settings"), NOTHING },
  { "See \"confab config\"", N_("See /set"), N_("See Settings") },

  /* what is not there */
  { "See \"confab contacts\", \"confab peers\" or \"confab conversations\" for what is",
    N_("See /contacts and /peers, and the list at the left for conversations"), IN_LIST },
  { "See \"confab contacts\" and \"confab peers\" for who is", NULL, IN_LIST },
  { "\"confab peers\" shows who is near, \"confab contacts\" whom you have kept", NULL, IN_LIST },
  { "\"confab contacts\" lists them", NULL, IN_LIST },
  { "See \"confab requests\"", NULL, IN_LIST },
  { "See \"confab conversations\" or \"confab contacts\" for how things stand",
    N_("See the list at the left, and /contacts, for how things stand"), IN_LIST },
  { "See \"confab conversations\", or open one with \"confab open\"", N_("The list at the left has them; /open PEER opens one"),
    N_("Open one: choose the person in the list") },
  { "See \"confab conversations\", \"confab requests\" or \"confab transfers\" for how they stand",
    N_("See the list at the left, /requests and /transfers for how they stand"), IN_LIST },
  { "\"confab transfers\" lists them; at least 6 digits name one", N_("/transfers lists them"), NOTHING },
  { "\"confab transfers\" shows how each stands", NULL, N_("What stands beside the file says how it is") },
  { "Start a new one with \"confab open PEER\"", NULL, N_("Open a new one: choose the person in the list") },
  { "Close it first: \"confab close\" or \"confab delete\"", N_("Close it first: /close or /delete-conversation"),
    N_("Close it first: the menu at the top of the conversation") },
  { "\"confab unblock\" lets them speak again", NULL, N_("Unblock them to go on") },

  /* the other side, and the network */
  { "Ask whether Confab runs there; see \"confab peers\", and \"confab status\" for this side", NULL,
    N_("Ask whether Confab runs there; Settings, Network says how it is on this side") },
  { "Ask whether that machine is on; see \"confab peers\"", NULL, N_("Ask whether that computer is on") },
  { "Ask whether Confab runs there, or for a new address (\"confab address\")", NULL,
    N_("Ask whether Confab runs there, or for a new address") },
  { "Try again with a longer --timeout; \"confab peers\" shows who is there", N_("Try again; /peers shows who is there"),
    N_("Try again; the list at the left shows who is there") },
  { "Nothing is lost: Confab connects again; see \"confab status\" if it does not", NULL,
    N_("Nothing is lost: Confab connects again") },
  { "What you sent waits and goes out later; see \"confab conversations\"", N_("What you sent waits and goes out later"),
    N_("What you sent waits and goes out later") },
  { "See whether this machine reaches the internet; \"confab config nodes\"",
    N_("See whether this machine reaches the internet; /set nodes"), N_("See whether this computer reaches the internet") },
  { "Give Confab a node that both of you use: \"confab config nodes NODE\"",
    N_("Give Confab a node that both of you use: /set nodes NODE"), N_("Give Confab a node that both of you use, in the settings: Network") },
  { "Let Confab ask your router: \"confab config port-mapping on\"", N_("Let Confab ask your router: /set port-mapping on"),
    N_("Let Confab ask your router, in the settings: Network") },
  { "Let nodes keep it for them: \"confab config mailbox on\"", N_("Let nodes keep it for them: /set mailbox on"),
    N_("Let nodes keep it for them, in the settings") },
  { "Be on the same network once, or ask them for the address that \"confab address\" shows there",
    N_("Be on the same network once, or ask them for the address that /address shows there"),
    N_("Be on the same network once, or ask them for their address, and add it: New, Add a Contact") },
  { "Check this machine's network, then see \"confab status\"", NULL, NETWORK },
  { "Check the spelling, or ask the person for an address (\"confab address\")", NULL,
    N_("Check the spelling, or ask the person for their address") },
  { "Ask the person for an address (\"confab address\") instead", NULL, ASK_ADDRESS },
  { "Copy all of what \"confab address\" shows on the other side", N_("Copy all of what /address shows on the other side"),
    N_("Copy all of what Your Address shows on the other side") },
  { "Ask for the address that \"confab address\" shows there, or for an exported key", NULL, ASK_ADDRESS },
  { "\"confab visibility everyone\" shows you to people nearby", NULL,
    N_("Let everyone see you: on the first page of the settings") },
  { "A contact recognises you after a conversation that was opened by password: until then, \"confab visibility everyone\"",
    NULL,
    N_("A contact recognises you after a conversation that was opened by password: until then, let everyone see you, on the "
       "first page of the settings") },

  /* the daemon, the store, this machine */
  { "Start it with \"confab start\"", START_AGAIN, START_AGAIN },
  { "Start it with \"confab start\"; give both programs the same --home", START_AGAIN, START_AGAIN },
  { "Start Confab's daemon with \"confab start\" if it was the one that ended", START_AGAIN, START_AGAIN },
  { "Run \"confab stop\" and \"confab start\": it may be older than this program", START_AGAIN, START_AGAIN },
  { "Run \"confabd --foreground\" to see why", N_("In a shell, run \"confabd --foreground\" to see why"), START_AGAIN },
  { "Try again; if it stays, run \"confabd --foreground\" and report what it prints",
    N_("Try again; if it stays, report what \"confabd --foreground\" prints in a shell"), N_("Try again; if it stays, report it") },
  { "Answer the passphrase dialog; \"confab start\" asks again", N_("Answer the passphrase dialog; /unlock asks again"),
    N_("Answer the passphrase dialog; Unlock asks again") },
  { "Put the home back from a backup; or \"confab salvage\" keeps what can still be read",
    N_("Put the home back from a backup; or, in a shell, \"confab salvage\" keeps what can still be read"),
    N_("Put Confab's folder back from a backup") },
  { "Use that one, end it with \"confab stop\", or give another --home", OTHER_HOME, START_AGAIN },
  { "Use another --home for another identity", OTHER_HOME, N_("Another identity needs another account of this computer") },
  { "Use a shorter one, for example for --home", NULL, N_("Use a shorter one") },
  { "Mount it for writing, or give another --home", NULL, N_("Make it writable") },
  { "Choose another with \"confabd --listen ADDR:PORT\", or end that program", NULL, N_("End that program, then start Confab again") },
  { "Give one of its own to \"confabd --listen ADDR:PORT\"", NULL, N_("Take the address out of Confab's settings file") },
  { "Shorten it, or send it as a file with \"confab send-file\"", NULL, N_("Shorten it, or send it as a file") },

  /* identity and keys */
  { "Choose or make one with \"confab init\"", NULL, N_("Choose or make a key: Confab asks for it when it starts") },
  { "Choose or make one with \"confab init\"; \"gpg --list-secret-keys\" lists yours", N_("Choose or make one with /init"),
    N_("Choose or make a key: Confab asks for it when it starts") },
  { "It is made by \"confab init\"", NULL, N_("It is made once a key is chosen") },
  { "See \"gpg --list-secret-keys\"; choose another with \"confab init --identity FPR\"", OTHER_HOME, OTHER_KEY },
  { "A new key is needed: \"confab init --generate\" makes one; ask a contact for theirs",
    N_("A new key is needed; ask a contact for theirs"), N_("A new key is needed; ask a contact for theirs") },
  { "Extend it with \"gpg --quick-set-expire FPR 1y\"; everything goes on by itself then", NULL,
    N_("Extend it with GnuPG; everything goes on by itself then") },
  { "It can be used no more: choose or make another with \"confab init\" in another --home", OTHER_HOME, OTHER_KEY },
  { "Make a stronger one, and choose it with \"confab init\" in another --home", OTHER_HOME,
    N_("Make a stronger one, and begin with it") },
  { "Enable it with \"gpg --edit-key FPR enable\"", NULL, N_("Enable it with GnuPG") },
  { "If you trust it again: \"gpg --edit-key FPR enable\"", NULL, N_("Enable it with GnuPG if you trust it again") },
  { "If you trust it again: \"gpg --edit-key FPR\", then \"enable\"", NULL, N_("Enable it with GnuPG if you trust it again") },
  { "Extend your own with \"gpg --quick-set-expire FPR 1y\"; ask a contact for the extended key and \"confab add\" it", NULL,
    N_("Extend your own with GnuPG; ask a contact for the extended key, and add it: New, Add a Contact") },
  { "Extend or add one with \"gpg --edit-key FPR\"; ask a contact for the mended key", NULL,
    N_("Extend or add one with GnuPG; ask a contact for the mended key") },
  { "Ask its owner, by voice or in person, for the new key and \"confab add\" it", NULL, ADD_KEY },
  { "Ask its owner for the current key and \"confab add\" it", NULL, ADD_KEY },
  { "Ask the contact for their current key and \"confab add\" it", NULL, ADD_KEY },
  { "Add it with \"confab add FILE\" or \"confab add ADDRESS\"", NULL, N_("Add it: New, Add a Contact") },
  { "Compare fingerprints by voice or in person; \"confab contacts\" shows the one you know", NULL,
    N_("Compare fingerprints by voice or in person; the shield at the top shows the one you know") },
  { "Ask the sender by another way; \"confab verify CONV\" checks the conversation again",
    N_("Ask the sender by another way; /verify checks the conversation again"), VERIFY_AGAIN },
  { "Try again; if it stays, \"confab verify CONV\" checks the conversation again",
    N_("Try again; if it stays, /verify checks the conversation again"), VERIFY_AGAIN },
  { "Ask the sender to send it again; \"confab conversations\" shows the keys in use",
    N_("Ask the sender to send it again; /security shows the keys in use"),
    N_("Ask the sender to send it again; the shield at the top shows the keys in use") },
  { "Run \"confab verify CONV\" together with the other person", N_("Run /verify together with the other person"),
    N_("Verify each other again, together with the other person: the shield at the top") },
  { "Open a conversation with a password first; if you have compared the fingerprint: --unverified",
    N_("Open a conversation with a password first"), N_("Open a conversation with a password first") },
  { "Use a key that may sign and encrypt; \"gpg --list-keys FPR\" shows what one may do", NULL,
    N_("Use a key that may sign and encrypt") },
  { "Export it again, one key to a file: \"gpg --armor --export FPR\"", NULL, N_("Export it again, one key to a file") },
  { "See \"local-user\" in your gpg.conf; take away with \"gpg --edit-key %s\", then delsig", NULL,
    N_("See \"local-user\" in your gpg.conf") },
  { "\"gpg --list-secret-keys\" shows fingerprints: 40 or 64 digits", NULL, N_("It has 40 or 64 digits") },

  /* GnuPG's helpers */
  { "Do it with gpg where it is (\"gpg --quick-lsign-key FPR\"), or insert the card that holds it", NULL,
    N_("Do it where that is, or insert the card that holds it") },
  { "Run \"gpgconf --kill gpg-agent\" and try again; \"gpg-connect-agent /bye\" must succeed", NULL,
    N_("Log out of this computer and in again, then try again") },
  { "Install one (Debian: pinentry-curses or pinentry-gnome3), then \"gpgconf --reload gpg-agent\"", NULL,
    N_("Install one (Debian: pinentry-gnome3), then log out of this computer and in again") },
  { "On a terminal, run \"export GPG_TTY=$(tty)\" first; \"gpgconf --check-programs\" tests pinentry", NULL,
    N_("Log out of this computer and in again, then try again") },
  { "Run \"gpgconf --kill scdaemon\", insert the card again, and try again", NULL, CARD_AGAIN },
  { "Wait until that is done, or run \"gpgconf --kill scdaemon\"", NULL, CARD_AGAIN },
  { "Insert the card that holds your identity; \"gpg --card-status\" must show it", NULL,
    N_("Insert the card that holds your identity") },
  { "Try again with care: after three wrong ones the card blocks it (\"gpg --card-status\")", NULL,
    N_("Try again with care: after three wrong ones the card blocks it") },
  { "Unblock it with \"gpg --card-edit\": admin, passwd", NULL, N_("Unblock it with GnuPG") },
  { "Install GnuPG 2.2 or newer; \"gpg --version\" must work", NULL, N_("Install GnuPG 2.2 or newer") },

  /* messages and files */
  { "\"confab delete-message --here\" removes a message of theirs from your side only",
    N_("/delete removes a message of theirs from your side only"), N_("Delete removes a message of theirs from your side only") },
  { "\"confab delete-message\" takes a message back", N_("/delete takes a message back"), N_("Delete takes a message back") },
  { "Make room, or accept it elsewhere with --to", N_("Make room, or name another folder: /accept-file N FOLDER"),
    N_("Make room, or choose another folder") },
  { "Accept it elsewhere with --to", N_("Name another folder: /accept-file N FOLDER"), N_("Choose another folder") },
};

/* TEXT (taken over) with a slash for "confab ". */
static char *
with_slashes (char *text)
{
  char *to = text;

  for (const char *p = text; *p;)
    if (!strncmp (p, "confab ", 7) && islower ((unsigned char) p[7]) && (p == text || !isalnum ((unsigned char) p[-1]))) {
      *to++ = '/';
      p += 7;
    } else
      *to++ = *p++;
  *to = 0;
  return text;
}

char *
cf_words_remedy_for (const char *hint)
{
  const char *said = NULL;

  if (!*hint)
    return cf_words_line ("");
  for (size_t i = 0; face != CF_FACE_SHELL && !said && i < sizeof remedies / sizeof *remedies; i++)
    if (!strcmp (remedies[i].hint, hint))
      said = face == CF_FACE_WINDOW ? remedies[i].window : remedies[i].terminal;
  if (said)
    return cf_words_must (strdup (*said ? _(said) : ""));
  return face == CF_FACE_TERMINAL ? with_slashes (cf_words_must (strdup (_(hint)))) : cf_words_must (strdup (_(hint)));
}
