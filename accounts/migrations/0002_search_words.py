from django.db import migrations

#: The words of a text as search compares them: small letters without accents, split at whatever is no letter or digit.
#: `accounts.search.fold` does the same to what a person types. No extension and no dictionary: names are no language.
WORDS = r"""
CREATE FUNCTION search_words(said text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_to_tsvector(array_remove(regexp_split_to_array(
    translate(lower(regexp_replace(normalize(said, NFKD), '[\u0300-\u036f]+', '', 'g')), 'øłđıßØŁĐ', 'oldisold'),
    '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00bf\u2000-\u206f]+'), ''))
$$
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunSQL(WORDS, "DROP FUNCTION search_words(text)"),
        # Stored, since a search compares it for everybody; PostgreSQL keeps it, and Django never reads it.
        migrations.RunSQL(
            "ALTER TABLE accounts_membership ADD COLUMN search_words tsvector "
            "GENERATED ALWAYS AS (search_words(name::text)) STORED",
            "ALTER TABLE accounts_membership DROP COLUMN search_words",
        ),
    ]
