from django.db import migrations

# Which column of each table leads to its version, and what that column refers to.
PARENTS = {
    "curriculum_level": "version_id",
    "curriculum_verificationmethod": "version_id",
    "curriculum_project": "version_id",
    "curriculum_module": "level_id",
    "curriculum_track": "level_id",
    "curriculum_topic": "module_id",
    "curriculum_benchmark": "project_id",
}

FREEZE_TREE = """
CREATE FUNCTION refuse_changes_to_published_tree() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  parents uuid[];
  versions uuid[];
  published boolean;
BEGIN
  IF TG_OP = 'DELETE' AND current_user <> 'gilde' THEN
    RETURN OLD;  -- an organization is deleted by the owner, with all that it has
  END IF;
  parents := ARRAY[(to_jsonb(OLD) ->> TG_ARGV[0])::uuid, (to_jsonb(NEW) ->> TG_ARGV[0])::uuid];
  CASE TG_ARGV[0]
    WHEN 'version_id' THEN
      versions := parents;
    WHEN 'level_id' THEN
      versions := ARRAY(SELECT version_id FROM curriculum_level WHERE id = ANY (parents));
    WHEN 'module_id' THEN
      versions := ARRAY(
        SELECT level.version_id FROM curriculum_module AS module
        JOIN curriculum_level AS level ON level.id = module.level_id WHERE module.id = ANY (parents)
      );
    WHEN 'project_id' THEN
      versions := ARRAY(SELECT version_id FROM curriculum_project WHERE id = ANY (parents));
  END CASE;
  -- Locked, so that a version cannot be published while its tree is being changed.
  SELECT bool_or(status <> 'draft') INTO published FROM (
    SELECT status FROM curriculum_curriculumversion WHERE id = ANY (versions) FOR SHARE
  ) AS locked;
  IF published THEN
    RAISE EXCEPTION 'A published curriculum never changes: import the plan again to make the next version.'
      USING ERRCODE = 'restrict_violation', CONSTRAINT = 'version_frozen', TABLE = TG_TABLE_NAME;
  END IF;
  RETURN coalesce(NEW, OLD);
END $$
"""

FREEZE_VERSION = """
CREATE FUNCTION refuse_changes_to_published_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_user <> 'gilde' THEN
    RETURN OLD;
  END IF;
  IF TG_OP = 'UPDATE'
    AND to_jsonb(NEW) - 'status' = to_jsonb(OLD) - 'status'
    AND (NEW.status = OLD.status OR (OLD.status = 'published' AND NEW.status = 'archived'))
  THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'A published curriculum never changes: import the plan again to make the next version.'
    USING ERRCODE = 'restrict_violation', CONSTRAINT = 'version_frozen', TABLE = TG_TABLE_NAME;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("curriculum", "0002_plan_texts")]

    operations = [
        migrations.RunSQL(FREEZE_TREE, "DROP FUNCTION refuse_changes_to_published_tree()"),
        migrations.RunSQL(FREEZE_VERSION, "DROP FUNCTION refuse_changes_to_published_version()"),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {table}_frozen BEFORE INSERT OR UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION refuse_changes_to_published_tree('{column}')",
                f"DROP TRIGGER {table}_frozen ON {table}",
            )
            for table, column in PARENTS.items()
        ),
        migrations.RunSQL(
            "CREATE TRIGGER curriculum_curriculumversion_frozen BEFORE UPDATE OR DELETE ON curriculum_curriculumversion "
            "FOR EACH ROW WHEN (OLD.status <> 'draft') EXECUTE FUNCTION refuse_changes_to_published_version()",
            "DROP TRIGGER curriculum_curriculumversion_frozen ON curriculum_curriculumversion",
        ),
    ]
