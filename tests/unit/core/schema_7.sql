-- SPDX-License-Identifier: GPL-3.0-or-later
-- What version 7 added: a message that was edited and has a reaction, marks of a conversation, a draft.
UPDATE message SET edited = 1700000009000 WHERE row = 1;
INSERT INTO reaction (message, outgoing, emoji) VALUES (1, 0, '👍');
UPDATE conversation SET pinned = 1 WHERE state = 1;
INSERT INTO draft (conversation, text) SELECT id, 'to be said' FROM conversation WHERE state = 1;
