/* SPDX-License-Identifier: GPL-3.0-or-later */
/* proto.h - every constant and limit of the wire, in one place.  Spec: doc/protocol.md, "Limits". */
#ifndef CF_NET_PROTO_H
#define CF_NET_PROTO_H

#define CF_PROTO_VERSION 1

/* Who's there. */
#define CF_DISCOVERY_PORT 7077            /* UDP */
#define CF_DISCOVERY_GROUP6 "ff02::4366"  /* link-local multicast */
#define CF_BEACON_MAX 512
#define CF_BEACON_MAGIC "CFB1"
#define CF_BEACON_QUESTION_LEN 160        /* always; an answer has at most ... */
#define CF_BEACON_ANSWER_MAX 141          /* ... so it never is the larger of the two */
#define CF_BEACON_INTERVAL_MS 30000       /* at most; up to a fifth earlier */
#define CF_BEACON_REPEAT_MS 1000          /* a second one after a start or a change */
#define CF_BEACON_LEAST_MS 250            /* between any two */
#define CF_ANSWER_SAME_MS 200             /* copies of a question (one a broadcast address) get one answer; < LEAST */
#define CF_ANSWER_HOST_BURST 32           /* answers to one host ... */
#define CF_ANSWER_HOST_MS 125             /* ... and then one in that time */
#define CF_ANSWER_ALL_BURST 256           /* answers to everybody ... */
#define CF_ANSWER_ALL_MS 10               /* ... and then one in that time */
#define CF_ANSWER_FAR_BURST 32            /* answers to who is on no link of ours ... */
#define CF_ANSWER_FAR_MS 200              /* ... and then one in that time */
#define CF_NAME_MAX 64                    /* display name, bytes of UTF-8 */
#define CF_PEER_GONE_MS 100000            /* three beacons missed */

/* Who's there, by unicast: to addresses of a contact file. */
#define CF_ASK_MAX 100000                 /* addresses; the rest of a list is left out */
#define CF_ASK_ALL_MS 100                 /* between two questions */
#define CF_ASK_NETWORK_MS 1000            /* between two to one /24 or /48, of those that have never answered */
#define CF_ASK_AGAIN_MS 36000             /* who answers is asked again, jittered by a quarter: < PEER_GONE / 2 */
#define CF_ASK_MISSES_MAX 4               /* unanswered: it is no more one of those that answer */
#define CF_ASK_REST_FIRST_MS 20000        /* who does not is left alone, doubling ... */
#define CF_ASK_REST_LAST_MS (6 * 3600 * 1000) /* ... to this, jittered by a quarter */
#define CF_ASK_LEARNED_MAX 512            /* beside these: addresses that contacts have named */
#define CF_ASK_LEARNED_TRIES 5            /* questions without an answer, then such a one is forgotten */

/* Veiled beacons: for contacts only. */
#define CF_VEIL_EPOCH_MS (10 * 60 * 1000) /* a tag is good in its epoch, the one before and the one after */
#define CF_VEIL_NONCE_LEN 16
#define CF_VEIL_TAGS 32                   /* of a question; always */
#define CF_VEIL_TAG_LEN 8
#define CF_VEIL_SEALED_LEN 50             /* port, device key, AEAD tag */
#define CF_VEIL_QUESTION_LEN 278
#define CF_VEIL_ANSWER_LEN 96
#define CF_VEIL_ASKED_MS 5000             /* what we sent may be answered for so long */
#define CF_VEIL_SEEN 4096                 /* n of beacons that contacts made: each is good once */
#define CF_VEIL_WORK 262144               /* tags computed a second to recognise others */

/* Tunnel. */
#define CF_TUNNEL_MAGIC "CfTu"            /* the first four bytes of a stream; version and suite follow */
#define CF_TUNNEL_CLEAR_LEN 6
#define CF_TUNNEL_AHEAD (128 * 1024)      /* bytes given to the carrier ahead of its drain */
#define CF_TUNNEL_QUEUE_MAX (4 * 1024 * 1024) /* bytes that wait, a channel */
#define CF_BYE_REASON_MAX 120             /* bytes of UTF-8 */
#define CF_DEVICE_KEY_LEN 32
#define CF_DEVICE_NUMBER_LEN 16
#define CF_ADDRESS_TOKEN_LEN 16 /* of an address; random */
#define CF_RECORD_PLAIN_MAX 16384
#define CF_MESSAGE_CONTROL_MAX (128 * 1024) /* a message on the control channel */
#define CF_MESSAGE_TALK_MAX (1280 * 1024)   /* on the conversation channel: one envelope and its frame */
#define CF_MESSAGE_STRANGER_MAX (128 * 1024) /* on any channel, of somebody who is no contact and whom nobody wants */
#define CF_MESSAGE_BULK_MAX (256 * 1024 + 128) /* on the bulk channel: a block of a file and its frame */
#define CF_TUNNEL_BULK_LOW (1024 * 1024)    /* bytes: with no more waiting, there is room for bulk */
#define CF_HANDSHAKE_MS 10000               /* message 1 to both HELLOs */
#define CF_PING_IDLE_MS 4000
#define CF_PATH_LOST_MS 9000
#define CF_ALIVE_MS 3000                    /* who only receives says so this often */
#define CF_PROBE_MS 3000                    /* an answer that is waited for after the network has changed */
#define CF_CLOCK_SLACK_MS (3600 * 1000)     /* message 1 must be within an hour */
#define CF_REKEY_RECORDS (1u << 20)
#define CF_REKEY_MS (3600 * 1000)

/* Streams over datagrams; sizes are those of one sealed datagram's inside. */
#define CF_STREAM_DATAGRAM_MIN 1024         /* passes on every path */
#define CF_STREAM_DATAGRAM_MAX 65000
#define CF_STREAM_WINDOW_STRANGER (128 * 1024) /* bytes a channel that may be under way to us, of anybody ... */
#define CF_STREAM_WINDOW_CONTROL (256 * 1024)  /* ... and of whom we know */
#define CF_STREAM_WINDOW_TALK (4 * 1024 * 1024)
#define CF_STREAM_WINDOW_BULK (16 * 1024 * 1024)
#define CF_STREAM_FLIGHT_MAX (16 * 1024 * 1024) /* bytes a channel that we have under way, whatever is allowed */
#define CF_STREAM_GAPS_MAX 800              /* a channel, in what has come */
#define CF_STREAM_STALL_MS 20000            /* without progress while something waits */
#define CF_STREAM_RTT_MS 333                /* before anything was measured */
#define CF_STREAM_ACK_DELAY_MS 25           /* at most, of an acknowledgement */

#define CF_GUARD_ENTRIES 4096               /* first messages that a responder remembers */

/* Tunnel over datagrams. */
#define CF_DATAGRAM_MAGIC "CfD"             /* and the kind of datagram in the fourth byte */
#define CF_DATAGRAM_MAGIC_LEN 3
#define CF_DATAGRAM_FIRST_LEN 1200          /* of a first message; no answer to it is longer */
#define CF_DATAGRAM_SURE 1200               /* bytes that every path takes */
#define CF_DATAGRAM_PATH_MAX 1452           /* looked for on a path: Ethernet's, less the headers of IPv6 and UDP */
#define CF_DATAGRAM_LOOPBACK_MAX 65000
#define CF_DATAGRAM_PLAIN_MAX 1152          /* bytes of an unreliable datagram */
#define CF_DATAGRAM_EPOCH (1u << 20)        /* counters under one key */
#define CF_REPLAY_WINDOW 8192
#define CF_DATAGRAM_AGAIN_MS 500            /* a message of the handshake without an answer is sent again; doubling */
#define CF_DATAGRAM_AGAIN_LAST_MS 2000
#define CF_DATAGRAM_PING_MS 500             /* a PING without an answer is sent again */
#define CF_DATAGRAM_MOVE_MS 250             /* between two questions to new addresses of the other end */
#define CF_COOKIE_MS (2 * 60 * 1000)        /* a cookie is good for so long, at most */
#define CF_DATAGRAM_CALM 16                 /* first messages without a cookie, at once ... */
#define CF_DATAGRAM_CALM_MS 50              /* ... and then one in that time; beyond, cookies are asked for */
#define CF_MIRROR_BURST 256                 /* questions "where do I come from" that a node answers at once ... */
#define CF_MIRROR_MS 1                      /* ... and then one in that time */
#define CF_MIRROR_ASK_MS 25000              /* between two such questions to a node: NATs forget who is quiet */
#define CF_DATAGRAM_PUNCH_MS 100            /* as CF_DATAGRAM_AGAIN_MS, of a first message that opens a NAT */
#define CF_DATAGRAM_HOST_BURST 16           /* first messages of one host, with a cookie ... */
#define CF_DATAGRAM_HOST_MS 250             /* ... and then one in that time */

/* Statements. */
#define CF_STATEMENT_EARLY_MS (10 * 60 * 1000)
#define CF_STATEMENT_SPAN_MS (35LL * 24 * 3600 * 1000)
#define CF_BLOCK_MAX (64 * 1024)    /* a public key */
#define CF_SIGNATURE_MAX (8 * 1024) /* a detached signature */
#define CF_DEVICE_RENEW_MS (30LL * 24 * 3600 * 1000)

/* The password gate. */
#define CF_CONVERSATION_ID_LEN 16
#define CF_NONCE_LEN 32
#define CF_NOTE_MAX 120
#define CF_REQUEST_LIFE_MS (7LL * 24 * 3600 * 1000)
#define CF_GUESSES_FREE 3

/* Messages. */
#define CF_TEXT_MAX (256 * 1024) /* bytes of one message's text */
#define CF_ENVELOPE_ENTRIES_MAX 1024

/* Files. */
#define CF_FILE_ID_LEN 16                   /* of a transfer: the Message-ID of its offer */
#define CF_FILE_KEY_LEN 32
#define CF_FILE_RUN_LEN 16
#define CF_FILE_BLOCK 262144                /* bytes of a block; the last one may have less */
#define CF_FILE_PIECE 65536                 /* bytes that one hash is over: a quarter of a block */
#define CF_FILE_SIZE_MAX 9007199254740991ull /* bytes of contents: 2^53 - 1 */
#define CF_FILE_MANIFEST_MAX (32 * 1024 * 1024)
#define CF_FILE_FILES_MAX 1000000           /* files, and lines, of a directory */
#define CF_FILE_NAME_MAX 255                /* bytes of a name, and of a part of a path */
#define CF_FILE_PATH_MAX 4096
#define CF_FILE_DEPTH_MAX 64                /* parts of a path */
#define CF_FILE_MEDIA_TYPE_MAX 127

/* What two say to each other of where they are. */
#define CF_PATHS_ADDRS_MAX 12
#define CF_PATHS_NODES_MAX 4
#define CF_EXCHANGE_MAX 64                  /* addresses of others, in one answer */
#define CF_EXCHANGE_MS (60 * 60 * 1000)     /* a contact is asked for them so often */
#define CF_EXCHANGE_LEAST_MS (10 * 60 * 1000) /* who asks again sooner is not answered */

/* Nodes. */
#define CF_NODE_IDLE_MS 25000               /* silence before a ping, on a tunnel to a node */
#define CF_NODE_REGISTER_S 600              /* a registration lasts so long */
#define CF_NODE_LIST_MAX 128                /* entries of a page */
#define CF_CIRCUIT_DATA_MAX 16000           /* bytes in one DATA: with its head it is one record */
#define CF_CIRCUIT_WINDOW (64 * 1024)       /* bytes that either end of a circuit may send before it is given credit */
#define CF_CIRCUIT_WINDOW_MAX (1024 * 1024) /* credit that is not used up: never more */
#define CF_CIRCUITS_MAX 64                  /* of one tunnel, dialled and incoming */
#define CF_MAIL_DROP_LEN 32                 /* Ed25519 */
#define CF_MAIL_SIGNATURE_LEN 64
#define CF_MAIL_MAX (CF_MESSAGE_TALK_MAX - 128) /* one sealed envelope, in a message of its own */
#define CF_MAIL_LIFE_S (14 * 24 * 3600)     /* then a node forgets it */

#endif
