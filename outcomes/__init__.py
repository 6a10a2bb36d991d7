"""What became of it: placements, surveys, alumni, targets, retention, snapshots and reports.

- `measuring`: the numbers. `metrics` reads each kind of record once, as of a day, in `columns`; `roster` says who
  counts, `cases` how rules decide where each learner stands; the rest are definitions, and what they are held against.
- `keeping`: what is kept of numbers, and what became untrue since.
- `showing`: numbers as people see them.
- `reports`: what leaves the staff's own pages; `hiding` and `disclosing` say what may not.
- `collecting`: what is asked of learners and graduates, and recorded about them.
- `surveys`, `alumni_network`, `resourcing`: answers without names; graduates among themselves; money and people.
- `views` and `forms`: a module for each part of the pages.
"""
