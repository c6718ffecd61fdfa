package slidebox.protection.raw_versions_kept_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.protection.raw_versions_kept as rule

passes := fixture.facts

in_bucket := fixture.with_location(fixture.at_bench, {"store": "cloud", "system": "cloud"})

having(document, has) := fixture.changed(document, ["locations", fixture.at_bench, "has"], has)

refused := having(in_bucket, {"versioning": false, "object_lock": false})

said(document) := {[finding.severity, finding.message] | some finding in rule.location_findings with input as document}

test_a_bucket_that_keeps_no_versions_is_refused if {
	rule.location_findings == {{
		"rule": "protection/raw_versions_kept",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": concat("", [
			"the store lacks earlier versions, and no object lock is known; ",
			"raw images cannot be made again",
		]),
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_a_drive_that_cannot_keep_them_is_named if {
	on_a_drive := having(fixture.facts, {"versioning": false, "object_lock": false})
	{severity | some [severity, _] in said(on_a_drive)} == {"warning"}
}

test_not_knowing_is_said if {
	said(having(in_bucket, {"versioning": "unknown", "object_lock": "unknown"})) == {["warning", concat("", [
		"nothing says whether the store has earlier versions, and no object lock is known; ",
		"raw images cannot be made again",
	])]}
	unlocked := having(in_bucket, {"versioning": false, "object_lock": "unknown"})
	{severity | some [severity, _] in said(unlocked)} == {"error"}
}

test_one_of_the_two_is_enough if {
	said(having(in_bucket, {"versioning": true, "object_lock": false})) == set()
	said(having(in_bucket, {"versioning": false, "object_lock": true})) == set()
}

test_what_can_be_had_or_made_again_needs_none if {
	every change in [{"origin": "public"}, {"level": "corrected_images"}] {
		said(fixture.changed(refused, ["datasets", fixture.raw], change)) == set()
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
