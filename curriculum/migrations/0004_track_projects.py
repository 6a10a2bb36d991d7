import django.db.models.deletion
from django.db import migrations, models

import organizations.models

# The work of a track becomes a project: it is submitted and reviewed like any other. Published trees have tracks too,
# so the triggers that freeze them rest meanwhile.
TO_PROJECTS = """
ALTER TABLE curriculum_project DISABLE TRIGGER curriculum_project_frozen;
ALTER TABLE curriculum_benchmark DISABLE TRIGGER curriculum_benchmark_frozen;
INSERT INTO curriculum_project
  (id, organization_id, version_id, level_id, module_id, track_id, position, kind, code, title, hours, description, checklist)
SELECT gen_random_uuid(), track.organization_id, level.version_id, track.level_id, track.module_id, track.id,
  coalesce((SELECT max(position) FROM curriculum_project AS other WHERE other.version_id = level.version_id), 0)
    + row_number() OVER (PARTITION BY level.version_id ORDER BY level.number, track.number),
  'track', concat(module.code, '-T', track.number), track.title, track.hours, track.description, track.checklist
FROM curriculum_track AS track
JOIN curriculum_level AS level ON level.id = track.level_id
LEFT JOIN curriculum_module AS module ON module.id = track.module_id;
INSERT INTO curriculum_benchmark (id, organization_id, project_id, position, metric, comparison, threshold, unit)
SELECT gen_random_uuid(), project.organization_id, project.id, stated.position, stated.value ->> 'metric',
  stated.value ->> 'comparison', (stated.value ->> 'threshold')::numeric, stated.value ->> 'unit'
FROM curriculum_project AS project
JOIN curriculum_track AS track ON track.id = project.track_id
CROSS JOIN LATERAL jsonb_array_elements(track.benchmarks) WITH ORDINALITY AS stated (value, position);
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE curriculum_project ENABLE TRIGGER curriculum_project_frozen;
ALTER TABLE curriculum_benchmark ENABLE TRIGGER curriculum_benchmark_frozen;
"""

TO_TRACKS = """
ALTER TABLE curriculum_track DISABLE TRIGGER curriculum_track_frozen;
ALTER TABLE curriculum_project DISABLE TRIGGER curriculum_project_frozen;
ALTER TABLE curriculum_benchmark DISABLE TRIGGER curriculum_benchmark_frozen;
UPDATE curriculum_track AS track SET description = project.description, checklist = project.checklist,
  benchmarks = coalesce((
    SELECT jsonb_agg(jsonb_build_object(
      'metric', metric, 'comparison', comparison, 'threshold', threshold::text, 'unit', unit
    ) ORDER BY position) FROM curriculum_benchmark WHERE project_id = project.id
  ), '[]')
FROM curriculum_project AS project WHERE project.track_id = track.id;
DELETE FROM curriculum_benchmark USING curriculum_project AS project
WHERE project.id = project_id AND project.track_id IS NOT NULL;
DELETE FROM curriculum_project WHERE track_id IS NOT NULL;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE curriculum_track ENABLE TRIGGER curriculum_track_frozen;
ALTER TABLE curriculum_project ENABLE TRIGGER curriculum_project_frozen;
ALTER TABLE curriculum_benchmark ENABLE TRIGGER curriculum_benchmark_frozen;
"""


class Migration(migrations.Migration):
    dependencies = [("curriculum", "0003_freeze_published_versions")]

    operations = [
        migrations.AddField(
            "project",
            "track",
            organizations.models.TenantForeignKey(
                db_constraint=False, null=True, on_delete=django.db.models.deletion.CASCADE,
                related_name="projects", to="curriculum.track",
            ),
        ),
        migrations.AlterField(
            "project",
            "kind",
            models.CharField(
                choices=[
                    ("module_capstone", "Module capstone"), ("practice_project", "Practice project"),
                    ("final_capstone", "Final capstone"), ("track", "Specialization"),
                ],
                max_length=20,
            ),
        ),
        migrations.RunSQL(TO_PROJECTS, TO_TRACKS),
        migrations.RemoveField("track", "benchmarks"),
        migrations.RemoveField("track", "checklist"),
        migrations.RemoveField("track", "description"),
        migrations.AddConstraint(
            "project",
            models.CheckConstraint(
                condition=models.Q(kind="track", track__isnull=False) | ~models.Q(kind="track") & models.Q(track=None),
                name="project_of_track_has_track",
            ),
        ),
    ]
