-- SPDX-License-Identifier: GPL-3.0-or-later
-- What version 5 added: people's keys.
INSERT INTO people_key VALUES (5, x'04b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0', x'99b10c');
