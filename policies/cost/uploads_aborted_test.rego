package slidebox.cost.uploads_aborted_test

import data.slidebox.cost.uploads_aborted as rule
import data.slidebox.lib.fixture_test as fixture

in_bucket(change) := fixture.changed(
	fixture.with_location(fixture.at_bench, {"store": "cloud", "system": "cloud"}),
	["locations", fixture.at_bench, "lifecycle"],
	change,
)

passes := in_bucket({})

refused := in_bucket({"abort_days": "none"})

messages(document) := {finding.message | some finding in rule.location_findings with input as document}

test_incomplete_uploads_are_paid_for if {
	rule.location_findings == {{
		"rule": "cost/uploads_aborted",
		"severity": "warning",
		"subject": fixture.at_bench,
		"message": "incomplete uploads are never aborted, and are paid for",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_not_knowing_is_said if {
	every offered in [true, "unknown"] {
		messages(in_bucket({"offered": offered, "abort_days": "unknown"})) == {
			"nothing says whether incomplete uploads are aborted",
		}
	}
}

test_a_container_that_is_made_by_hand_is_a_bucket_too if {
	by_hand := json.patch(refused, [{"op": "replace", "path": "/stores/cloud/kind", "value": "by_hand"}])
	count(messages(by_hand)) == 1
}

test_a_bucket_without_lifecycles_cannot if messages(in_bucket({"offered": false, "abort_days": "none"})) == set()

test_a_drive_has_no_uploads if {
	document := fixture.changed(
		fixture.facts,
		["locations", fixture.at_bench, "lifecycle"],
		{"abort_days": "unknown", "offered": "unknown"},
	)
	messages(document) == set()
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
