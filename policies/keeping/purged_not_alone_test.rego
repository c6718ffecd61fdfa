package slidebox.keeping.purged_not_alone_test

import data.slidebox.keeping.purged_not_alone as rule
import data.slidebox.lib.fixture_test as fixture

passes := fixture.facts

expiring(document, id, days) := fixture.changed(document, ["locations", id, "lifecycle"], {"expire_days": days})

at_bench_only := expiring(fixture.facts, fixture.at_bench, 60)

refused := expiring(at_bench_only, fixture.at_shelf, 90)

findings(document) := {finding | some finding in rule.together_findings with input as document}

subjects(document) := {finding.subject | some finding in findings(document)}

test_wants_another_copy if {
	findings(refused) == {{
		"rule": "keeping/purged_not_alone",
		"severity": "error",
		"subject": "nf1/raw_images@mid",
		"message": "it lies only where it is deleted by itself: bench after 60 days and shelf after 90 days",
		"path": [],
		"cure": rule.info.cure,
		"wants": "another_copy",
		"waived": "",
	}}
}

test_one_place_that_keeps_is_enough if subjects(at_bench_only) == set()

test_data_of_every_level_are_kept if {
	subjects(expiring(fixture.facts, fixture.masks_at_bench, 60)) == {"nf1/segmentation_masks@mid"}
}

test_each_term_by_itself if {
	document := fixture.changed(at_bench_only, ["locations", fixture.at_shelf], {"term": "long"})
	subjects(document) == {"nf1/raw_images@mid"}
}

test_deletion_keeps_nothing if {
	document := fixture.changed(at_bench_only, ["locations", fixture.at_shelf], {"system": "deletion"})
	subjects(document) == {"nf1/raw_images@mid"}
}

test_a_place_of_which_nothing_is_said_is_a_doubt if {
	findings(expiring(at_bench_only, fixture.at_shelf, "unknown")) == {{
		"rule": "keeping/purged_not_alone",
		"severity": "warning",
		"subject": "nf1/raw_images@mid",
		"message": concat("", [
			"it lies only where it is deleted by itself: bench after 60 days; ",
			"nothing says what happens in shelf",
		]),
		"path": [],
		"cure": rule.info.cure,
		"wants": "another_copy",
		"waived": "",
	}}
}

test_what_nobody_means_to_keep_may_lie_there if {
	every change in [
		{"keep": "scratch", "scratch_days": 30},
		{"keep": "stream"},
		{"origin": "public", "source": "idr:idr0080"},
	] {
		subjects(fixture.changed(refused, ["datasets", fixture.raw], change)) == set()
	}
}

test_public_data_without_a_source_are_kept if {
	subjects(fixture.changed(refused, ["datasets", fixture.raw], {"origin": "public"})) == {"nf1/raw_images@mid"}
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
