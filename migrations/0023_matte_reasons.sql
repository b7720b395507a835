-- Why a picture has no clear subject; empty: it has one, or was judged before there were reasons.
ALTER TABLE mattes ADD COLUMN reason TEXT NOT NULL DEFAULT '';
