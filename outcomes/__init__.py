"""What became of it: placements, surveys, alumni, targets, retention, snapshots and reports.

Where to begin:

- *the numbers*: `metrics` reads each kind of record once, as of a day; `roster` says who counts; `retention`,
  `survival`, `completion`, `placement`, `projects`, `benchmarks`, `portfolio`, `satisfaction`, `reputation`, `alumni`
  make them of `cases`, in the shape of `measures`, with `intervals` and `verdicts`.
- *what they are held against*: `targets`, `feasibility`, `employers`.
- *what is kept of them*: `snapshots`, `snapshot_runs`; `lateness`, `changes` say what became of a past day's numbers.
- *what shows them*: `figures` for a page, `scorecards`, `charts`, `explaining`, `exports`, `wording`.
- *what leaves the staff*: `graduates`, `publishing`, `board_pdf`, `workbook`; `hiding`, `disclosing` say what may not.
- *what is asked of people*: `intent`, `check_ins`, `placing`, `verifying`, `salaries`, `survey_…`, `alumni_…`,
  `mentor_offers`.
- *what it takes*: `estimates`, `estimate_checks`, `costs`, `resources`.
"""
