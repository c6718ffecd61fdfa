package slidebox.cost.old_versions_expire_test

import data.slidebox.cost.old_versions_expire as rule
import data.slidebox.lib.fixture_test as fixture

in_bucket(id, change) := fixture.changed(
	fixture.with_location(id, {"store": "cloud", "system": "cloud"}),
	["locations", id, "lifecycle"],
	change,
)

under_agreement(document) := fixture.changed(document, ["datasets", fixture.raw], {"agreement": "saguaro"})

passes := under_agreement(in_bucket(fixture.at_bench, {}))

refused := under_agreement(in_bucket(fixture.at_bench, {"noncurrent_days": "none"}))

messages(document) := {finding.message | some finding in rule.location_findings with input as document}

test_versions_that_never_expire_are_paid_for if {
	rule.location_findings == {{
		"rule": "cost/old_versions_expire",
		"severity": "warning",
		"subject": fixture.at_bench,
		"message": "earlier versions never expire, and are paid for",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_not_knowing_is_said if {
	every offered in [true, "unknown"] {
		messages(in_bucket(fixture.at_bench, {"offered": offered, "noncurrent_days": "unknown"})) == {
			"nothing says whether earlier versions expire",
		}
	}
}

test_a_place_without_versions_or_lifecycles_has_none_to_expire if {
	messages(in_bucket(fixture.at_bench, {"offered": false, "noncurrent_days": "none"})) == set()
	every has in [false, "unknown"] {
		messages(fixture.changed(refused, ["locations", fixture.at_bench, "has"], {"versioning": has})) == set()
	}
	drive := fixture.changed(
		fixture.facts,
		["locations", fixture.at_bench, "lifecycle"],
		{"noncurrent_days": "none"},
	)
	messages(drive) == set()
}

test_those_of_raw_images_stay_on_purpose_while_they_are_kept if {
	messages(fixture.changed(refused, ["datasets", fixture.raw], {"hold": "audit"})) == set()

	# Created on 2026-03-01.
	messages(fixture.changed(refused, ["datasets", fixture.raw], {"retention_days": 268})) == set()
	messages(fixture.changed(refused, ["datasets", fixture.raw], {"retention_days": 267})) != set()
}

test_those_of_other_levels_do_not if {
	document := fixture.changed(
		in_bucket(fixture.masks_at_bench, {"noncurrent_days": "none"}),
		["datasets", fixture.masks],
		{"hold": "audit"},
	)
	count(messages(document)) == 1
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
