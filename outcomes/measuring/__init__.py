"""The numbers: read from dated records, decided for each learner, held against targets."""
