-- SPDX-License-Identifier: GPL-3.0-or-later
-- A store of version 1 with a row of everything: what test_migration brings to the newest version.
-- It is never changed.  The newer versions' own rows are in schema_N.sql.
CREATE TABLE self (
  id INTEGER PRIMARY KEY CHECK (id = 1), identity BLOB NOT NULL, user_id TEXT NOT NULL,
  device_secret BLOB NOT NULL, device_public BLOB NOT NULL, device_number BLOB NOT NULL,
  not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, signature BLOB NOT NULL, block BLOB NOT NULL);
CREATE TABLE setting (
  key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE event (
  cursor INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE contact (
  fpr BLOB PRIMARY KEY, user_id TEXT, name TEXT, contact INTEGER NOT NULL, blocked INTEGER NOT NULL,
  key_state INTEGER NOT NULL, validity INTEGER NOT NULL, last_seen INTEGER NOT NULL, verified_how TEXT,
  verified_at INTEGER NOT NULL, pair_secret BLOB);
CREATE TABLE device (
  fpr BLOB NOT NULL REFERENCES contact (fpr) ON DELETE CASCADE, number BLOB NOT NULL, key BLOB NOT NULL,
  not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, tied INTEGER NOT NULL, digest BLOB NOT NULL,
  addrs TEXT NOT NULL, PRIMARY KEY (fpr, number));
CREATE TABLE conversation (
  id BLOB PRIMARY KEY NOT NULL, peer BLOB NOT NULL, state INTEGER NOT NULL, asked INTEGER NOT NULL,
  created INTEGER NOT NULL, opened INTEGER NOT NULL, closed INTEGER NOT NULL, active INTEGER NOT NULL,
  note TEXT, own_key BLOB, peer_key BLOB, passphrase BLOB, secret BLOB, sent_sequence INTEGER NOT NULL,
  received_sequence INTEGER NOT NULL, sent_hash BLOB NOT NULL, received_hash BLOB NOT NULL,
  acked_sequence INTEGER NOT NULL, read_sequence INTEGER NOT NULL, peer_read_sequence INTEGER NOT NULL,
  closed_by_peer INTEGER NOT NULL, trouble TEXT, deleted INTEGER NOT NULL);
CREATE TABLE used_id (
  id BLOB PRIMARY KEY NOT NULL) WITHOUT ROWID;
CREATE TABLE request (
  id BLOB PRIMARY KEY NOT NULL, peer BLOB NOT NULL, user_id TEXT, asked INTEGER NOT NULL,
  state INTEGER NOT NULL, note TEXT, created INTEGER NOT NULL, own_nonce BLOB NOT NULL,
  peer_nonce BLOB NOT NULL, prs BLOB, end_error INTEGER NOT NULL, sid BLOB NOT NULL, secret BLOB,
  own_tag BLOB, peer_tag BLOB, own_key BLOB, peer_key BLOB, passphrase BLOB, own_block BLOB, peer_block BLOB,
  own_signature BLOB, peer_signature BLOB);
CREATE TABLE expectation (
  peer BLOB PRIMARY KEY NOT NULL, until INTEGER NOT NULL, prs BLOB NOT NULL);
CREATE TABLE guess (
  peer BLOB PRIMARY KEY NOT NULL, wrong INTEGER NOT NULL, silences INTEGER NOT NULL,
  silent_from INTEGER NOT NULL);
CREATE TABLE guess_stranger (
  number INTEGER PRIMARY KEY, peer BLOB NOT NULL, at INTEGER NOT NULL);
CREATE TABLE message (
  row INTEGER PRIMARY KEY, conversation BLOB NOT NULL, id BLOB NOT NULL, outgoing INTEGER NOT NULL,
  sequence INTEGER, kind TEXT NOT NULL, state INTEGER NOT NULL, signature INTEGER NOT NULL,
  sent INTEGER NOT NULL, received INTEGER NOT NULL, hash BLOB NOT NULL, previous BLOB NOT NULL,
  reply_to BLOB, last_peer INTEGER NOT NULL, text TEXT NOT NULL);
CREATE UNIQUE INDEX message_id ON message (conversation, id);
CREATE UNIQUE INDEX message_sequence ON message (conversation, outgoing, sequence);
CREATE INDEX message_conversation ON message (conversation);
CREATE VIRTUAL TABLE message_text USING fts4 (content="message", text, tokenize=unicode61 "remove_diacritics=1");
CREATE TABLE envelope (
  row INTEGER PRIMARY KEY, conversation BLOB NOT NULL, peer BLOB NOT NULL, outgoing INTEGER NOT NULL,
  first INTEGER NOT NULL, number INTEGER NOT NULL, acked INTEGER NOT NULL, orphan INTEGER NOT NULL,
  ack BLOB NOT NULL, created INTEGER NOT NULL, sealed BLOB NOT NULL);
CREATE UNIQUE INDEX envelope_number ON envelope (conversation, outgoing, number);
CREATE INDEX envelope_waiting ON envelope (conversation, number) WHERE acked = 0;
CREATE TABLE stranger (
  fpr BLOB PRIMARY KEY, seen INTEGER NOT NULL);

INSERT INTO self VALUES (1, x'04adadadadadadadadadadadadadadadadadadadad', 'Ada <ada@example.org>', x'5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e',
  x'9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b9b', x'd1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1', 1700000000000, 1710000000000,
  x'512e', x'b10c');
INSERT INTO setting VALUES ('name', 'Ada');
INSERT INTO event (cursor, at, body) VALUES (7, 1700000001000, '{"type":"presence"}');
INSERT INTO contact VALUES (x'04b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', 'Bob <bob@example.org>', 'bob', 1, 0, 0, 1, 1700000002000, 'password',
  1700000003000, x'9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a9a');
INSERT INTO contact VALUES (x'04e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0', NULL, NULL, 0, 1, 2, 0, 0, NULL, 0, NULL);
INSERT INTO device VALUES (x'04b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', x'd2d2d2d2d2d2d2d2d2d2d2d2d2d2d2d2', x'8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e8e',
  1700000000000, 1710000000000, 1, x'd6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6d6', '192.0.2.7:4711');
INSERT INTO stranger VALUES (x'045757575757575757575757575757575757575757', 1700000004000);
INSERT INTO conversation VALUES (x'c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1', x'04b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', 1, 1, 1700000005000,
  1700000006000, 0, 1700000009000, 'the boat', x'040a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a', x'040b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b',
  x'9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f', x'5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c5c', 2, 1,
  x'a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2', x'b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1', 1, 1, 0, 0, NULL, 0);
INSERT INTO conversation VALUES (x'c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2', x'04b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', 2, 0, 1600000005000,
  1600000006000, 1600000007000, 1600000007000, NULL, NULL, NULL, NULL, NULL, 0, 0,
  x'0000000000000000000000000000000000000000000000000000000000000000', x'0000000000000000000000000000000000000000000000000000000000000000', 0, 0, 0, 1, 'key', 0);
INSERT INTO used_id VALUES (x'c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1'), (x'c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2'), (x'c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3');
INSERT INTO request VALUES (x'c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4c4', x'045757575757575757575757575757575757575757', 'Eve', 0, 4, 'hello', 1700000005500,
  x'0101010101010101010101010101010101010101010101010101010101010101', x'0202020202020202020202020202020202020202020202020202020202020202', NULL, 0,
  x'0000000000000000000000000000000000000000000000000000000000000000', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO expectation VALUES (x'04e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1', 1800000000000, x'9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c');
INSERT INTO guess VALUES (x'04b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', 2, 1, 1700000005600);
INSERT INTO guess_stranger VALUES (1, x'045757575757575757575757575757575757575757', 1700000005700);
INSERT INTO message VALUES (1, x'c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1', x'31313131313131313131313131313131', 1, 1, 'text', 2, 0, 1700000007000, 0,
  x'a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1', x'0000000000000000000000000000000000000000000000000000000000000000', NULL, 0, 'The quick brown fox');
INSERT INTO message VALUES (2, x'c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1', x'32323232323232323232323232323232', 0, 1, 'text', 2, 0, 1700000008000, 1700000008100,
  x'b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1', x'0000000000000000000000000000000000000000000000000000000000000000', x'31313131313131313131313131313131', 0, 'jumps over Ärger');
INSERT INTO message VALUES (3, x'c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1', x'33333333333333333333333333333333', 1, 2, 'text', 1, 0, 1700000009000, 0,
  x'a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2', x'a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1', NULL, 0, 'the lazy dog');
INSERT INTO message_text (docid, text) SELECT row, text FROM message ORDER BY row;
INSERT INTO envelope VALUES (1, x'c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1', x'04b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', 1, 1, 1, 1, 0, x'acacacacacacacacacacacacacacacacacacacacacacacacacacacacacacacac', 1700000007100, x'5ea1');
INSERT INTO envelope VALUES (2, x'c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1', x'04b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', 1, 2, 2, 0, 0, x'adadadadadadadadadadadadadadadadadadadadadadadadadadadadadadadad', 1700000009100, x'5ea2');
