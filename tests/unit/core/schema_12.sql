-- SPDX-License-Identifier: GPL-3.0-or-later
-- What version 12 added: where our second message lies, and what is owed.
INSERT INTO post_held VALUES (x'c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1', 2,
  x'7171717171717171717171717171717171717171717171717171717171717171', 1900000000000);
INSERT INTO post_owed VALUES (x'c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1', 1);
