-- SPDX-License-Identifier: GPL-3.0-or-later
-- What version 2 added: the pair secret before the last, of a contact.
UPDATE contact SET pair_secret_before = x'b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2'
  WHERE fpr = x'04b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0';
