package slidebox.keeping.retention_holds_test

import data.slidebox.keeping.retention_holds as rule
import data.slidebox.lib.fixture_test as fixture

kept(days) := fixture.with_dataset(fixture.masks, {"retention_days": days, "agreement": "saguaro"})

passes := kept(365)

at(document, change) := fixture.changed(document, ["locations", fixture.masks_at_bench], change)

refused := at(passes, {"system": "deletion"})

expiring(document, days) := fixture.changed(
	document,
	["locations", fixture.masks_at_bench, "lifecycle"],
	{"expire_days": days},
)

messages(document) := {finding.message | some finding in rule.location_findings with input as document}

for_the_lab := object.union(fixture.facts, {"lab": {"retention_days": 3650}})

test_nothing_is_deleted_before_its_time if {
	rule.location_findings == {{
		"rule": "keeping/retention_holds",
		"severity": "error",
		"subject": fixture.masks_at_bench,
		"message": concat("", [
			"nf1/segmentation_masks is deleted on 2026-11-24 ",
			"and has to be kept until 2027-05-01: retention of the dataset",
		]),
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_after_its_time_it_may_go if {
	messages(at(refused, {"starts": "2027-04-30"})) != set()
	messages(at(refused, {"starts": "2027-05-01"})) == set()
	messages(at(kept("none"), {"system": "deletion"})) == set()
}

test_nothing_expires_before_its_time if {
	# What lies there today may have been there since it was made.
	messages(expiring(passes, 364)) == {concat("", [
		"nf1/segmentation_masks expires there after 364 days on 2027-04-30 ",
		"and has to be kept until 2027-05-01: retention of the dataset",
	])}
	messages(expiring(passes, 365)) == set()

	# What will be put there later starts anew.
	messages(at(expiring(passes, 30), {"starts": "2027-04-01"})) == set()
	messages(at(expiring(passes, 29), {"starts": "2027-04-01"})) != set()
}

test_nor_does_scratch if {
	scratch := {"keep": "scratch", "scratch_days": 30}
	messages(fixture.changed(passes, ["datasets", fixture.masks], scratch)) == {concat("", [
		"nf1/segmentation_masks is scratch for 30 days on 2026-05-31 ",
		"and has to be kept until 2027-05-01: retention of the dataset",
	])}
}

test_the_first_to_take_it_is_named if {
	document := fixture.changed(expiring(passes, 20), ["datasets", fixture.masks], {
		"keep": "scratch",
		"scratch_days": 30,
	})
	{regex.find_n(`expires there after \d+ days`, message, 1)[0] | some message in messages(document)} == {
		"expires there after 20 days",
	}
	count(messages(document)) == 1
}

test_the_longest_clock_counts if {
	document := json.patch(refused, [{"op": "replace", "path": "/agreements/saguaro/retention_days", "value": 3650}])
	messages(document) == {concat("", [
		"nf1/segmentation_masks is deleted on 2026-11-24 ",
		"and has to be kept until 2036-04-28: agreement saguaro",
	])}
}

test_what_can_be_made_again_outlives_no_clock_of_the_lab if {
	document := at(for_the_lab, {"system": "deletion"})
	messages(document) != set()
	scratch := fixture.changed(document, ["datasets", fixture.masks], {"keep": "scratch", "scratch_days": 30})
	messages(scratch) == set()
	streamed := fixture.changed(document, ["datasets", fixture.masks], {"keep": "stream"})
	messages(streamed) == set()
	funded := fixture.changed(streamed, ["projects", "nf1"], {"grant": "R01", "grant_ends": "2028-01-01"})
	messages(funded) == set()
	lost := fixture.changed(scratch, ["datasets", fixture.masks], {"step": {"recorded": false}})
	messages(lost) != set()
}

test_documentation_about_patients_is_kept_for_six_years if {
	document := fixture.changed(
		fixture.with_dataset(fixture.notes, {"sensitivity": "coded"}),
		["locations", fixture.notes_at_bench, "lifecycle"],
		{"expire_days": 2000},
	)
	count(messages(document)) == 1
}

test_held_data_are_left_to_their_own_rule if {
	messages(fixture.changed(refused, ["datasets", fixture.masks], {"hold": "audit"})) == set()
}

test_a_bucket_of_which_it_is_not_known_is_named if {
	document := expiring(passes, "unknown")
	messages(document) == set()
	in_bucket := at(document, {"store": "cloud", "system": "cloud"})
	every gate, severity in {"plan": "warning", "preview": "warning", "live": "error"} {
		{[finding.severity, finding.message] | some finding in rule.location_findings} == {[severity, concat("", [
			"nothing says whether nf1/segmentation_masks expires there, ",
			"and it has to be kept until 2027-05-01",
		])]} with input as object.union(in_bucket, {"gate": gate})
	}
	every now in ["2027-05-01", "2028-01-01"] {
		messages(object.union(in_bucket, {"now": now})) == set()
	}
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
