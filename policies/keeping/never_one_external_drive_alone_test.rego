package slidebox.keeping.never_one_external_drive_alone_test

import data.slidebox.keeping.never_one_external_drive_alone as rule
import data.slidebox.lib.fixture_test as fixture

passes := fixture.facts

without_bench := json.patch(fixture.facts, [{"op": "remove", "path": ["locations", fixture.at_bench]}])

refused := without_bench

subjects(document) := {finding.subject | some finding in rule.together_findings with input as document}

test_wants_another_copy if {
	rule.together_findings == {{
		"rule": "keeping/never_one_external_drive_alone",
		"severity": "error",
		"subject": "nf1/raw_images@mid",
		"message": "raw images lie on one external drive alone, shelf",
		"path": [],
		"cure": rule.info.cure,
		"wants": "another_copy",
		"waived": "",
	}} with input as without_bench
}

test_in_every_term if {
	every term in ["short", "mid", "long"] {
		document := fixture.changed(without_bench, ["locations", fixture.at_shelf], {"term": term})
		subjects(document) == {sprintf("nf1/raw_images@%s", [term])}
	}
}

test_any_other_drive_may_be_the_only_one if {
	document := json.patch(fixture.facts, [{"op": "remove", "path": ["locations", fixture.at_shelf]}])
	subjects(document) == set()
}

test_two_external_drives_are_two_places if {
	second := fixture.with_location(fixture.at_bench, {"system": "external_drive"})
	subjects(second) == set()
	one_case := fixture.changed(second, ["locations", fixture.at_bench], {"failure_domain": "shelf"})
	subjects(one_case) == {"nf1/raw_images@mid"}
}

test_deletion_is_no_second_place if {
	subjects(fixture.with_location(fixture.at_bench, {"system": "deletion"})) == {"nf1/raw_images@mid"}
}

test_what_can_be_had_again_may_lie_there_alone if {
	every change in [{"origin": "public"}, {"keep": "stream"}, {"level": "corrected_images"}] {
		subjects(fixture.changed(without_bench, ["datasets", fixture.raw], change)) == set()
	}
}

test_a_dataset_that_lies_nowhere_yet_can_be_read if {
	document := fixture.with_unplaced({"keep": "unknown"})
	[finding.subject | some finding in rule.together_findings] == ["nf1/new"] with input as document
}

test_is_asked_at_its_gates if {
	rule.info.gates == ["plan", "preview", "live"]
	rule.info.waivable == true
}

test_says_nothing_about_a_good_lab if rule.together_findings == set() with input as passes

# METADATA
# title: A field that is missing, of another type or unknown makes the rule fail
test_fails_without_any_field_it_reads if {
	every field in rule.info.reads {
		documents := fixture.broken(passes, field)
		count(documents) > 0
		every document in documents {
			some finding in rule.together_findings with input as document
			startswith(finding.message, "cannot be judged: ")
		}
	}
}

# METADATA
# title: No missing field turns a refusal into silence
test_refuses_whatever_is_missing if {
	every field in fixture.fields {
		every document in fixture.broken(refused, field) {
			said := rule.together_findings with input as document
			count(said) > 0
		}
	}
}

# METADATA
# title: A document without its maps is refused
test_refuses_an_empty_document if {
	said := rule.together_findings with input as {}
	count(said) > 0
}
