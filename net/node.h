/* SPDX-License-Identifier: GPL-3.0-or-later */
/* node.h - what a node and those whom it serves say to each other, as bytes; and how a node is written down.
 *
 * Every message goes over a tunnel between the two, on the channel that its
 * kind belongs to.  Kinds begin at 64: they never meet KEY?, KEY and HELLO.
 * Spec: doc/protocol.md, "Nodes".
 */
#ifndef CF_NET_NODE_H
#define CF_NET_NODE_H

#include "base/fpr.h"
#include "base/hash.h"
#include "net/addr.h"
#include "net/tunnel.h"

enum cf_node_kind {
  /* control */
  CF_NODE_SEEN = 64,   /* node: what it offers, and the address that it sees; first, and once */
  CF_NODE_REGISTER,    /* guest: reach me here; tell others of me */
  CF_NODE_REGISTERED,  /* node: for so long */
  CF_NODE_UNREGISTER,  /* guest */
  CF_NODE_LIST,        /* guest: who is listed? */
  CF_NODE_LISTED,      /* node */
  CF_NODE_REFUSED,     /* node: instead of an answer */
  CF_NODE_CREDIT,      /* both: that many bytes more may be sent into the circuit */
  CF_NODE_FETCH,       /* guest: the first mail of a drop after that number */
  CF_NODE_DELETE,      /* guest: that mail is not wanted any more */
  CF_NODE_HELD,        /* node: the mail is on the disk, under that number, until then */
  CF_NODE_DELETED,     /* node: it is not there */
  CF_NODE_EMPTY,       /* node: there is no mail to fetch */
  /* talk */
  CF_NODE_DEPOSIT = 80, /* guest: keep this for whoever has the drop's key */
  CF_NODE_MAIL,         /* node: what was fetched */
  /* bulk */
  CF_NODE_DIAL = 96,   /* guest: a circuit to that device key */
  CF_NODE_INCOMING,    /* node: somebody has dialled you */
  CF_NODE_OPENED,      /* node: whom you have dialled was told */
  CF_NODE_DATA,        /* both */
  CF_NODE_CLOSE,       /* both: nothing more comes */
};

/* What a node offers, in SEEN. */
#define CF_NODE_RELAY 0x01
#define CF_NODE_LISTING 0x02
#define CF_NODE_MAILBOX 0x04

/* Somebody who is listed: what an open beacon says, and where the node sees him. */
struct cf_node_entry {
  uint8_t device_key[CF_DEVICE_KEY_LEN];
  bool relayed;        /* can be dialled through this node */
  struct cf_addr addr; /* the host that the node sees, with the port that he listens on, as he says */
  struct cf_fpr identity;
  char name[CF_NAME_MAX + 1];
};

struct cf_node_message {
  enum cf_node_kind kind;
  union {
    struct { uint8_t services; struct cf_addr addr; } seen;
    struct {
      bool relayed, listed; /* at least one of them */
      uint16_t port;        /* listed: of TCP and UDP; not 0 */
      struct cf_fpr identity;
      char name[CF_NAME_MAX + 1];
    } reg;
    struct { uint32_t seconds; } registered;
    struct { uint32_t from; } list; /* where the page begins: 0, then the last NEXT */
    struct {
      uint32_t next;           /* where the following page begins; 0: there is none */
      uint16_t count;
      const uint8_t *entries;  /* read with cf_node_entry_read; borrowed */
      size_t entries_len;
    } listed;
    struct { enum cf_node_kind what; uint16_t code; uint32_t seconds; } refused; /* code of libgpg-error; try again then */
    struct { uint32_t circuit, bytes; } credit;
    struct {
      uint8_t drop[CF_MAIL_DROP_LEN], signature[CF_MAIL_SIGNATURE_LEN]; /* of the three that a guest says */
      uint64_t number;     /* FETCH: after that one; DELETE, HELD, MAIL: that one; else 0 */
      uint64_t until_utc_ms; /* HELD */
      uint32_t left;       /* MAIL: there are so many behind it */
      const uint8_t *blob; /* DEPOSIT, MAIL: 1 to CF_MAIL_MAX bytes */
      size_t blob_len;     /* borrowed */
    } mail;
    struct { uint32_t circuit; const uint8_t *device_key; } dial; /* borrowed */
    struct {
      uint32_t circuit;
      uint16_t code;       /* close: why, of libgpg-error; 0: the end */
      const uint8_t *data; /* data: 1 to CF_CIRCUIT_DATA_MAX bytes; borrowed */
      size_t len;
    } circuit; /* INCOMING, OPENED, DATA, CLOSE */
  };
};

/* The channel on which messages of KIND go. */
enum cf_channel cf_node_channel (enum cf_node_kind kind);

/* Appends the one form that MESSAGE has; what decode would refuse is the caller's mistake.  Errors: TOO_LARGE, ENOMEM. */
gpg_error_t cf_node_encode (const struct cf_node_message *message, struct cf_buf *out) CF_MUST_CHECK;
/* What came on CHANNEL; *R_MESSAGE borrows from DATA.  Errors: CF_ERR_PROTOCOL (an unknown kind, another channel), and
   those of the cursor. */
gpg_error_t cf_node_decode (enum cf_channel channel, const void *data, size_t len,
                            struct cf_node_message *r_message) CF_MUST_CHECK;

/* What the drop's key signs of DEPOSIT, FETCH and DELETE, in the tunnel with that handshake hash, and nowhere else. */
void cf_node_mail_digest (const struct cf_node_message *message, const uint8_t handshake_hash[64],
                          uint8_t r_digest[CF_HASH_LEN]);
bool cf_node_mail_verify (const struct cf_node_message *message, const uint8_t handshake_hash[64]);

void cf_node_entry_write (struct cf_wr *wr, const struct cf_node_entry *entry);
void cf_node_entry_read (struct cf_rd *rd, struct cf_node_entry *r_entry);

/* A node as people write it down: "confab-node:KEY:CHECK@ADDRESS:PORT", with the device key in 64 digits and 8 check
   digits over it. */
#define CF_NODE_NAME_SIZE (12 + 64 + 1 + 8 + 1 + CF_ADDR_TEXT_SIZE)
struct cf_node_name {
  uint8_t device_key[CF_DEVICE_KEY_LEN];
  struct cf_addr addr;
};
/* The same key at the same address. */
bool cf_node_name_equal (const struct cf_node_name *a, const struct cf_node_name *b);
const char *cf_node_name_format (const struct cf_node_name *name, char out[CF_NODE_NAME_SIZE]);
/* Errors: INV_URI (not of that form), CHECKSUM (mistyped). */
gpg_error_t cf_node_name_parse (const char *text, struct cf_node_name *r_name) CF_MUST_CHECK;
/* The next of several, separated by spaces, in *TEXT, which goes on behind it.  False: there is none, or (*R_WRONG) what
   is there is no name of a node. */
bool cf_node_names_next (const char **text, struct cf_node_name *r_name, bool *r_wrong);

#endif
