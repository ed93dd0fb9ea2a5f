-- SPDX-License-Identifier: GPL-3.0-or-later
-- What version 10 added: from when on the device statements of a contact count.
UPDATE contact SET revoked = 1700000000000 WHERE contact = 1;
