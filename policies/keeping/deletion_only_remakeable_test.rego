package slidebox.keeping.deletion_only_remakeable_test

import data.slidebox.keeping.deletion_only_remakeable as rule
import data.slidebox.lib.fixture_test as fixture

findings := rule.location_findings | rule.together_findings

passes := fixture.with_location(fixture.masks_at_bench, {"system": "deletion", "readers": []})

deleted(id) := fixture.with_location(id, {"system": "deletion", "readers": []})

refused := deleted(fixture.at_bench)

messages(document) := {finding.message | some finding in findings with input as document}

test_never_the_labs_own_raw_images if {
	findings == {{
		"rule": "keeping/deletion_only_remakeable",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": concat("", [
			"nf1/raw_images could not be made again: ",
			"raw images are made from nothing, and no public source is named to stream them from",
		]),
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_raw_images_stay_even_with_parents_and_a_step if {
	document := fixture.changed(refused, ["datasets", fixture.raw], {
		"parents": [fixture.masks],
		"step": {"recorded": true, "missing": []},
	})
	count(messages(document)) == 1
}

test_allows_streamed_public_data_with_their_source if {
	every keep in ["stream", "scratch"] {
		streamed := {"origin": "public", "keep": keep, "source": "idr0013"}
		document := fixture.changed(refused, ["datasets", fixture.raw], streamed)
		messages(document) == set()
		every change in [{"origin": "lab"}, {"keep": "copy"}, {"source": "none"}] {
			worse := fixture.changed(document, ["datasets", fixture.raw], change)
			count(messages(worse)) == 1
		}
	}
}

test_allows_what_a_complete_step_makes_again if {
	messages(passes) == set()
	every change, why in {
		{"parents": []}: "no parent is named",
		{"parents": ["other/raw_images"]}: "other/raw_images is not kept either",
		{"step": {"recorded": false, "missing": []}}: "its step is not completely recorded",
		{"step": {"recorded": true, "missing": ["commit"]}}: "its step is not completely recorded",
	} {
		worse := fixture.changed(passes, ["datasets", fixture.masks], change)
		messages(worse) == {sprintf("nf1/segmentation_masks could not be made again: %s", [why])}
	}
}

test_says_everything_that_is_missing if {
	document := fixture.changed(passes, ["datasets", fixture.masks], {
		"parents": [],
		"step": {"recorded": false, "missing": []},
	})
	messages(document) == {concat("", [
		"nf1/segmentation_masks could not be made again: ",
		"its step is not completely recorded and no parent is named",
	])}
}

test_parents_stay_or_are_public if {
	every keep in ["stream", "scratch"] {
		document := fixture.changed(passes, ["datasets", fixture.raw], {"keep": keep})
		message := "nf1/segmentation_masks could not be made again: nf1/raw_images is not kept either"
		message in messages(document)
		public := fixture.changed(document, ["datasets", fixture.raw], {"origin": "public", "source": "idr0013"})
		messages(public) == set()
	}
}

test_a_parent_that_is_deleted_makes_nothing if {
	document := fixture.changed(passes, ["locations", fixture.at_bench], {"system": "deletion", "term": "long"})
	{[finding.subject, finding.message] | some finding in rule.together_findings} == {[
		"nf1/segmentation_masks@mid",
		"nf1/segmentation_masks could not be made again: nf1/raw_images is deleted too",
	]} with input as document
	public := fixture.changed(document, ["datasets", fixture.raw], {
		"origin": "public",
		"keep": "stream",
		"source": "idr0013",
	})
	messages(public) == set()
}

test_scratch_space_is_a_slow_deletion if {
	document := fixture.with_dataset(fixture.raw, {"keep": "scratch"})
	{finding.subject | some finding in rule.location_findings} == {
		fixture.at_bench,
		fixture.at_shelf,
	} with input as document
	every id in [fixture.masks, fixture.raw] {
		again := fixture.with_dataset(id, {"keep": "scratch", "origin": "public", "source": "idr0013"})
		messages(again) == set()
	}
}

test_a_dataset_that_lies_nowhere_yet_can_be_read if {
	document := fixture.with_unplaced({"keep": "unknown"})
	[finding.subject | some finding in rule.together_findings] == ["nf1/new"] with input as document
}

test_is_asked_at_its_gates if {
	rule.info.gates == ["plan", "preview", "live"]
	rule.info.waivable == false
}

test_says_nothing_about_a_good_lab if findings == set() with input as passes

# METADATA
# title: A field that is missing, of another type or unknown makes the rule fail
test_fails_without_any_field_it_reads if {
	every field in rule.info.reads {
		documents := fixture.broken(passes, field)
		count(documents) > 0
		every document in documents {
			some finding in findings with input as document
			startswith(finding.message, "cannot be judged: ")
		}
	}
}

# METADATA
# title: No missing field turns a refusal into silence
test_refuses_whatever_is_missing if {
	every field in fixture.fields {
		every document in fixture.broken(refused, field) {
			said := findings with input as document
			count(said) > 0
		}
	}
}

# METADATA
# title: A document without its maps is refused
test_refuses_an_empty_document if {
	said := findings with input as {}
	count(said) > 0
}
