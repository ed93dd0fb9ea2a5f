# gpg: what this folder builds and tests.
