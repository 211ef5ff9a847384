-- When two branches gave the same number, a merge numbers the later version anew. Everything else of a version stays
-- as it was saved; links refer to ids.

DROP TRIGGER version_is_immutable;

CREATE TRIGGER version_is_immutable BEFORE UPDATE ON version
WHEN NEW.id IS NOT OLD.id OR NEW.version_id IS NOT OLD.version_id OR NEW.variant_id IS NOT OLD.variant_id
    OR NEW.content IS NOT OLD.content OR NEW.parent_id IS NOT OLD.parent_id OR NEW.author IS NOT OLD.author
    OR NEW.at IS NOT OLD.at OR NEW.message IS NOT OLD.message
BEGIN
    SELECT RAISE (ABORT, 'a version is immutable');
END;
