package slidebox.cost.public_referenced_not_copied_test

import data.slidebox.cost.public_referenced_not_copied as rule
import data.slidebox.lib.fixture_test as fixture

passes := fixture.facts

public := {"origin": "public", "source": "idr0013"}

refused := fixture.with_dataset(fixture.raw, public)

subjects(document) := {finding.subject | some finding in rule.location_findings with input as document}

test_what_is_public_elsewhere_needs_no_copy if {
	{finding | some finding in rule.location_findings; finding.subject == fixture.at_bench} == {{
		"rule": "cost/public_referenced_not_copied",
		"severity": "warning",
		"subject": fixture.at_bench,
		"message": "nf1/raw_images is public elsewhere, nobody works on it, and bench keeps a copy",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
	subjects(refused) == {fixture.at_bench, fixture.at_shelf}
}

test_while_somebody_works_on_it_a_copy_is_good if {
	subjects(fixture.changed(refused, ["datasets", fixture.raw], {"activity": "active"})) == set()
	subjects(fixture.changed(refused, ["locations", fixture.at_bench], {"term": "short"})) == {fixture.at_shelf}
	subjects(fixture.changed(refused, ["locations", fixture.at_bench], {"term": "long"})) == {
		fixture.at_bench,
		fixture.at_shelf,
	}
}

test_what_is_streamed_is_no_copy if {
	subjects(fixture.changed(refused, ["datasets", fixture.raw], {"keep": "stream"})) == set()
	subjects(fixture.changed(refused, ["locations", fixture.at_bench], {"system": "deletion"})) == {fixture.at_shelf}
}

test_metadata_and_pipelines_stay if {
	every level in ["metadata", "pipelines"] {
		subjects(fixture.changed(refused, ["datasets", fixture.raw], {"level": level})) == set()
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
