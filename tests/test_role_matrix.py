"""Every route and who may enter it. A route without a row fails; so does a row without a route.

The columns: nobody, Otto (an outsider), Amira (learner), Daan (another learner), Joris (mentor), Ilse (staff), Ada
(admin). 200 and 302 let in, 422 lets in and asks to correct, 403 is the wrong role, 404 hides what is not one's own,
401 is the API's way to say sign in.
Routes that only change things are asked with an empty form.
"""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.conftest import session_of
from tests.world import World

MATRIX = """
POST accounts:change_roles          302 404 403 403 403 403 422
POST accounts:close_access          302 404 403 403 403 403 302
GET  accounts:invite                302 404 403 403 403 200 200
GET  accounts:people                302 404 403 403 403 200 200
GET  accounts:person                302 404 403 403 403 200 200
GET  accounts:preview_color         302 404 403 403 403 403 200
POST accounts:resend                302 404 403 403 403 422 422
POST accounts:revoke                302 404 403 403 403 422 422
POST accounts:trust_address         302 404 403 403 403 302 302
GET  accounts:settings              302 404 403 403 403 403 200
GET  api:cohort                     401 404 403 403 200 200 200
GET  api:cohorts                    401 404 403 403 200 200 200
POST api:book                       401 404 422 422 403 403 403
POST api:log_study                  401 404 422 422 403 403 403
POST api:mark_topic                 401 404 422 422 403 403 403
GET  api:gates                      401 404 403 403 403 200 200
GET  api:metrics                    401 404 403 403 403 200 200
GET  api:own_gates                  401 404 200 200 403 403 403
GET  api:path                       401 404 200 200 403 403 403
GET  api:projects                   401 404 200 200 403 403 403
GET  api:benchmarks                 401 404 200 200 403 403 403
POST api:benchmarks                 401 404 422 422 403 403 403
GET  api:benchmark_reports          401 404 403 403 200 200 200
POST api:judge_benchmark            401 404 403 403 422 422 422
GET  api:presentations              401 404 200 200 200 200 200
GET  api:reviews                    401 404 403 403 200 200 200
GET  api:roster                     401 404 403 403 200 200 200
GET  api:slots                      401 404 200 200 403 403 403
POST api:submit                     401 404 422 422 403 403 403
GET  api:survey                     401 404 403 403 403 200 200
GET  api:surveys                    401 404 403 403 403 200 200
GET  api:submission_draft           401 404 404 404 403 403 403
POST api:withdraw                   401 404 200 404 403 403 403
POST assessments:ask_reviewer       302 404 403 403 403 422 422
POST assessments:ask_second_reader  302 404 403 403 422 422 422
GET  assessments:change_rubric      302 404 403 403 403 200 200
POST assessments:change_rubric      302 404 403 403 403 422 422
GET  assessments:certificate        302 404 200 404 403 200 200
GET  assessments:certificate_pdf    302 404 200 404 403 200 200
GET  assessments:certificates       302 404 200 200 403 403 403
POST assessments:claim              302 404 403 403 302 302 302
POST assessments:decide             302 404 403 403 404 404 404
POST assessments:decide_gate        302 404 403 403 403 422 422
POST assessments:draft              302 404 403 403 404 404 404
GET  assessments:accounts           302 404 200 200 403 403 403
POST assessments:accounts           302 404 302 302 403 403 403
GET  assessments:ci                 302 404 403 403 403 403 200
POST assessments:ci                 302 404 403 403 403 403 200
GET  assessments:gate_asks          302 404 403 403 403 403 200
POST assessments:gate_asks          302 404 403 403 403 403 422
GET  assessments:tests              302 404 403 403 200 200 200
POST assessments:tests              302 404 403 403 422 422 422
POST assessments:look_again         302 404 302 404 422 422 422
GET  assessments:gates              302 404 403 403 403 200 200
POST assessments:hand_over_review   302 404 403 403 404 404 404
GET  assessments:new_rubric         302 404 403 403 403 200 200
POST assessments:new_rubric         302 404 403 403 403 422 422
POST assessments:preview_review     302 404 403 403 404 404 404
GET  assessments:portfolio          302 404 403 403 200 200 200
GET  assessments:judge_portfolio    302 404 403 403 200 200 200
POST assessments:judge_portfolio    302 404 403 403 422 422 422
GET  assessments:report_benchmark   302 404 200 200 403 403 403
POST assessments:report_benchmark   302 404 422 422 403 403 403
GET  assessments:record_benchmark   302 404 403 403 200 200 200
POST assessments:record_benchmark   302 404 403 403 422 422 422
GET  assessments:benchmarks         302 404 403 403 200 200 200
GET  assessments:judge_benchmark    302 404 403 403 200 200 200
POST assessments:judge_benchmark    302 404 403 403 422 422 422
GET  assessments:presentations      302 404 403 403 200 200 200
GET  assessments:presentation       302 404 200 404 200 200 200
GET  assessments:presentation_settings 302 404 403 403 403 200 200
POST assessments:presentation_settings 302 404 403 403 403 422 422
GET  assessments:schedule_presentation 302 404 403 403 302 302 302
POST assessments:schedule_presentation 302 404 403 403 422 422 422
GET  assessments:change_presentation 302 404 403 403 200 200 200
POST assessments:change_presentation 302 404 403 403 422 422 422
GET  assessments:cancel_presentation 302 404 403 403 200 200 200
POST assessments:cancel_presentation 302 404 403 403 422 422 422
POST assessments:no_show_presentation 302 404 403 403 302 302 302
POST assessments:save_panel_scores  302 404 403 403 302 302 422
POST assessments:hand_in_panel_scores 302 404 403 403 422 422 422
POST assessments:decide_presentation 302 404 403 403 422 422 422
GET  assessments:peer_rounds        302 404 403 403 403 200 200
GET  assessments:open_peer_round    302 404 403 403 403 200 200
POST assessments:open_peer_round    302 404 403 403 403 422 422
POST assessments:set_peer_rule      302 404 403 403 403 422 422
GET  assessments:peer_round         302 404 403 403 403 200 200
POST assessments:close_peer_round   302 404 403 403 403 302 302
GET  assessments:peer_review        302 404 404 200 403 404 404
POST assessments:save_peer_review   302 404 404 302 403 404 404
POST assessments:hand_in_peer_review 302 404 404 422 403 404 404
GET  assessments:project            302 404 200 200 403 403 403
GET  assessments:projects           302 404 200 200 403 403 403
GET  assessments:queue              302 404 403 403 200 200 200
POST assessments:release            302 404 403 403 404 404 404
GET  assessments:review_settings    302 404 403 403 403 200 200
POST assessments:review_settings    302 404 403 403 403 422 422
GET  assessments:rubric             302 404 403 403 403 200 200
POST assessments:rubric             302 404 403 403 403 422 422
GET  assessments:rubrics            302 404 403 403 403 200 200
POST assessments:rubrics            302 404 403 403 403 422 422
GET  assessments:override           302 404 403 403 403 200 200
POST assessments:override           302 404 403 403 403 422 422
GET  assessments:own_gates          302 404 200 200 403 403 403
POST assessments:reissue_certificate 302 404 403 403 403 422 422
GET  assessments:review             302 404 403 403 200 200 200
POST assessments:save_submission_draft 302 404 422 302 403 403 403
POST assessments:revoke_certificate 302 404 403 403 403 422 422
POST assessments:submit             302 404 422 422 403 403 403
POST assessments:withdraw           302 404 302 404 403 403 403
GET  cohorts:arrange_groups         302 404 403 403 403 200 200
POST cohorts:arrange_groups         302 404 403 403 403 200 200
GET  cohorts:attendance             302 404 403 403 200 200 200
GET  cohorts:attendance_csv         302 404 403 403 403 200 200
GET  cohorts:cancel_gathering       302 404 403 403 403 200 200
POST cohorts:cancel_gathering       302 404 403 403 403 302 302
GET  cohorts:check_in               302 404 200 200 403 403 403
POST cohorts:check_in               302 404 422 422 403 403 403
GET  cohorts:groups                 302 404 403 403 200 200 200
POST cohorts:mark                   302 404 403 403 422 422 422
POST cohorts:mark_rest              302 404 403 403 422 422 422
GET  cohorts:next_round             302 404 403 403 403 200 200
POST cohorts:next_round             302 404 403 403 403 422 422
GET  cohorts:pairs                  302 404 403 403 200 200 200
GET  cohorts:plan_gathering         302 404 403 403 403 200 200
POST cohorts:plan_gathering         302 404 403 403 403 422 422
GET  cohorts:sheet                  302 404 403 403 200 200 200
POST cohorts:show_code              302 404 403 403 302 302 302
GET  cohorts:stand_up               302 404 200 200 403 403 403
POST cohorts:stand_up               302 404 422 422 403 403 403
GET  cohorts:stand_ups              302 404 403 403 200 200 200
GET  cohorts:stop_gathering         302 404 403 403 403 200 200
POST cohorts:stop_gathering         302 404 403 403 403 422 422
POST cohorts:switch_stand_ups       302 404 403 403 403 302 302
GET  cohorts:today_gatherings       302 404 403 403 200 200 200
POST cohorts:undo_last_round        302 404 403 403 403 302 302
GET  cohorts:assign_mentor          302 404 403 403 403 200 200
GET  cohorts:breaks                 302 404 403 403 403 200 200
GET  cohorts:bulk_action            302 404 403 403 403 200 404
POST cohorts:bulk_action            302 404 403 403 403 200 404
GET  cohorts:bulk_actions           302 404 403 403 403 200 200
GET  cohorts:calendar               302 404 403 403 403 200 200
GET  cohorts:cohort_ics             302 404 403 403 403 200 200
GET  cohorts:import_breaks          302 404 403 403 403 200 200
GET  cohorts:import_calendar        302 404 403 403 403 200 200
GET  cohorts:learner_dates          302 404 403 403 403 200 200
POST cohorts:learner_dates          302 404 403 403 403 422 422
GET  cohorts:next_edition           302 404 403 403 403 200 200
GET  cohorts:offer                  302 404 200 404 403 403 403
POST cohorts:offer                  302 404 422 404 403 403 403
GET  cohorts:own_ics                302 404 200 200 403 403 403
GET  cohorts:cohort_messages        302 404 403 403 403 200 200
GET  cohorts:staff_messages         302 404 403 403 403 200 200
GET  cohorts:write_message          302 404 403 403 403 200 200
POST cohorts:write_message          302 404 403 403 403 422 422
GET  cohorts:staff_message          302 404 403 403 403 200 200
POST cohorts:staff_message          302 404 403 403 403 422 422
GET  cohorts:edit_message           302 404 403 403 403 200 200
POST cohorts:edit_message           302 404 403 403 403 422 422
GET  cohorts:message_page           302 404 403 403 403 200 200
GET  cohorts:read_message           302 404 200 404 404 404 404
GET  cohorts:chats                  302 404 403 403 403 200 200
POST cohorts:chats                  302 404 403 403 403 404 404
GET  cohorts:team                   302 404 403 403 403 200 200
GET  cohorts:waiting_list           302 404 403 403 403 200 200
POST cohorts:waiting_list           302 404 403 403 403 404 404
GET  cohorts:change_status          302 404 403 403 403 200 200
POST cohorts:choose_columns         302 404 403 403 302 302 302
POST cohorts:choose_many            302 404 403 403 403 302 302
GET  cohorts:change_view            302 404 403 403 404 200 200
POST cohorts:change_view            302 404 403 403 404 422 422
GET  cohorts:choose_track           302 404 200 200 403 403 403
POST cohorts:choose_track           302 404 302 302 403 403 403
GET  cohorts:correct_progress       302 404 403 403 403 200 200
GET  cohorts:create                 302 404 403 403 403 200 200
GET  cohorts:correct_history        302 404 403 403 403 200 200
POST cohorts:correct_history        302 404 403 403 403 422 422
POST cohorts:create                 302 404 403 403 403 422 422
GET  cohorts:ask_for_credit         302 404 200 200 403 403 403
POST cohorts:ask_for_credit         302 404 422 422 403 403 403
GET  cohorts:credit_request         302 404 403 403 403 200 200
POST cohorts:credit_request         302 404 403 403 403 422 422
GET  cohorts:credit_requests        302 404 403 403 403 200 200
POST cohorts:withdraw_credit_request 302 404 302 404 403 403 403
GET  cohorts:credit                 302 404 403 403 403 200 200
POST cohorts:credit                 302 404 403 403 403 422 422
GET  cohorts:earlier                302 404 403 403 200 200 200
POST cohorts:import_apply           302 404 403 403 403 422 422
GET  cohorts:import_errors          302 404 403 403 403 200 200
GET  cohorts:import_file            302 404 403 403 403 200 200
POST cohorts:import_file            302 404 403 403 403 422 422
GET  cohorts:imports                302 404 403 403 403 200 200
GET  cohorts:undo_import            302 404 403 403 403 200 200
POST cohorts:undo_import            302 404 403 403 403 302 302
POST cohorts:end_snooze             302 404 403 403 403 422 422
GET  cohorts:import_learners        302 404 403 403 403 200 200
GET  cohorts:learner                302 404 403 403 200 200 200
GET  cohorts:leaving_reasons        302 404 403 403 403 200 200
POST cohorts:leaving_reasons        302 404 403 403 403 422 422
GET  cohorts:learners               302 404 403 403 200 200 200
GET  cohorts:learners_csv           302 404 403 403 403 200 200
GET  cohorts:learners_xlsx          302 404 403 403 403 200 200
GET  cohorts:list                   302 404 403 403 200 200 200
GET  cohorts:list_views             302 404 403 403 200 200 200
POST cohorts:add_study              302 404 302 302 403 403 403
GET  cohorts:change_note            302 404 403 403 404 200 404
POST cohorts:change_note            302 404 403 403 404 422 404
GET  cohorts:correct_study          302 404 403 403 403 200 200
POST cohorts:correct_study          302 404 403 403 403 422 422
POST cohorts:log_study              302 404 422 422 403 403 403
POST cohorts:mark_topic             302 404 302 302 403 403 403
GET  cohorts:milestones             302 404 403 403 403 200 200
GET  cohorts:move_cohort            302 404 403 403 403 200 200
POST cohorts:move_cohort            302 404 403 403 403 422 422
GET  cohorts:move_learner           302 404 403 403 403 200 200
POST cohorts:move_learner           302 404 403 403 403 422 422
GET  cohorts:overview               302 404 403 403 200 200 200
GET  cohorts:own_earlier            302 404 200 200 403 403 403
GET  cohorts:pace                   302 404 403 403 200 200 200
GET  cohorts:path                   302 404 200 200 403 403 403
GET  cohorts:record_status          302 404 403 403 403 200 200
POST cohorts:record_status          302 404 403 403 403 422 422
GET  cohorts:risk_settings          302 404 403 403 403 200 200
POST cohorts:risk_settings          302 404 403 403 403 302 302
GET  cohorts:roster_csv             302 404 403 403 403 200 200
GET  cohorts:roster_xlsx            302 404 403 403 403 200 200
GET  cohorts:save_view              302 404 403 403 200 200 200
POST cohorts:save_view              302 404 403 403 422 422 422
GET  cohorts:set_track              302 404 403 403 403 200 200
POST cohorts:set_track              302 404 403 403 403 422 422
GET  cohorts:settings               302 404 403 403 403 200 200
POST cohorts:undo_bulk_action       302 404 403 403 403 404 404
GET  cohorts:snooze                 302 404 403 403 403 404 404
POST cohorts:snooze                 302 404 403 403 403 422 422
GET  cohorts:undo_cohort_move       302 404 403 403 403 200 200
POST cohorts:undo_cohort_move       302 404 403 403 403 422 422
GET  cohorts:undo_transfer          302 404 403 403 403 200 200
POST cohorts:undo_transfer          302 404 403 403 403 422 422
POST cohorts:write_note             302 404 403 403 422 422 422
GET  cohorts:undo_learner_move      302 404 403 403 403 200 200
POST cohorts:undo_learner_move      302 404 403 403 403 422 422
GET  cohorts:take_back_credit       302 404 403 403 403 200 200
POST cohorts:take_back_credit       302 404 403 403 403 422 422
GET  cohorts:timeline               302 404 403 403 200 200 200
GET  cohorts:tracks                 302 404 200 200 403 403 403
POST curriculum:accept              302 404 403 403 403 422 422
POST curriculum:accept_again        302 404 403 403 403 422 422
POST curriculum:add_node            302 404 403 403 403 422 422
GET  curriculum:audit               302 404 403 403 403 200 200
POST curriculum:change_node         302 404 403 403 403 422 422
GET  curriculum:compare             302 404 403 403 200 200 200
GET  curriculum:discard             302 404 403 403 403 200 200
POST curriculum:discard             302 404 403 403 403 422 422
POST curriculum:draft               302 404 403 403 403 302 302
GET  curriculum:edit                302 404 403 403 403 302 302
POST curriculum:fix                 302 404 403 403 403 422 422
GET  curriculum:download            302 404 403 403 200 200 200
GET  curriculum:import              302 404 403 403 403 200 200
GET  curriculum:list                302 404 403 403 200 200 200
POST curriculum:publish             302 404 403 403 403 422 422
POST curriculum:redo                302 404 403 403 403 422 422
POST curriculum:take_back           302 404 403 403 403 422 422
POST curriculum:undo                302 404 403 403 403 422 422
GET  curriculum:version             302 404 200 200 200 200 200
GET  home:learner                   302 404 200 200 403 403 403
GET  home:bell                      302 404 200 200 200 200 200
GET  home:notifications             302 404 200 200 200 200 200
GET  home:notification_settings     302 404 200 200 200 200 200
POST home:notification_settings     302 404 422 422 422 422 422
GET  home:open_notification         302 404 302 404 404 404 404
POST home:read_notifications        302 404 302 302 302 302 302
GET  home:messages                  302 404 403 403 403 200 200
GET  home:cohort_rules              302 404 403 403 403 200 200
POST home:cohort_rules              302 404 403 403 403 422 422
GET  home:preview                   302 404 403 403 403 200 200
GET  home:preview_page              302 404 403 403 403 200 200
GET  home:previews                  302 404 403 403 403 302 302
POST home:resend_message            302 404 403 403 403 404 404
POST home:resend_messages           302 404 403 403 403 302 302
GET  home:add_webhook               302 404 403 403 403 403 200
POST home:add_webhook               302 404 403 403 403 403 422
POST home:change_secret             302 404 403 403 403 403 200
GET  home:delivery                  302 404 403 403 403 403 200
GET  home:edit_webhook              302 404 403 403 403 403 200
POST home:edit_webhook              302 404 403 403 403 403 422
POST home:remove_webhook            302 404 403 403 403 403 302
POST home:replay_delivery           302 404 403 403 403 403 302
POST home:replay_webhook            302 404 403 403 403 403 422
POST home:switch_webhook            302 404 403 403 403 403 302
POST home:test_webhook              302 404 403 403 403 403 302
GET  home:webhook                   302 404 403 403 403 403 200
GET  home:webhooks                  302 404 403 403 403 403 200
GET  home:rules                     302 404 403 403 403 200 200
POST home:rules                     302 404 403 403 403 422 422
GET  home:search                   302 404 200 200 200 200 200
GET  home:start                     302 404 302 302 302 302 302
GET  home:changes                   302 404 403 403 403 200 200
GET  home:due                       302 404 403 403 403 200 200
GET  home:today                     302 404 403 403 403 200 200
GET  mentoring:availability         302 404 403 403 200 403 403
POST mentoring:availability         302 404 403 403 302 403 403
POST mentoring:preview              302 404 403 403 200 403 403
POST mentoring:add_action           302 404 422 404 422 422 422
POST mentoring:book                 302 404 422 422 403 403 403
GET  mentoring:book_for             302 404 403 403 200 200 200
POST mentoring:book_for             302 404 403 403 422 422 422
GET  mentoring:cancel               302 404 200 404 200 200 200
GET  mentoring:coverage             302 404 403 403 403 200 200
GET  mentoring:expertise            302 404 403 403 200 200 200
GET  mentoring:hand_over            302 404 403 403 403 200 200
POST mentoring:hand_over            302 404 403 403 403 200 200
GET  mentoring:hours_csv            302 404 403 403 200 200 200
POST mentoring:accept_hand_over     302 404 403 403 302 403 403
POST mentoring:decline_hand_over    302 404 403 403 422 403 403
GET  mentoring:taking_over          302 404 403 403 200 403 403
POST mentoring:withdraw_hand_over   302 404 403 403 403 302 302
GET  mentoring:match                302 404 403 403 403 200 200
POST mentoring:match                302 404 403 403 403 422 422
GET  mentoring:mentors              302 404 403 403 403 200 200
GET  mentoring:move                 302 404 200 404 200 200 200
GET  mentoring:proposal             302 404 200 404 403 403 403
POST mentoring:proposal             302 404 422 404 403 403 403
GET  mentoring:propose              302 404 403 403 200 200 200
POST mentoring:propose              302 404 403 403 422 422 422
POST mentoring:rate                 302 404 422 404 422 422 422
GET  mentoring:series               302 404 200 404 200 200 200
POST mentoring:series               302 404 422 404 422 422 422
GET  mentoring:session              302 404 200 404 200 200 200
GET  mentoring:sessions             302 404 200 200 403 403 403
POST mentoring:settle               302 404 422 404 422 422 422
GET  mentoring:stop_series          302 404 200 404 200 200 200
GET  mentoring:time_off_sessions    302 404 403 403 200 200 200
POST mentoring:tick_action          302 404 302 404 302 422 422
GET  mentoring:week                 302 404 403 403 200 403 403
POST mentoring:write_agenda         302 404 422 404 422 422 422
POST mentoring:write_notes          302 404 422 404 422 422 422
POST mentoring:write_private        302 404 422 404 422 422 422
GET  organizations:tenant_css       302 404 200 200 200 200 200
GET  outcomes:add_employer          302 404 403 403 403 403 200
POST outcomes:add_employer          302 404 403 403 403 403 422
GET  outcomes:change_target         302 404 403 403 403 403 200
POST outcomes:change_target         302 404 403 403 403 403 422
GET  outcomes:check_ins             302 404 403 403 403 200 200
GET  outcomes:png                   302 404 403 403 403 404 404
GET  outcomes:cost_curve_png        302 404 403 403 403 200 200
GET  outcomes:survey_chart_png      302 404 403 403 403 404 404
GET  outcomes:survey_chart_csv      302 404 403 403 403 404 404
GET  outcomes:csv                   302 404 403 403 403 200 200
GET  outcomes:employers             302 404 403 403 403 200 200
GET  outcomes:explain               302 404 403 403 403 200 200
GET  outcomes:intent                302 404 403 403 403 200 200
POST outcomes:intent                302 404 403 403 403 422 422
GET  outcomes:own_intent            302 404 200 200 403 403 403
POST outcomes:own_intent            302 404 422 422 403 403 403
GET  outcomes:alumni                302 404 200 200 200 200 200
GET  outcomes:own_alumnus           302 404 404 404 404 404 404
POST outcomes:own_pathway           302 404 404 404 404 404 404
POST outcomes:list_alumnus          302 404 404 404 404 404 404
POST outcomes:unlist_alumnus        302 404 302 302 302 302 302
POST outcomes:forget_salary         302 404 302 302 302 302 302
GET  outcomes:offer_to_mentor       302 404 404 404 404 404 404
POST outcomes:offer_to_mentor       302 404 404 404 404 404 404
POST outcomes:withdraw_offer        302 404 302 302 302 302 302
POST outcomes:answer_offer          302 404 403 403 403 422 422
GET  outcomes:pathway               302 404 403 403 403 200 200
POST outcomes:pathway               302 404 403 403 403 422 422
GET  outcomes:reports               302 404 403 403 403 200 200
GET  outcomes:graduates             302 404 403 403 403 200 200
GET  outcomes:graduates_csv         302 404 403 403 403 200 200
GET  outcomes:workbook              302 404 403 403 403 200 200
GET  outcomes:board                 302 404 403 403 403 200 200
GET  outcomes:public_page           302 404 403 403 403 403 200
POST outcomes:public_page           302 404 403 403 403 403 422
GET  outcomes:placement_policy      302 404 403 403 403 403 200
POST outcomes:placement_policy      302 404 403 403 403 403 422
GET  outcomes:placements            302 404 403 403 403 200 200
GET  outcomes:verify_placement      302 404 403 403 403 200 200
POST outcomes:verify_placement      302 404 403 403 403 422 422
GET  outcomes:record_placement      302 404 403 403 403 200 200
GET  outcomes:record_rank           302 404 403 403 403 200 200
POST outcomes:record_rank           302 404 403 403 403 422 422
POST outcomes:remove_employer       302 404 403 403 403 403 302
GET  outcomes:snapshots             302 404 403 403 403 200 200
POST outcomes:take_snapshots        302 404 403 403 403 403 302
GET  outcomes:success               302 404 403 403 403 200 200
GET  outcomes:surveys               302 404 403 403 403 200 200
GET  outcomes:new_survey            302 404 403 403 403 200 200
POST outcomes:new_survey            302 404 403 403 403 200 200
GET  outcomes:survey                302 404 403 403 403 200 200
GET  outcomes:edit_survey           302 404 403 403 403 200 200
POST outcomes:edit_survey           302 404 403 403 403 422 422
GET  outcomes:preview_survey        302 404 403 403 403 200 200
POST outcomes:open_survey           302 404 403 403 403 422 422
POST outcomes:close_survey          302 404 403 403 403 302 302
GET  outcomes:plan_wave             302 404 403 403 403 200 200
POST outcomes:plan_wave             302 404 403 403 403 422 422
POST outcomes:call_off_wave         302 404 403 403 403 422 422
GET  outcomes:end_wave              302 404 403 403 403 200 200
POST outcomes:end_wave              302 404 403 403 403 302 302
GET  outcomes:survey_results        302 404 403 403 403 200 200
GET  outcomes:survey_csv            302 404 403 403 403 404 404
GET  outcomes:answer_survey         302 404 200 404 404 404 404
POST outcomes:answer_survey         302 404 422 404 404 404 404
GET  outcomes:resources             302 404 403 403 403 200 200
GET  outcomes:resources_csv         302 404 403 403 403 200 200
GET  outcomes:estimate              302 404 403 403 403 403 200
POST outcomes:estimate              302 404 403 403 403 403 422
GET  outcomes:cohort_resources      302 404 403 403 403 200 200
GET  outcomes:costs_csv             302 404 403 403 403 200 200
GET  outcomes:cost_curve_csv        302 404 403 403 403 200 200
GET  outcomes:record_cost           302 404 403 403 403 200 200
POST outcomes:record_cost           302 404 403 403 403 422 422
POST outcomes:take_back_cost        302 404 403 403 403 302 302
GET  outcomes:record_staffing       302 404 403 403 403 200 200
POST outcomes:record_staffing       302 404 403 403 403 422 422
GET  outcomes:targets               302 404 403 403 403 200 200
"""

#: Routes outside any organization: open to all, one's own, or django-allauth's, which has its own tests.
ELSEWHERE = {
    "health", "ready", "home:index", "home:mailbox", "accounts:organizations", "accounts:create_organization",
    "accounts:profile", "accounts:trust_own_address",
    "accounts:set_language", "accounts:set_theme", "accounts:set_shortcuts", "accounts:accept_invitation",
    "calendar:settings", "calendar:feed", "notifications:unsubscribe", "ci:results",
    "check_ins:answer", "certificates:issuer", "certificates:tenant_css", "certificates:keys", "certificates:key",
    "certificates:status_list", "certificates:verify", "certificates:credential",
    "certificates:badge", "surveys:answer", "public_outcomes:page",
}  # fmt: skip

#: Routes about a gathering instead of Amira.
ON_A_DAY = [
    f"cohorts:{name}" for name in ("sheet", "mark", "mark_rest", "show_code", "cancel_gathering", "stop_gathering")
]

WRITTEN = [f"cohorts:{name}" for name in ("staff_message", "edit_message", "message_page")]

WEBHOOK = [
    f"home:{name}"
    for name in (
        "webhook", "edit_webhook", "switch_webhook", "change_secret", "test_webhook", "remove_webhook",
        "replay_webhook", "delivery", "replay_delivery",
    )
]  # fmt: skip

ON_A_CERTIFICATE = [
    f"assessments:{name}" for name in ("certificate", "certificate_pdf", "revoke_certificate", "reissue_certificate")
]

ON_A_PRESENTATION = [
    f"assessments:{name}"
    for name in (
        "presentation", "change_presentation", "cancel_presentation", "no_show_presentation", "save_panel_scores",
        "hand_in_panel_scores", "decide_presentation",
    )
]  # fmt: skip
ON_A_SURVEY = [
    *(f"outcomes:{name}_survey" for name in ("edit", "preview", "open", "close")),
    *(f"outcomes:{name}" for name in ("survey", "plan_wave", "survey_results", "survey_csv")),
    *(f"outcomes:survey_chart_{suffix}" for suffix in ("png", "csv")),
    "api:survey",
]

Row = tuple[str, str, list[int]]


def rows() -> list[Row]:
    table = [line.split() for line in MATRIX.strip().splitlines()]
    return [(method, name, [int(status) for status in statuses]) for method, name, *statuses in table]


def routes(patterns: list[URLPattern | URLResolver], namespace: str = "") -> Iterator[str]:
    for entry in patterns:
        if isinstance(entry, URLResolver):
            yield from routes(entry.url_patterns, f"{entry.namespace}:" if entry.namespace else namespace)
        elif entry.name and not entry.name.startswith(("account_", "mfa_")):
            yield namespace + entry.name


@pytest.fixture(scope="module")
def sessions(shared_world: World) -> list[str]:
    """One for each column, made once."""
    cast = shared_world.cast
    people = (cast.otto, cast.amira, cast.daan, cast.joris, cast.ilse, cast.ada)
    return ["", *(session_of(person.user) for person in people)]


def address(name: str, world: World) -> str:
    """The route's address for Amira's things."""
    about: dict[str, object] = {
        "accounts": world.cast.amira.pk,
        "curriculum": world.version.pk,
        "assessments": world.submission.pk,
        "cohorts": world.enrollment.pk,
        "mentoring": world.one_on_one.pk,
        "outcomes": world.enrollment.pk,
        "outcomes:remove_employer": world.listed_employer.pk,
        "outcomes:take_back_cost": world.cost.pk,
        "home": world.enrollment.pk,
        "cohorts:import_apply": world.file.pk,
        "cohorts:import_errors": world.file.pk,
        "cohorts:import_file": world.file.pk,
        "cohorts:undo_import": world.learner_import.pk,
        "mentoring:tick_action": world.action.pk,
        "mentoring:proposal": world.proposal.pk,
        "mentoring:propose": world.enrollment.pk,
        "mentoring:book_for": world.enrollment.pk,
        "mentoring:series": world.enrollment.pk,
        "mentoring:expertise": world.cast.joris.pk,
        "mentoring:hand_over": world.cast.joris.pk,
        "mentoring:accept_hand_over": world.hand_over.pk,
        "mentoring:decline_hand_over": world.hand_over.pk,
        "mentoring:withdraw_hand_over": world.hand_over.pk,
        "mentoring:stop_series": world.series.pk,
        "mentoring:time_off_sessions": world.time_off.pk,
        "assessments:rubric": world.rubric.pk,
        "assessments:change_rubric": world.rubric.pk,
        "assessments:gates": world.enrollment.pk,
        "assessments:decide_gate": world.enrollment.pk,
        **dict.fromkeys(ON_A_CERTIFICATE, world.certificate.pk),
        "assessments:override": world.override.pk,
        "api:gates": world.enrollment.pk,
        "assessments:project": world.project.pk,
        "assessments:submit": world.project.pk,
        "assessments:withdraw": world.project.pk,
        **dict.fromkeys(ON_A_PRESENTATION, world.presentation.pk),
        "assessments:peer_round": world.peer_review.round_id,
        "assessments:close_peer_round": world.peer_review.round_id,
        "assessments:peer_review": world.peer_review.pk,
        "assessments:save_peer_review": world.peer_review.pk,
        "assessments:hand_in_peer_review": world.peer_review.pk,
        "assessments:save_submission_draft": world.project.pk,
        "cohorts:offer": world.offer.pk,
        "cohorts:change_note": world.note.pk,
        "home:open_notification": world.notice.pk,
        **dict.fromkeys(ON_A_SURVEY, world.participation.wave.survey_id),
        "outcomes:answer_offer": world.mentor_offer.pk,
        "cohorts:credit_request": world.credit_request.pk,
        "cohorts:withdraw_credit_request": world.credit_request.pk,
        "cohorts:ask_for_credit": world.credit_request.project_id,
        "outcomes:verify_placement": world.placement.pk,
        "outcomes:call_off_wave": world.participation.wave_id,
        "outcomes:end_wave": world.participation.wave_id,
        "outcomes:answer_survey": world.participation.pk,
        **dict.fromkeys(WEBHOOK, world.webhook.pk),
        "cohorts:mark_topic": world.topic.pk,
        "cohorts:bulk_action": world.bulk_action.pk,
        "cohorts:undo_bulk_action": world.bulk_action.pk,
        "cohorts:change_view": world.view.pk,
        **dict.fromkeys(WRITTEN, world.draft.pk),
        "cohorts:read_message": world.sent.pk,
        "cohorts:choose_track": world.track.pk,
        **dict.fromkeys(ON_A_DAY, world.gathering.pk),
        "api:mark_topic": world.topic.pk,
        "assessments:report_benchmark": world.project.pk,
        "assessments:judge_benchmark": world.benchmark_report.pk,
        "api:benchmarks": world.project.pk,
        "api:judge_benchmark": world.benchmark_report.pk,
        "api:submit": world.project.pk,
        "api:submission_draft": world.project.pk,
        "api:withdraw": world.submission.pk,
    }
    values = {
        "organization": "lantaarn",
        "cohort": world.cohort.slug,
        "key": "placement",
        "level": 1,
        "node": world.topic.pk,
        "suffix": "md",
        "uid": "trend",
        "kind": "one_on_one_booked",
        "language": "nl",
        "delivery": world.delivery.pk,
        "enrollment": world.enrollment.pk,
        "day": world.gathering.first_day.isoformat(),
        "pk": about.get(name) or about.get(name.partition(":")[0]),
    }
    return reverse(name, kwargs={key: values[key] for key in parameters(name)})


def parameters(name: str) -> list[str]:
    """What the route's address is made of."""
    resolver = get_resolver()
    namespace, _colon, short = name.rpartition(":")
    keys: list[str] = []
    for part in filter(None, [namespace]):
        prefix, inner = next(found for found in _resolvers(resolver) if found[1].namespace == part)
        keys, resolver = prefix, inner
    entry = next(entry for entry in resolver.url_patterns if isinstance(entry, URLPattern) and entry.name == short)
    return [*keys, *entry.pattern.regex.groupindex]


def _resolvers(resolver: URLResolver, prefix: tuple[str, ...] = ()) -> Iterator[tuple[list[str], URLResolver]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            keys = (*prefix, *entry.pattern.regex.groupindex)  # `converters` is shared by equal routes and grows
            yield list(keys), entry
            yield from _resolvers(entry, keys)


def ask(client: Client, method: str, url: str) -> HttpResponse:
    if method == "GET":
        return client.get(url)
    return client.post(url, {}, **{"content_type": "application/json"} if "/api/" in url else {})


@pytest.mark.parametrize(("method", "name", "expected"), rows(), ids=[f"{m} {n}" for m, n, _ in rows()])
def test_route_answers_each_role(
    method: str, name: str, expected: list[int], shared_world: World, sessions: list[str], db: None, client: Client
) -> None:
    path, found = address(name, shared_world), []
    for session in sessions:
        client.cookies.clear()
        client.cookies[settings.SESSION_COOKIE_NAME] = session
        with transaction.atomic():  # what one person did is undone before the next one tries
            response = ask(client, method, path)
            transaction.set_rollback(True)
        found.append(response.status_code)
    assert found == expected


def test_every_route_has_a_row() -> None:
    known = {name for _method, name, _statuses in rows()} | ELSEWHERE
    found = set(routes(get_resolver().url_patterns))
    assert found - known == set()
    assert known - found == set()
