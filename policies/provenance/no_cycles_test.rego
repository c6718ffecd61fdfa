package slidebox.provenance.no_cycles_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.provenance.no_cycles as rule

passes := fixture.facts

refused := fixture.with_dataset(fixture.raw, {"parents": [fixture.masks]})

said(document) := {[finding.subject, finding.message] | some finding in rule.declared_findings with input as document}

test_nothing_comes_from_itself if {
	rule.declared_findings == {
	{
		"rule": "provenance/no_cycles",
		"severity": "error",
		"subject": id,
		"message": "it comes from itself, by way of nf1/raw_images, nf1/segmentation_masks",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	} |
		some id in [fixture.raw, fixture.masks]
	} with input as refused
}

test_not_even_at_once if {
	said(fixture.with_dataset(fixture.raw, {"parents": [fixture.raw]})) == {[
		fixture.raw,
		"it comes from itself, by way of nf1/raw_images",
	]}
}

test_nor_by_way_of_another_project if {
	document := fixture.added(
		fixture.with_dataset(fixture.raw, {"parents": ["other/bulk_embeddings"]}),
		["datasets", "other/bulk_embeddings"],
		object.union(fixture.derived, {"project": "other", "parents": [fixture.masks]}),
	)
	{subject | some [subject, _] in said(document)} == {fixture.raw, fixture.masks, "other/bulk_embeddings"}
}

test_what_comes_from_a_circle_is_in_none if {
	document := fixture.changed(refused, ["datasets", fixture.notes], {"parents": [fixture.masks]})
	{subject | some [subject, _] in said(document)} == {fixture.raw, fixture.masks}
}

test_two_circles_are_two if {
	document := fixture.changed(refused, ["datasets", fixture.notes], {"parents": [fixture.notes, fixture.masks]})
	said(document) == {
		[fixture.notes, "it comes from itself, by way of nf1/metadata"],
		[fixture.raw, "it comes from itself, by way of nf1/raw_images, nf1/segmentation_masks"],
		[fixture.masks, "it comes from itself, by way of nf1/raw_images, nf1/segmentation_masks"],
	}
}

test_is_asked_at_its_gates if {
	rule.info.gates == ["plan", "preview", "live", "publish"]
	rule.info.waivable == true
}

test_says_nothing_about_a_good_lab if rule.declared_findings == set() with input as passes

# METADATA
# title: A field that is missing, of another type or unknown makes the rule fail
test_fails_without_any_field_it_reads if {
	every field in rule.info.reads {
		documents := fixture.broken(passes, field)
		count(documents) > 0
		every document in documents {
			some finding in rule.declared_findings with input as document
			startswith(finding.message, "cannot be judged: ")
		}
	}
}

# METADATA
# title: No missing field turns a refusal into silence
test_refuses_whatever_is_missing if {
	every field in fixture.fields {
		every document in fixture.broken(refused, field) {
			said := rule.declared_findings with input as document
			count(said) > 0
		}
	}
}

# METADATA
# title: A document without its maps is refused
test_refuses_an_empty_document if {
	said := rule.declared_findings with input as {}
	count(said) > 0
}
