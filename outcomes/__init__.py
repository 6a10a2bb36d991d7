"""What became of it: placements, surveys, alumni, targets, retention, snapshots and reports.

Where to begin:

- *the numbers*: `metrics` reads each kind of record once, as of a day, in `columns`; `roster` says who counts, `cases`
  how rules decide where each learner stands. `retention`, `survival`, `completion`, `placement`, `projects`,
  `benchmarks`, `portfolio`, `satisfaction`, `reputation`, `alumni` are the definitions, in the shape of `measures`;
  `intervals` and `verdicts` judge. `kept_facts` keeps what today's numbers are made of, `fact_triggers` note changes.
- *what they are held against*: `targets`, `feasibility`, `employers`.
- *what is kept of them*: `snapshots`, `snapshot_runs`; `lateness`, `changes` say what became of a past day's numbers.
- *what shows them*: `figures` for a page, `scorecards`, `charts`, `explaining`, `exports`, `wording`.
- *what leaves the staff*: `graduates`, `publishing`, `board_pdf`, `workbook`; `hiding`, `disclosing` say what may not.
- *what is asked of people*: `intent`, `check_ins`, `placing`, `verifying`, `salaries`, `survey_…`, `alumni_…`,
  `mentor_offers`.
- *what it takes*: `estimates`, `estimate_checks`, `costs`, `resources`.
"""
