-- SPDX-License-Identifier: GPL-3.0-or-later
-- What version 4 added: when a contact's key expires.
UPDATE contact SET expires = 1800000000000 WHERE contact = 1;
