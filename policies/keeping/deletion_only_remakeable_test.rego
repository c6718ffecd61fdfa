package slidebox.keeping.deletion_only_remakeable_test

import data.slidebox.keeping.deletion_only_remakeable as rule
import data.slidebox.lib.fixture_test as fixture

deleted(id) := fixture.with_location(id, {"system": "deletion", "readers": []})

refused := deleted(fixture.at_bench)

test_never_the_labs_own_raw_images if {
	rule.location_findings == {{
		"rule": "keeping/deletion_only_remakeable",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "nf1/raw_images could not be made again",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
	}} with input as refused
}

test_raw_images_stay_even_with_parents_and_a_step if {
	document := fixture.changed(refused, ["datasets", fixture.raw], {
		"parents": [fixture.masks],
		"step": {"recorded": true, "missing": []},
	})
	said := rule.location_findings with input as document
	count(said) == 1
}

test_allows_streamed_public_data_with_their_source if {
	streamed := {"origin": "public", "keep": "stream", "source": "idr0013"}
	document := fixture.changed(refused, ["datasets", fixture.raw], streamed)
	rule.location_findings == set() with input as document
	every change in [{"origin": "lab"}, {"keep": "copy"}, {"source": "none"}] {
		worse := fixture.changed(document, ["datasets", fixture.raw], change)
		said := rule.location_findings with input as worse
		count(said) == 1
	}
}

test_allows_what_a_complete_step_makes_again if {
	document := deleted(fixture.masks_at_bench)
	rule.location_findings == set() with input as document
	every change in [
		{"parents": []},
		{"parents": ["other/raw_images"]},
		{"step": {"recorded": false, "missing": []}},
		{"step": {"recorded": true, "missing": ["commit"]}},
	] {
		worse := fixture.changed(document, ["datasets", fixture.masks], change)
		said := rule.location_findings with input as worse
		count(said) == 1
	}
}

test_says_nothing_about_a_good_lab if rule.location_findings == set() with input as fixture.facts

# METADATA
# title: A field that is missing, of another type or unknown makes the rule fail
test_fails_without_any_field_it_reads if {
	every field in rule.info.reads {
		documents := fixture.broken(fixture.facts, field)
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
