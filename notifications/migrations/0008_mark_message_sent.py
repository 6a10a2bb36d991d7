from django.db import migrations

# The claim says that it is still the worker's. PostgreSQL plans the statement once for each connection, also behind a
# pooler, where a prepared statement would be missed.
CREATE = """
CREATE FUNCTION mark_message_sent(organization uuid, message uuid, claim timestamptz, at timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('app.organization_id', organization::text, true);
  UPDATE notifications_message
  SET state = 'sent', settled_at = at, reason = '', cause = '', attempts = attempts + 1, claimed_until = NULL
  WHERE organization_id = organization AND id = message AND state = 'pending' AND claimed_until = claim;
  RETURN FOUND;
END $$;
"""
DROP = "DROP FUNCTION mark_message_sent(uuid, uuid, timestamptz, timestamptz)"


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0007_cohort_offsets"),
    ]

    operations = [migrations.RunSQL(CREATE, DROP)]
