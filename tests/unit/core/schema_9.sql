-- SPDX-License-Identifier: GPL-3.0-or-later
-- What version 9 added: a file on its way to us, and a part of its map.
INSERT INTO transfer VALUES (1, x'c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1', x'32323232323232323232323232323232', 0, 2, 0, 1, 0, 0, 0,
  x'f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1', 524288, 524288, 0, 1, 1700000000000, 'image/png',
  x'62656163682e706e67', 0, 262144, NULL, NULL, NULL, '/home/ada/Downloads', NULL, 1700000008000, 1700000009000, 0);
INSERT INTO transfer_chunk VALUES (1, 0, x'5a');
