package slidebox.keeping.hold_beats_deletion_test

import data.slidebox.keeping.hold_beats_deletion as rule
import data.slidebox.lib.fixture_test as fixture

passes := fixture.with_dataset(fixture.raw, {"hold": "audit 2026-11"})

refused := fixture.changed(passes, ["locations", fixture.at_bench], {"system": "deletion"})

messages(document) := {finding.message | some finding in rule.location_findings with input as document}

held_scratch(days) := fixture.changed(passes, ["datasets", fixture.raw], {"keep": "scratch", "scratch_days": days})

test_what_is_held_is_not_deleted if {
	rule.location_findings == {{
		"rule": "keeping/hold_beats_deletion",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "nf1/raw_images is held (audit 2026-11) and is deleted",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_nor_does_it_expire if {
	document := fixture.changed(passes, ["locations", fixture.at_bench, "lifecycle"], {"expire_days": 36500})
	messages(document) == {"nf1/raw_images is held (audit 2026-11) and expires there after 36500 days"}
}

test_nor_is_it_scratch if {
	messages(held_scratch(30)) == {"nf1/raw_images is held (audit 2026-11) and is scratch for 30 days"}
	messages(held_scratch("none")) == {
		"nf1/raw_images is held (audit 2026-11) and is scratch, for nobody knows how long",
	}
}

test_that_it_could_be_made_again_is_no_excuse if {
	document := fixture.changed(
		fixture.with_dataset(fixture.masks, {"hold": "litigation"}),
		["locations", fixture.masks_at_bench],
		{"system": "deletion"},
	)
	messages(document) == {"nf1/segmentation_masks is held (litigation) and is deleted"}
}

test_a_bucket_of_which_it_is_not_known_may_let_it_expire if {
	lifecycle := fixture.changed(passes, ["locations", fixture.at_bench, "lifecycle"], {"expire_days": "unknown"})
	messages(lifecycle) == set()
	in_bucket := fixture.changed(lifecycle, ["locations", fixture.at_bench], {"store": "cloud", "system": "cloud"})
	messages(in_bucket) == {"nf1/raw_images is held (audit 2026-11) and nothing says whether it expires there"}
}

test_without_a_hold_other_rules_speak if {
	messages(fixture.changed(refused, ["datasets", fixture.raw], {"hold": "none"})) == set()
}

test_is_asked_at_its_gates if {
	rule.info.gates == ["plan", "preview", "live"]
	rule.info.waivable == false
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
