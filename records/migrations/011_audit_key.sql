-- Which key an entry's hash was made with (vault/vault.h); "" = none, as before there were keys.
ALTER TABLE audit ADD COLUMN key_id TEXT NOT NULL DEFAULT '';
