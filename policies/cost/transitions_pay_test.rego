package slidebox.cost.transitions_pay_test

import data.slidebox.cost.transitions_pay as rule
import data.slidebox.lib.fixture_test as fixture

moving(transitions, change) := fixture.changed(
	fixture.changed(
		fixture.with_dataset(fixture.raw, change),
		["locations", fixture.at_bench],
		{"store": "cloud", "system": "cloud"},
	),
	["locations", fixture.at_bench, "lifecycle"],
	{"transitions": transitions},
)

to_archive := [{"days": 90, "storage_class": "archive"}]

passes := moving(to_archive, {})

# 5 MB in a thousand objects, whose overhead alone is eight times as much.
refused := moving(to_archive, {"bytes": 5000000, "files": 1000})

expiring(document, days) := fixture.changed(
	document,
	["locations", fixture.at_bench, "lifecycle"],
	{"expire_days": days},
)

said(document) := {[finding.severity, finding.message] | some finding in rule.location_findings with input as document}

test_names_what_it_costs_and_what_it_saves if {
	rule.location_findings == {{
		"rule": "cost/transitions_pay",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": concat("", [
			"moving 1000 objects to archive after 90 days costs 0.03 USD ",
			"and saves nothing in the 365 days that follow",
		]),
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_a_fee_that_eats_the_saving_is_refused if {
	# 1 GB in 10,000 objects of 100 kB: 0.3 USD to move, (23 - 3.6 * 1.41) / 1000 * 12 = 0.22 USD saved.
	said(moving(to_archive, {"bytes": 1000000000, "files": 10000})) == {["error", concat("", [
		"moving 10000 objects to archive after 90 days costs 0.3 USD ",
		"and saves 0.22 USD in the 365 days that follow",
	])]}
	said(moving(to_archive, {"bytes": 1000000000, "files": 7000})) == set()
}

test_a_fee_as_large_as_the_saving_is_refused if {
	free := json.patch(moving(to_archive, {}), [
		{"op": "replace", "path": "/systems/cloud/classes/archive/transition_usd_per_1000", "value": 0},
		{"op": "replace", "path": "/systems/cloud/classes/archive/overhead_bytes", "value": 0},
		{"op": "replace", "path": "/systems/cloud/classes/archive/usd_per_tb_month", "value": 23},
	])
	said(free) == {["error", concat("", [
		"moving 10 objects to archive after 90 days costs less than 0.01 USD ",
		"and saves nothing in the 365 days that follow",
	])]}
}

test_nothing_costs_nothing_to_move if {
	said(moving(to_archive, {"files": 0})) == set()
	said(moving(to_archive, {"bytes": 0, "files": 0})) == set()
}

test_one_object_costs_a_thousandth_of_the_fee_for_a_thousand if {
	said(moving(to_archive, {"bytes": 5000, "files": 1})) == {["error", concat("", [
		"moving 1 objects to archive after 90 days costs less than 0.01 USD ",
		"and saves nothing in the 365 days that follow",
	])]}
	said(moving(to_archive, {"bytes": 5000000000, "files": 1000000})) == {["error", concat("", [
		"moving 1000000 objects to archive after 90 days costs 30 USD ",
		"and saves nothing in the 365 days that follow",
	])]}
}

test_what_does_not_expire_ends_only_where_it_moves_on if {
	rule.ends({"transitions": to_archive, "expire_days": "none"}) == {90}
	rule.ends({"transitions": to_archive, "expire_days": 400}) == {90, 400}
}

test_only_the_days_until_it_expires_count if {
	document := moving(to_archive, {"bytes": 1000000000, "files": 3000})
	said(document) == set()
	said(expiring(document, 180)) == {["error", concat("", [
		"moving 3000 objects to archive after 90 days costs 0.09 USD ",
		"and saves 0.06 USD in the 90 days that follow",
	])]}
	said(expiring(document, 80)) == set()
}

test_only_the_days_until_it_moves_on_count if {
	transitions := [{"days": 30, "storage_class": "infrequent"}, {"days": 60, "storage_class": "archive"}]
	said(moving(transitions, {"bytes": 1000000000, "files": 3000})) == {["error", concat("", [
		"moving 3000 objects to infrequent after 30 days costs 0.03 USD ",
		"and saves 0.01 USD in the 30 days that follow",
	])]}
}

test_a_later_transition_starts_where_the_last_one_ended if {
	# From infrequent the saving is 12.5 - 3.6 and not 23 - 3.6 USD a TB.
	transitions := [{"days": 30, "storage_class": "infrequent"}, {"days": 300, "storage_class": "archive"}]
	said(moving(transitions, {"bytes": 1000000000, "files": 4000})) == {["error", concat("", [
		"moving 4000 objects to archive after 300 days costs 0.12 USD ",
		"and saves 0.1 USD in the 365 days that follow",
	])]}
	said(moving([{"days": 300, "storage_class": "archive"}], {"bytes": 1000000000, "files": 4000})) == set()
}

test_nothing_moves_that_is_smaller_than_the_class_bills if {
	said(moving([{"days": 30, "storage_class": "infrequent"}], {"bytes": 1000000, "files": 10})) == {["error", concat("", [
		"infrequent bills 131072 bytes for every object at least, and these have 100000 on average: ",
		"they would move for nothing",
	])]}
}

test_a_class_of_which_nothing_is_known_is_named if {
	unknown := [{"days": 30, "storage_class": "lukewarm"}, {"days": 90, "storage_class": "archive"}]
	message := concat("", [
		"nothing is known about the class lukewarm of cloud: ",
		"whether moving there or from there pays cannot be said",
	])
	said(moving(unknown, {})) == {["warning", message]}
	start := fixture.changed(passes, ["locations", fixture.at_bench], {"storage_class": "lukewarm"})
	said(start) == {["warning", message]}
	said(moving([{"days": 30, "storage_class": "lukewarm"}], {})) == {["warning", message]}
}

test_watching_pays_where_a_tenth_of_large_objects_is_not_read if {
	# A TB in 100,000 objects: 1 + 3 USD to move and to watch them, and 0.1 * 196 USD saved.
	at_once := [{"days": 0, "storage_class": "watched"}]
	said(moving(at_once, {"bytes": 1000000000000, "files": 100000})) == set()
	said(moving(at_once, {"bytes": 1000000000000, "files": 1000000})) == {["error", concat("", [
		"moving 1000000 objects to watched after 0 days and watching them costs 40 USD ",
		"and saves 19.61 USD in the 365 days that follow if nobody reads 10 % of them",
	])]}
}

test_watching_for_a_month_saves_nothing if {
	document := moving([{"days": 0, "storage_class": "watched"}], {"bytes": 1000000000000, "files": 1000})
	said(document) == set()
	said(expiring(document, 30)) == {["error", concat("", [
		"moving 1000 objects to watched after 0 days and watching them costs 0.01 USD ",
		"and saves nothing in the 30 days that follow if nobody reads 10 % of them",
	])]}
}

test_is_asked_at_its_gates if {
	rule.info.gates == ["plan", "preview", "live"]
	rule.info.waivable == true
}

test_says_nothing_about_a_good_lab if rule.location_findings == set() with input as passes

# METADATA
# title: A field that is missing, of another type or unknown makes the rule fail
test_fails_without_any_field_it_reads if {
	every field in rule.info.reads {
		documents := fixture.broken(passes, field)
		count(documents) > 0
		every document in documents {
			some finding in rule.location_findings with input as document
			startswith(finding.message, "cannot be judged: ")
		}
	}
}

# METADATA
# title: No missing field turns a refusal into silence
test_refuses_whatever_is_missing if {
	every field in fixture.fields {
		every document in fixture.broken(refused, field) {
			said := rule.location_findings with input as document
			count(said) > 0
		}
	}
}

# METADATA
# title: A document without its maps is refused
test_refuses_an_empty_document if {
	said := rule.location_findings with input as {}
	count(said) > 0
}
